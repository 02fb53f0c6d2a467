"""Find the files of a dataset where people keep them."""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePath

from ddspec.errors import DdspecError

UNCOUNTED = 10**15  # the capacity of what is counted when it is read: more than any file holds


def locate(word: str, names: tuple[str, ...], folder: Path | None, places: tuple[str, ...]) -> Path:
    """The first file of one of the `names` in one of the `places` of `folder`.

    Raises DdspecError, saying where it looked and what to put there, when there is none.
    """
    if folder is None:
        raise unset(word, f"file {names[0]}")
    for path in (folder / place / name for place in places for name in names):
        if path.is_file():
            return path
    raise absent(word, f"file {' or '.join(names)}", folder, places)


def folder_with(
    word: str, what: str, pattern: str, folder: Path | None, places: tuple[str, ...]
) -> Path:
    """The first of the `places` of `folder` that holds a file of the `pattern`; `what` tells it.

    Raises DdspecError, saying where it looked and what to put there, when none does.
    """
    if folder is None:
        raise unset(word, what)
    for place in places:
        if next((folder / place).glob(pattern), None) is not None:
            return folder / place
    raise absent(word, what, folder, places)


def unset(word: str, what: str) -> DdspecError:
    """The error of a word that needs files, `file a` or `files a and b`, and has no folder."""
    return DdspecError(
        f"{word} needs the {what}, and no data folder is set",
        "name the folder with --data DIR, or in the environment: DDSPEC_DATA=DIR",
    )


def absent(word: str, what: str, folder: Path, places: tuple[str, ...]) -> DdspecError:
    """The error of a word whose files are in none of the `places` of `folder`."""
    looked = ", ".join(str(folder / place) for place in places)
    return DdspecError(
        f"{word} needs the {what}; looked in {looked}",
        f"put {'it' if what.startswith('file ') else 'them'} into {folder / places[0]}",
        "or name another folder with --data DIR, or in the environment: DDSPEC_DATA=DIR",
        "`ddspec data` lists what each dataset needs and where to get it",
    )


def own_file(word: str, name: str, folder: Path | None, digest: str = "") -> Path:
    """The file of the user's at `name` in `folder`, of which the SHA-256 begins with `digest`.

    The folder is the user's, whose links are followed; the name is a spec's, which may be from
    anybody: it stays in the folder. Raises DdspecError, saying what to write, when it does not,
    when the file is missing or another one.
    """
    if PurePath(name).is_absolute() or ".." in PurePath(name).parts or "\0" in name:
        raise DdspecError(
            f'{word} does not read "{name}": a spec names files in the data folder only',
            "put the file, or a link to it, into the data folder and write its path from there",
        )
    path = locate(word, (name,), folder, (".",))
    if digest:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if not found.startswith(digest.lower()):
            raise DdspecError(
                f"{path} is another file than the one of digest {digest}",
                f'if it is the one that is meant, write `digest: "{found[:16]}"`',
            )
    return path
