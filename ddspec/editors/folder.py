"""What editors need → the files of a folder: some written by hand, most made from the language."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ddspec.editors.lexicon import Lexicon, lexicon
from ddspec.editors.snippets import snippets
from ddspec.editors.textmate import grammar
from ddspec.editors.vim import syntax
from ddspec.editors.vscode import configuration, manifest
from ddspec.errors import DdspecError
from ddspec.language.grammar import grammar_path

EDITORS: Final = ("vscode", "vim", "linguist")
SKIPPED: Final = ("node_modules", ".vsix", "package-lock.json")  # what `npm install` leaves


def made(words: Lexicon) -> dict[str, str]:
    """The files that follow from grammar and vocabulary: path → text."""
    return {
        "vscode/package.json": manifest(),
        "vscode/language-configuration.json": configuration(),
        "vscode/syntaxes/dd.tmLanguage.json": grammar(words),
        "vscode/snippets/dd.json": snippets(words),
        "vim/syntax/dd.vim": syntax(words),
    }


def written() -> dict[str, str]:
    """The files that were written by hand, and lie beside the grammar."""
    home = grammar_path().parent / "editors"
    paths = (path for name in EDITORS for path in (home / name).rglob("*") if path.is_file())
    return {
        path.relative_to(home).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(paths)
        if not any(part in path.as_posix() for part in SKIPPED)
    }


def editor_files(only: tuple[str, ...] = ()) -> dict[str, str]:
    """Every file: path → text, of all editors or of some, with the words of loaded plug-ins.

    Raises DdspecError for a plug-in that cannot be loaded.
    """
    files = {**written(), **made(lexicon())}
    chosen = only or EDITORS
    return {path: text for path, text in files.items() if path.partition("/")[0] in chosen}


def write_files(folder: Path, files: dict[str, str]) -> list[Path]:
    """Write the files that are not there or differ; gives the paths of these.

    Raises DdspecError where the folder cannot be written.
    """
    changed = []
    for name, text in files.items():
        path = folder / name
        try:
            if not path.is_file() or path.read_text(encoding="utf-8") != text:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
                changed.append(path)
        except (OSError, UnicodeDecodeError) as error:
            raise DdspecError(f"cannot write {path}: {error}", "name another folder") from None
    return changed
