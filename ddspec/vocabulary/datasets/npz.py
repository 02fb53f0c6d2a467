"""`npz`: arrays of the user's."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.arrays import Arrays
from ddspec.vocabulary.corpus import Corpus
from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.schema import integer, integers, number, text

if TYPE_CHECKING:
    from ddspec.vocabulary.arrays import Read


@word
class Npz(Arrays):
    """Arrays of the user's: a numpy archive with an array of inputs, (samples, ...), and one of
    targets, (samples,) or (samples, outputs); several of each are put side by side.

    Targets are classes, numbered from 0, with `classes`, or `outputs` real numbers without. Nothing
    is unpickled.

    The file lies in the data folder. The test samples are drawn, by `split_seed`, from `test_file`,
    or the arrays `test_inputs` and `test_targets` of the file, or from a share `held_out` of the
    file, which training never sees. `digest`, the first figures of the file's SHA-256, makes sure
    that it is the same file.

    Source: Harris et al., "Array programming with NumPy", 2020.
    Example: npz("digits.npz", shape: [1, 8, 8], classes: 10, samples: 1_000, test: 300)
    """

    corpora: ClassVar[tuple[Corpus, ...]] = (
        Corpus(
            "npz",
            "arrays of yours, as numpy.savez writes them",
            (".",),
            (),
            "yours",
            "",
            advice="`file:` is its path under the data folder",
        ),
    )

    file: str = text("the file, under the data folder")
    sample_shape: tuple[int, ...] = integers(
        "the shape of one input, channels first", name="shape", at_least=1
    )
    test: int = integer("test samples", at_least=1, unit="samples")
    inputs_named: str = text(
        "the arrays of inputs, with commas between", name="inputs", default="x"
    )
    targets: str = text("the arrays of targets, with commas between", default="y")
    class_count: int | None = integer(
        "number of classes; real targets unless said", name="classes", default=None, at_least=2
    )
    target_count: int = integer(
        "real targets of a sample, without classes", name="outputs", default=1, at_least=1
    )
    test_inputs: str = text("the arrays of inputs to test on; `inputs` unless said", default="")
    test_targets: str = text("the arrays of targets to test on; `targets` unless said", default="")
    test_file: str = text("a file to test on; a share of `file` unless said", default="")
    held_out: float = number(
        "share of the samples to draw test samples from, without `test_file` or `test_inputs`",
        default=0.2,
        above=0,
        below=1,
    )
    split_seed: int = integer("seed of the order test samples are taken in", default=0, at_least=0)
    digest: str = text("how the SHA-256 of the file begins; not looked at unless said", default="")

    @property
    def reader(self) -> Read:
        from ddspec.vocabulary.tables import read_npz

        return read_npz
