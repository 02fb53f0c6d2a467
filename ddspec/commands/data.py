"""`ddspec data`: which datasets read files, what is there of them, and downloads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import click

from ddspec.errors import DdspecError
from ddspec.language.near import nearest
from ddspec.vocabulary.corpus import Corpus, Found, corpora_of, look
from ddspec.vocabulary.glossary import words_of

SHOWN = 6  # missing files that are named
SAID = {
    "complete": "complete",
    "partly": "in parts",
    "missing": "missing",
    "unknown": "not looked for",
    "yours": "yours",
}

data_option = click.option(
    "--data",
    "folder",
    type=click.Path(path_type=Path),
    envvar="DDSPEC_DATA",
    metavar="DIR",
    help="Where downloaded datasets lie [default: $DDSPEC_DATA].",
)


@attrs.frozen
class Entry:
    """A corpus, the word that reads it, and what the data folder holds of it."""

    word: str
    corpus: Corpus
    found: Found

    @property
    def downloads(self) -> bool:
        """Whether `ddspec data get` gets it."""
        return bool(self.corpus.downloads)


@click.group("data", invoke_without_command=True)
@data_option
@click.option("--json", "as_json", is_flag=True, help="One JSON document for scripts.")
@click.pass_context
def command(ctx: click.Context, folder: Path | None, *, as_json: bool) -> None:
    """List the datasets that read files: what is there, and where it is looked for.

    `ddspec data get NAME...` downloads those that may be downloaded freely.
    """
    ctx.obj = folder
    if ctx.invoked_subcommand is None:
        entries = list(_entries(folder))
        if as_json:
            listed = [_data(entry) for entry in entries]
            click.echo(json.dumps({"folder": folder and str(folder), "datasets": listed}, indent=2))
        else:
            click.echo("\n".join(_lines(folder, entries)))


@command.command("get")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@data_option
@click.option("--json", "as_json", is_flag=True, help="One JSON document for scripts.")
@click.pass_context
def get(ctx: click.Context, names: tuple[str, ...], folder: Path | None, *, as_json: bool) -> None:
    """Download the datasets NAME... into the data folder, checked against known digests."""
    root = folder or ctx.obj
    if root is None:
        raise DdspecError(
            "no data folder is set to download into",
            "name the folder with --data DIR, or in the environment: DDSPEC_DATA=DIR",
        )
    chosen = [_corpus(name) for name in names]
    problems, told = [], []
    for corpus in chosen:
        try:
            told.append(_get(corpus, root, quiet=as_json))
        except DdspecError as problem:
            problems.append(problem)
    if as_json:
        click.echo(json.dumps({"folder": str(root), "datasets": told}, indent=2))
    if problems:
        raise _one(problems)


def _get(corpus: Corpus, root: Path, *, quiet: bool) -> dict[str, str]:
    from ddspec.vocabulary.downloads import fetch

    fetched = fetch(corpus, root)
    found = look(corpus, root)
    if found.missing:
        raise DdspecError(
            f"{corpus.name} was downloaded, and {', '.join(found.missing)} is not there",
            f"look into {root / corpus.places[0]}",
        )
    if not quiet:
        how = "downloaded to" if fetched else "was there already in"
        click.echo(f"{corpus.name} {how} {found.present[0].parent}")
    return {"name": corpus.name, "state": "downloaded" if fetched else "there already"}


def _one(problems: list[DdspecError]) -> DdspecError:
    """All problems as one."""
    if len(problems) == 1:
        return problems[0]
    advice = [line for problem in problems for line in (f"{problem}", *_indented(problem.help))]
    return DdspecError(f"{len(problems)} datasets could not be downloaded", *advice)


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _entries(folder: Path | None) -> Iterator[Entry]:
    for word in words_of("dataset"):
        for corpus in corpora_of(word):
            yield Entry(word.name(), corpus, look(corpus, folder))


def _corpus(name: str) -> Corpus:
    known = {entry.corpus.name: entry.corpus for entry in _entries(None)}
    if name in known:
        return known[name]
    near = " or ".join(f"`{each}`" for each in nearest(name, sorted(known)))
    raise DdspecError(
        f"no dataset `{name}` reads files{near and f'; did you mean {near}?'}",
        "`ddspec data` lists those that do",
    )


def _lines(folder: Path | None, entries: list[Entry]) -> Iterator[str]:
    if folder is None:
        yield "no data folder: name it with --data DIR, or in the environment: DDSPEC_DATA=DIR\n"
    else:
        there = "" if folder.is_dir() else " (there is no such folder)"
        yield f"data folder: {folder}{there}\n"
    for entry in entries:
        yield from _told(entry, folder)
        yield ""
    yield "`ddspec data get NAME...` downloads what may be downloaded freely."


def _told(entry: Entry, folder: Path | None) -> Iterator[str]:
    from ddspec.vocabulary.downloads import by_hand

    corpus, found = entry.corpus, entry.found
    called = corpus.name if corpus.name == entry.word else f"{corpus.name} ({entry.word})"
    yield f"{click.style(called, bold=True)}: {SAID[found.state]}"
    yield f"    {corpus.title}"
    if found.state == "yours":
        yield f"    {corpus.advice}"
        return
    yield f"    license: {corpus.license}; {corpus.source}"
    if found.present:
        places = dict.fromkeys(str(path.parent) for path in found.present)
        yield f"    found in: {', '.join(places)}"
    if found.state != "complete":
        yield f"    looked for in: {', '.join(corpus.places)}"
        more = f" and {len(found.missing) - SHOWN} more" if len(found.missing) > SHOWN else ""
        yield f"    needs: {', '.join(found.missing[:SHOWN])}{more}"
        how = [f"ddspec data get {corpus.name}"] if entry.downloads else by_hand(corpus, folder)[:2]
        yield f"    to get it: {how[0]}"
        yield from (f"    {line}" for line in how[1:])


def _data(entry: Entry) -> dict[str, Any]:
    corpus, found = entry.corpus, entry.found
    return {
        "name": corpus.name,
        "word": entry.word,
        "title": corpus.title,
        "state": found.state,
        "places": list(corpus.places),
        "present": [str(path) for path in found.present],
        "missing": list(found.missing),
        "license": corpus.license,
        "source": corpus.source,
        "downloads": [attrs.asdict(download) for download in corpus.downloads],
        "advice": corpus.advice,
    }
