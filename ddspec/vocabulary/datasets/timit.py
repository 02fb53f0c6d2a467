"""`timit`: frames of read speech with their phones, read from the publisher's folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.corpus import Corpus, spelled_any
from ddspec.vocabulary.files import UNCOUNTED
from ddspec.vocabulary.kinds import Dataset, Shape, word
from ddspec.vocabulary.schema import choice, flag, integer

if TYPE_CHECKING:
    from ddspec.vocabulary.audio import Features
    from ddspec.vocabulary.pool import Pool

PLACES = ("TIMIT", "timit", "timit/TIMIT", "TIMIT/TIMIT", "timit/timit", ".")


@word
class Timit(Dataset):
    """TIMIT: a sample is one frame of 25 ms of read speech, one every 10 ms, with `context` frames
    on either side, as (features, 2 context + 1); its class is the phone at its middle.

    Features are logarithms of mel-band energies or MFCCs, each scaled to mean 0 and variance 1 over
    the training frames; the first and the last frame of a recording are repeated for context. The
    61 phones of the transcripts are folded to 39 by Lee & Hon's table, and frames of the glottal
    stop left out; or kept, with `phones: all`. Frames without a phone are left out.

    Reads the folder of the Linguistic Data Consortium: .WAV (NIST SPHERE) and .PHN files below
    TRAIN and TEST, in capitals or not. Without the two sentences that every speaker reads (SA)
    there are about 1.1 million frames in TRAIN. The test samples are drawn from TEST, the same ones
    always.

    Source: Garofolo et al., "TIMIT acoustic-phonetic continuous speech corpus", LDC93S1, 1993;
        Lee & Hon, "Speaker-independent phone recognition using hidden Markov models", 1989,
        Table 3.
    Example: timit(samples: 50_000, features: mfcc, context: 5)
    """

    corpora: ClassVar[tuple[Corpus, ...]] = (
        Corpus(
            "timit",
            "TIMIT: 6,300 read sentences of 630 speakers, 16 kHz, with their phones",
            PLACES,
            tuple(
                (spelled_any(f"{half}/DR*/*/*{end}"),)
                for half in ("TRAIN", "TEST")
                for end in (".WAV", ".PHN")
            ),
            "LDC user agreement",
            "https://catalog.ldc.upenn.edu/LDC93S1",
            advice="it is sold by the Linguistic Data Consortium; copy its folders TRAIN and TEST",
        ),
    )

    features: str = choice("what each frame is told by", "log_mel", "mfcc", default="log_mel")
    bands: int = integer("mel bands", default=40, at_least=2)
    coefficients: int = integer("MFCCs kept, at most as many as bands", default=13, at_least=1)
    context: int = integer("frames on either side of one", default=5, at_least=0)
    phones: str = choice("39 folded phones or all 61", "folded", "all", default="folded")
    shared_sentences: bool = flag("with the sentences that every speaker reads", default=False)

    @property
    def _features(self) -> Features:
        from ddspec.vocabulary.audio import Features

        return Features(self.features, self.bands, self.coefficients)

    @property
    def plain_shape(self) -> Shape:
        return (self._features.count, 2 * self.context + 1)

    @property
    def classes(self) -> int:
        from ddspec.vocabulary.phones import FOLDED, PHONES

        return len(FOLDED if self.phones == "folded" else PHONES)

    @property
    def capacity(self) -> int:
        return UNCOUNTED

    def pool(self, seed: int, folder: Path | None) -> Pool:
        from ddspec.vocabulary.timit import Reading, frames_pool

        folded = self.phones == "folded"
        reading = Reading(self._features, self.context, folded, self.shared_sentences)
        return frames_pool(folder, PLACES, reading, self.test)
