"""Processes that are given a function to call, all at once or one by one."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Self


class Workers:
    """`count` fresh processes of so many threads each; use them in a `with`, which ends them.

    They run on the processors that the calling process may run on.
    """

    def __init__(self, count: int = 1, threads: int = 1) -> None:
        context = get_context("spawn")
        pairs = [context.Pipe() for _ in range(count)]
        self._pipes = [ours for ours, _ in pairs]
        self._processes = [
            context.Process(target=serve, args=(theirs, threads), daemon=True)
            for _, theirs in pairs
        ]
        with _threads(threads):
            for process in self._processes:
                process.start()
        for _, theirs in pairs:
            theirs.close()

    def __enter__(self) -> Self:
        """These workers."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes."""
        self.close()

    def close(self) -> None:
        """End the processes."""
        for pipe, process in zip(self._pipes, self._processes, strict=True):
            pipe.close()
            process.join()

    def __len__(self) -> int:
        """How many there are."""
        return len(self._processes)

    def call(self, function: Callable[..., Any], *shares: Sequence[Any]) -> list[Any]:
        """What each worker returns for its share of arguments, all working at the same time.

        One share goes to the first worker, and so on. Raises RuntimeError with a worker's
        traceback.
        """
        pipes = self._pipes[: len(shares)]
        for pipe, share in zip(pipes, shares, strict=True):
            pipe.send((function, tuple(share)))
        answers = [pipe.recv() for pipe in pipes]
        if errors := [error for _, error in answers if error]:
            raise RuntimeError(f"a worker failed:\n{errors[0]}")
        return [value for value, _ in answers]

    def span(self, function: Callable[..., Any], *arguments: Any) -> float:
        """Wall seconds until every worker has called the function with the same arguments."""
        began = time.perf_counter()
        self.call(function, *[arguments] * len(self))
        return time.perf_counter() - began


def serve(pipe: Connection, threads: int) -> None:
    """Answer calls until the other end is closed."""
    import torch

    torch.set_num_threads(threads)
    while True:
        try:
            function, arguments = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send((function(*arguments), ""))
        except Exception:  # noqa: BLE001 - whatever it is, the caller should see it
            pipe.send((None, traceback.format_exc()))


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """What libraries read about threads when a process loads them."""
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = str(count)
    try:
        yield
    finally:
        if before is None:
            del os.environ["OMP_NUM_THREADS"]
        else:
            os.environ["OMP_NUM_THREADS"] = before


def on_one_core() -> None:
    """Keep this process, and those it starts from now on, on a single processor."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
