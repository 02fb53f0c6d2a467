"""`netcdf`: variables of the user's."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.arrays import Arrays
from ddspec.vocabulary.corpus import Corpus
from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.schema import integer, integers, number, text

if TYPE_CHECKING:
    from ddspec.vocabulary.arrays import Read


@word
class Netcdf(Arrays):
    """Variables of the user's: a netCDF file with a variable of inputs and one of targets; several
    of each are put side by side. The first dimension of the first variable of targets counts
    samples, wherever it stands in the others.

    Targets are classes, numbered from 0, with `classes`, or `outputs` real numbers without.

    The file lies in the data folder. The test samples are drawn, by `split_seed`, from `test_file`,
    or the variables `test_inputs` and `test_targets` of the file, or from a share `held_out` of the
    file, which training never sees. `digest`, the first figures of the file's SHA-256, makes sure
    that it is the same file.

    Source: Rew & Davis, "NetCDF: an interface for scientific data access", 1990.
    Example: netcdf("storms.nc", shape: [2, 16, 16], inputs: "u, v", targets: rain,
            samples: 500, test: 100)
    """

    corpora: ClassVar[tuple[Corpus, ...]] = (
        Corpus(
            "netcdf",
            "variables of yours, in netCDF",
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
        "the variables of inputs, with commas between", name="inputs", default="x"
    )
    targets: str = text("the variables of targets, with commas between", default="y")
    class_count: int | None = integer(
        "number of classes; real targets unless said", name="classes", default=None, at_least=2
    )
    target_count: int = integer(
        "real targets of a sample, without classes", name="outputs", default=1, at_least=1
    )
    test_inputs: str = text("the variables of inputs to test on; `inputs` unless said", default="")
    test_targets: str = text(
        "the variables of targets to test on; `targets` unless said", default=""
    )
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
        from ddspec.vocabulary.tables import read_netcdf

        return read_netcdf
