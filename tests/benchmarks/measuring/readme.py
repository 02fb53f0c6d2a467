"""The results in the README: one block for each benchmark, between markers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

BEGIN, END = "<!-- results: written by `python -m tests.benchmarks` -->", "<!-- end of results -->"


def rewritten(text: str, found: Mapping[str, str], names: Sequence[str]) -> str:
    """The README with new blocks for the benchmarks in `found`, in the order of `names`.

    Blocks of other benchmarks stay as they are; those of benchmarks that are no more go. Nothing
    outside the markers changes. Raises ValueError when the markers are not there, once each.
    """
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise ValueError(f"the README must hold {BEGIN!r} and, after it, {END!r}, once each")
    head, _, rest = text.partition(BEGIN)
    section, _, tail = rest.partition(END)
    blocks = {**blocks_of(section), **{name: body.strip() for name, body in found.items()}}
    body = "".join(f"{_begin(name)}\n{blocks[name]}\n\n" for name in names if name in blocks)
    return f"{head}{BEGIN}\n\n{body}{END}{tail}"


def blocks_of(section: str) -> dict[str, str]:
    """The blocks of a results section by name."""
    pieces = re.split(r"^<!-- benchmark: (\w+) -->$", section, flags=re.MULTILINE)[1:]
    return {name: body.strip() for name, body in zip(pieces[::2], pieces[1::2], strict=True)}


def _begin(name: str) -> str:
    return f"<!-- benchmark: {name} -->"
