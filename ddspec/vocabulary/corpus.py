"""A corpus as its publisher lays it out: its files, where they are looked for, where from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import attrs

State = Literal["complete", "partly", "missing", "unknown", "yours"]


@attrs.frozen
class Download:
    """A file that can be downloaded.

    into: the folder, under the data folder, where it is put, or unpacked when it is an archive.
    digest: `md5:...` or `sha256:...` of what is downloaded, and `vouched` who published it.
    """

    url: str
    digest: str
    into: str
    vouched: str
    archive: bool = False

    @property
    def name(self) -> str:
        """The name of the downloaded file."""
        return self.url.rsplit("/", 1)[-1]


@attrs.frozen
class Corpus:
    """What a dataset word reads.

    name: what `ddspec data` calls it. places: folders under the data folder, in the order they are
    looked in; a new copy belongs into the first. files: for each file the names or patterns that
    serve as it; none for files of the user's own. advice: how to come by it without a download.
    """

    name: str
    title: str
    places: tuple[str, ...]
    files: tuple[tuple[str, ...], ...]
    license: str
    source: str
    downloads: tuple[Download, ...] = ()
    advice: str = ""


@attrs.frozen
class Found:
    """What a data folder holds of a corpus: `present` are paths, `missing` names or patterns."""

    state: State
    present: tuple[Path, ...] = ()
    missing: tuple[str, ...] = ()


def corpora_of(word: Any) -> tuple[Corpus, ...]:
    """The corpora a dataset word reads; none for one that is generated."""
    found: tuple[Corpus, ...] = getattr(word, "corpora", ())
    return found


def look(corpus: Corpus, folder: Path | None) -> Found:
    """What `folder` holds of a corpus; nothing is read."""
    if not corpus.files:
        return Found("yours")
    if folder is None:
        return Found("unknown", (), tuple(map(_named, corpus.files)))
    hits = {names: _first(names, folder, corpus.places) for names in corpus.files}
    present = tuple(path for path in hits.values() if path is not None)
    missing = tuple(_named(names) for names, path in hits.items() if path is None)
    state: State = "complete" if not missing else "partly" if present else "missing"
    return Found(state, present, missing)


def _named(names: Sequence[str]) -> str:
    """The first of the names, capitals where a pattern allows both."""
    return re.sub(r"\[(.).\]", r"\1", names[0])


def _first(names: Sequence[str], folder: Path, places: Sequence[str]) -> Path | None:
    """The first file that a name or a pattern leads to."""
    for root in (folder / place for place in places):
        for name in names:
            if "*" not in name and (root / name).is_file():
                return root / name
            hit = next(root.glob(name), None) if "*" in name and root.is_dir() else None
            if hit is not None:
                return hit
    return None


def spelled_any(pattern: str) -> str:
    """The pattern for names in capitals or not: `[Pp][Hh][Nn]`."""
    return "".join(
        f"[{each.upper()}{each.lower()}]" if each.isalpha() else each for each in pattern
    )
