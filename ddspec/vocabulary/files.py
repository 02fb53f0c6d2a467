"""Find the files of a dataset where people keep them."""

from __future__ import annotations

from pathlib import Path

from ddspec.errors import DdspecError


def locate(word: str, names: tuple[str, ...], folder: Path | None, places: tuple[str, ...]) -> Path:
    """The first file of one of the `names` in one of the `places` of `folder`.

    Raises DdspecError, saying where it looked and what to put there, when there is none.
    """
    if folder is None:
        raise DdspecError(
            f"{word} needs the file {names[0]}, and no data folder is set",
            "name the folder with --data DIR, or in the environment: DDSPEC_DATA=DIR",
        )
    for path in (folder / place / name for place in places for name in names):
        if path.is_file():
            return path
    looked = ", ".join(str(folder / place) for place in places)
    raise DdspecError(
        f"{word} needs the file {' or '.join(names)}; looked in {looked}",
        f"put the file into {folder / places[0]}",
        "or name another folder with --data DIR, or in the environment: DDSPEC_DATA=DIR",
    )
