"""How a run is executed: where, by whom, and what happens when cells fail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from ddspec.execution.profile import Profile, read_profile


def _paths(given: Iterable[str | Path]) -> tuple[Path, ...]:
    return tuple(map(Path, given))


@attrs.frozen(kw_only=True)
class Options:
    """What a user says of a run beside its spec; nothing here changes a reading.

    data: where real data sets lie. local: in this process, without Ray. address: a Ray cluster to
    join, by default one is started here. workers: how many train at once, by default as many as
    the cluster has processors or, if it has any, graphics cards. retries: how often a failing cell
    is tried again before it is recorded as failed. most_failures: the run ends when so many cells
    have failed; None: never for that. retry: which stored cells are trained again: `failed` ones,
    or those of a cause (`exception`, `oom`, `killed`), `diverged` ones; `none`. grace: seconds
    between a request to end (SIGTERM) and the end, in which batches under way may finish. patience:
    seconds to go on trying to write to a store whose file system is away. profile: the machines
    that are asked for. reuse: run folders from which finished cells are carried over.
    checkpoint_every: seconds between two checkpoints of cells in training; 0: there are none.
    keep_checkpoints: the last one of every trained cell is kept for good.
    """

    data: Path | None = attrs.field(default=None, converter=attrs.converters.optional(Path))
    local: bool = False
    address: str | None = None
    workers: int | None = None
    retries: int = 1
    most_failures: int | None = None
    retry: Sequence[str] = ("failed",)
    grace: float = 20.0
    patience: float = 600.0
    profile: Profile = attrs.field(factory=Profile)
    checkpoint_every: float = 600.0
    keep_checkpoints: bool = False
    reuse: Sequence[Path] = attrs.field(default=(), converter=_paths)


def options_of(given: Mapping[str, Any]) -> Options:
    """The options that were given, those of the file `profile` where nothing else was said.

    given: fields of Options by name, None for what was not given; `profile` is a path or a Profile.
    Raises DdspecError for a profile that cannot be read.
    """
    said = {name: value for name, value in given.items() if value is not None}
    profile = said.get("profile", Profile())
    if not isinstance(profile, Profile):
        profile = read_profile(profile)
    return Options(**{**profile.settings, **said, "profile": profile})
