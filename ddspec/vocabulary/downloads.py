"""Download a corpus into a data folder, checked against its digests."""

from __future__ import annotations

import logging
import sys
import tarfile
from pathlib import Path

from ddspec.errors import DdspecError
from ddspec.vocabulary.corpus import Corpus, Download, look


def fetch(corpus: Corpus, folder: Path) -> bool:
    """Download what `folder` lacks of a corpus; False when nothing was lacking.

    Raises DdspecError, saying what to put where, when it cannot be downloaded: there is no network,
    the server has something else, or its license forbids it.
    """
    if not corpus.files:
        raise DdspecError(
            f"{corpus.name} reads {corpus.title}: there is nothing to download", corpus.advice
        )
    if look(corpus, folder).state == "complete":
        return False
    if not corpus.downloads:
        raise DdspecError(f"{corpus.name} cannot be downloaded freely", *by_hand(corpus, folder))
    for download in corpus.downloads:
        try:
            _fetch(download, folder)
        except (OSError, ValueError, tarfile.TarError) as problem:
            raise DdspecError(
                f"{corpus.name} could not be downloaded from {download.url}: {_reason(problem)}",
                *by_hand(corpus, folder),
            ) from None
    return True


def by_hand(corpus: Corpus, folder: Path | None) -> tuple[str, ...]:
    """What to put where, and where to get it."""
    place = corpus.places[0] if folder is None else str(folder / corpus.places[0])
    lines = [corpus.advice or "get these files", *(each.url for each in corpus.downloads)]
    if any(download.archive for download in corpus.downloads):
        root = "the data folder" if folder is None else str(folder)
        return (*lines, f"unpack it into {root}", f"the publisher's page is {corpus.source}")
    return (*lines, f"put the files into {place}", f"the publisher's page is {corpus.source}")


def _fetch(download: Download, folder: Path) -> None:
    import pooch

    pooch.get_logger().setLevel(logging.WARNING)
    place = folder / download.into
    place.mkdir(parents=True, exist_ok=True)
    got = pooch.retrieve(
        download.url,
        known_hash=download.digest,
        fname=download.name,
        path=place,
        downloader=pooch.HTTPDownloader(progressbar=sys.stderr.isatty()),
    )
    if download.archive:
        with tarfile.open(got) as archive:
            archive.extractall(place, filter="data")
        Path(got).unlink()


def _reason(problem: Exception) -> str:
    """Why it failed, in few words."""
    text = str(problem).strip().splitlines()[0] if str(problem).strip() else ""
    if "Max retries" in text or "NewConnection" in text or "resolve" in text:
        return "the server cannot be reached"
    return text or type(problem).__name__
