"""`spoken_digits`: recordings of spoken digits, read from the publisher's files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.corpus import Corpus, Download
from ddspec.vocabulary.kinds import Dataset, Shape, word
from ddspec.vocabulary.schema import choice, integer

if TYPE_CHECKING:
    from ddspec.vocabulary.audio import Features
    from ddspec.vocabulary.pool import Pool

PLACES = (
    "fsdd/recordings",
    "free-spoken-digit-dataset/recordings",
    *(f"free-spoken-digit-dataset-{version}/recordings" for version in ("1.0.10", "1.0.9")),
    "free-spoken-digit-dataset-master/recordings",
    "recordings",
)


@word
class SpokenDigits(Dataset):
    """The Free Spoken Digit Dataset: ten digits said by up to six speakers, 8 kHz; an input is the
    features of `frames` frames, 10 ms apart, as (features, frames).

    Features are logarithms of mel-band energies or MFCCs of frames of 25 ms under a Hamming window,
    on the mel scale 2595 log10(1 + f / 700), each scaled to mean 0 and variance 1 over the frames
    of the training recordings. Longer recordings are cut; shorter ones are followed by zeros. The
    speakers are the groups.

    Reads `{digit}_{speaker}_{index}.wav` from `fsdd/recordings` or a copy of the publisher's
    repository in the data folder: the one with most recordings. As its publisher says,
    those with an index below 5 are the test set: at most 300, with 2,700 to train, in version 1.0.9
    250, with 2,250. The test samples are drawn from it, the same ones always.

    Source: Jackson et al., "Free Spoken Digit Dataset", v1.0.8, 2018; Davis & Mermelstein,
        "Comparison of parametric representations for monosyllabic word recognition", 1980.
    Example: spoken_digits(samples: 800, features: mfcc, frames: 50)
    """

    corpora: ClassVar[tuple[Corpus, ...]] = (
        Corpus(
            "spoken_digits",
            "Free Spoken Digit Dataset: up to 3,000 recordings of ten digits, 8 kHz",
            PLACES,
            tuple(
                (f"{digit}_*_{index}.wav",)
                for digit in range(10)
                for index in (0, 49)  # the first, to test on, and the last
            ),
            "CC BY-SA 4.0",
            "https://github.com/Jakobovski/free-spoken-digit-dataset",
            (
                Download(
                    "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/v1.0.9.tar.gz",
                    "sha256:8bc44cde129d505cbbb6b365c09f80c663f2aa77578afc634e6141a2f87100c0",
                    ".",
                    "tensorflow_datasets",
                    archive=True,
                ),
            ),
        ),
    )

    test: int = integer("test samples", default=250, at_least=1, unit="samples")
    features: str = choice("what each frame is told by", "log_mel", "mfcc", default="log_mel")
    bands: int = integer("mel bands", default=40, at_least=2)
    coefficients: int = integer("MFCCs kept, at most as many as bands", default=13, at_least=1)
    frames: int = integer("frames of an input", default=64, at_least=1)

    @property
    def _features(self) -> Features:
        from ddspec.vocabulary.audio import Features

        return Features(self.features, self.bands, self.coefficients)

    @property
    def plain_shape(self) -> Shape:
        return (self._features.count, self.frames)

    @property
    def classes(self) -> int:
        return 10

    @property
    def capacity(self) -> int:
        return 2_700

    @property
    def test_capacity(self) -> int:
        return 300

    def pool(self, seed: int, folder: Path | None) -> Pool:
        from ddspec.vocabulary.recordings import recordings_pool

        return recordings_pool(folder, PLACES, self._features, self.frames, self.test)
