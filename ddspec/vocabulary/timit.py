"""TIMIT as the Linguistic Data Consortium lays it out, to frames with their phones."""

from __future__ import annotations

from pathlib import Path

import attrs
import numpy as np

from ddspec.errors import DdspecError
from ddspec.vocabulary.audio import Features, centers, read_sound, standard
from ddspec.vocabulary.corpus import spelled_any
from ddspec.vocabulary.draws import Draws
from ddspec.vocabulary.files import folder_with
from ddspec.vocabulary.phones import FOLDED, PHONES, folded
from ddspec.vocabulary.pool import Pool

READ_BY_ALL = "SA"  # how the names of the two sentences begin that every speaker reads


@attrs.frozen
class Reading:
    """What is read of the corpus: features with `context` more frames on either side of each; the
    39 folded phones or all 61; with the sentences that every speaker reads, or without.
    """

    features: Features
    context: int
    folded: bool
    shared: bool


def frames_pool(folder: Path | None, places: tuple[str, ...], reading: Reading, test: int) -> Pool:
    """The pool of the frames below TRAIN, and of `test` below TEST, the same ones always.

    Raises DdspecError, saying what to put where, when files are missing or are not TIMIT's.
    """
    train = _utterances(_half("TRAIN", folder, places), reading)
    mean, deviation = standard([features for features, _ in train])

    def part(utterances: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
        targets = np.concatenate([classes[classes >= 0] for _, classes in utterances])
        numbers = reading.features.count * (2 * reading.context + 1)
        inputs = np.empty((len(targets), numbers), np.float32)  # gigabytes: filled in place
        start = 0
        for features, classes in utterances:
            known = classes >= 0
            end = start + int(np.count_nonzero(known))
            inputs[start:end] = _windows((features - mean) / deviation, reading.context)[known]
            start = end
        return inputs, targets

    inputs, targets = part(train)
    tested, wanted = part(_utterances(_half("TEST", folder, places), reading))
    chosen = Draws(0, "timit").generator("test").permutation(len(wanted))[:test]
    return Pool(inputs, targets, inputs[:0], targets[:0], tested[chosen], wanted[chosen])


def _half(name: str, folder: Path | None, places: tuple[str, ...]) -> Path:
    inner = tuple(f"{place}/{each}" for place in places for each in (name, name.lower()))
    what = f"files {name}/DR1/SPEAKER/SENTENCE.PHN and so on"
    return folder_with("timit", what, spelled_any("*/*/*.PHN"), folder, inner)


def _utterances(half: Path, reading: Reading) -> list[tuple[np.ndarray, np.ndarray]]:
    """Features, (frames, count), and the class of each frame, (frames,), -1 without one."""
    found = []
    for path in sorted(half.glob(spelled_any("*/*/*.PHN"))):
        if not reading.shared and path.stem.upper().startswith(READ_BY_ALL):
            continue
        samples, rate = read_sound(_beside(path))
        features = reading.features.of(samples, rate)
        phones = _phones(path, reading)
        found.append((features, _classes(phones, centers(len(features), rate))))
    if not found:
        raise DdspecError(
            f"{half} has no sentences beside those that every speaker reads (SA)",
            "copy the whole folder, or write `shared_sentences: true`",
        )
    return found


def _beside(transcript: Path) -> Path:
    """The recording of a transcript; copies of the corpus differ in the case of its names."""
    for suffix in (".WAV", ".wav", ".WAV.wav"):
        if (path := transcript.with_suffix(suffix)).is_file():
            return path
    raise DdspecError(f"{transcript} has no recording beside it", "put its .WAV there")


def _phones(path: Path, reading: Reading) -> list[tuple[int, int, int]]:
    """The phones of a transcript: first sample, the one after the last, class."""
    found = []
    for number, line in enumerate(path.read_text("ascii", "replace").splitlines(), 1):
        match line.split():
            case [start, end, phone] if start.isdigit() and end.isdigit() and phone in PHONES:
                label = folded(phone) if reading.folded else phone
                names = FOLDED if reading.folded else PHONES
                found.append((int(start), int(end), -1 if label is None else names.index(label)))
            case []:
                continue
            case _:
                raise DdspecError(
                    f"{path} is no transcript of TIMIT: line {number} is `{line}`",
                    "a line is the first sample, the last one and a phone: `0 3050 h#`",
                )
    return found


def _classes(phones: list[tuple[int, int, int]], places: np.ndarray) -> np.ndarray:
    """The class of the phone at each sample of `places`, -1 where there is none."""
    classes = np.full(len(places), -1, np.int64)
    for start, end, label in phones:
        classes[(places >= start) & (places < end)] = label
    return classes


def _windows(features: np.ndarray, context: int) -> np.ndarray:
    """Each frame with those around it, (frames, count * (2 context + 1)), features first; before
    the first and after the last frame these are repeated.
    """
    padded = np.pad(features.astype(np.float32), ((context, context), (0, 0)), mode="edge")
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * context + 1, axis=0)
    return around.reshape(len(features), -1)
