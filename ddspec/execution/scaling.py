"""An autoscaler is told how many workers are wanted, for as long as they are."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ddspec.execution.capacity import Share
from ddspec.execution.ray_session import quiet_ray


@contextmanager
def requested(shares: Sequence[Share]) -> Iterator[None]:
    """Have the autoscaler of the connected cluster hold room for workers during a `with`.

    The request outlives a driver, so it is taken back whatever ends the `with`. One that is killed
    leaves it behind, until the next run's request takes its place.
    """
    quiet_ray()
    from ray.autoscaler.sdk import request_resources

    bundles = [share.bundle for share in shares for _ in range(share.workers)]
    labels = [dict(share.labels) for share in shares for _ in range(share.workers)]
    if any(labels):
        request_resources(bundles=bundles, bundle_label_selectors=labels)
    else:
        request_resources(bundles=bundles)
    try:
        yield
    finally:
        with contextlib.suppress(Exception):  # the cluster may be gone, and with it the request
            request_resources(bundles=[])
