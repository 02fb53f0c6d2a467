"""The recordings of spoken digits to a pool: files by name, features of equally many frames."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import numpy as np

from ddspec.errors import DdspecError
from ddspec.vocabulary.audio import Features, read_sound, standard
from ddspec.vocabulary.draws import Draws
from ddspec.vocabulary.files import absent, unset
from ddspec.vocabulary.pool import Pool

if TYPE_CHECKING:
    from collections.abc import Iterable

NAME = re.compile(r"(\d)_(\w+)_(\d+)\.wav")
TESTED = 5  # recordings of a digit by a speaker that are the test set: the first ones


@attrs.frozen
class Recording:
    """A file and what its name says."""

    path: Path
    digit: int
    speaker: str
    index: int


def recordings_pool(
    folder: Path | None, places: tuple[str, ...], features: Features, frames: int, test: int
) -> Pool:
    """The pool of every recording in that of `places` that has most.

    Raises DdspecError, saying what to put where, when there are none to train on or to test on.
    """
    what = "files DIGIT_SPEAKER_INDEX.wav"
    if folder is None:
        raise unset("spoken_digits", what)
    found = max((list(_named(folder / place)) for place in places), key=len)
    if not found:
        raise absent("spoken_digits", what, folder, places)
    found.sort(key=lambda each: (each.digit, each.speaker, each.index))
    parts = [
        [each for each in found if (each.index < TESTED) == tested] for tested in (False, True)
    ]
    if not all(parts):
        lacking = f"below {TESTED}" if parts[0] else f"from {TESTED} on"
        raise DdspecError(
            f"{found[0].path.parent} has no recordings with an index {lacking}",
            "the first of each digit and speaker, 0 to 4, are the test set; the others train",
        )
    order = Draws(0, "spoken digits").generator("test").permutation(len(parts[1]))[:test]
    parts[1] = [parts[1][number] for number in order]
    sounds = [[features.of(*read_sound(each.path)) for each in part] for part in parts]
    mean, deviation = standard(sounds[0])
    speakers = sorted({each.speaker for each in found})

    def part(number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rows = [_fitted((sound - mean) / deviation, frames) for sound in sounds[number]]
        digits = np.array([each.digit for each in parts[number]])
        groups = np.array([speakers.index(each.speaker) for each in parts[number]])
        return np.stack(rows).astype(np.float32), digits, groups

    train, targets, groups = part(0)
    tested, wanted, tested_groups = part(1)
    return Pool(
        train,
        targets,
        train[:0],
        targets[:0],
        tested,
        wanted,
        train_groups=groups,
        test_groups=tested_groups,
    )


def _named(place: Path) -> Iterable[Recording]:
    for path in place.glob("*.wav"):
        match = NAME.fullmatch(path.name)
        if match is not None:
            yield Recording(path, int(match[1]), match[2], int(match[3]))


def _fitted(sound: np.ndarray, frames: int) -> np.ndarray:
    """Features (n, count) as (count * frames,), cut or followed by zeros."""
    kept = sound[:frames]
    padded: np.ndarray = np.pad(kept, ((0, frames - len(kept)), (0, 0)))
    return padded.T.reshape(-1)
