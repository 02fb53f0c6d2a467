"""`csv`: a table of the user's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.corpus import Corpus
from ddspec.vocabulary.files import UNCOUNTED
from ddspec.vocabulary.kinds import Dataset, Shape, word
from ddspec.vocabulary.schema import integer, number, text

if TYPE_CHECKING:
    from ddspec.vocabulary.pool import Pool


@word
class Csv(Dataset):
    """A table of the user's: a CSV file with a line of names, then a sample a line.

    `inputs` names the columns read, with commas between them; all but the targets unless said;
    `features` says how many there are. `targets` names one column of classes, numbered from 0, with
    `classes`, or one or more of real numbers without.

    The file lies in the data folder. The test samples are drawn, by `split_seed`, from `test_file`,
    laid out alike, or from a share `held_out` of the file, which training never sees. `digest`, the
    first figures of the file's SHA-256, makes sure that it is the same file.

    Source: Shafranovich, "Common format and MIME type for comma-separated values (CSV) files", RFC
        4180, 2005.
    Example: csv("iris.csv", features: 4, targets: species, classes: 3, samples: 100, test: 30)
    """

    corpora: ClassVar[tuple[Corpus, ...]] = (
        Corpus(
            "csv",
            "a table of yours, with a line of names",
            (".",),
            (),
            "yours",
            "",
            advice="`file:` is its path under the data folder",
        ),
    )

    file: str = text("the table, under the data folder")
    features: int = integer("columns of inputs", at_least=1)
    targets: str = text("the column of classes, or those of real targets, with commas between")
    test: int = integer("test samples", at_least=1, unit="samples")
    inputs_named: str = text(
        "the columns of inputs, with commas between; all but the targets unless said",
        name="inputs",
        default="",
    )
    class_count: int | None = integer(
        "number of classes; real targets unless said", name="classes", default=None, at_least=2
    )
    test_file: str = text("a table to test on; a share of `file` unless said", default="")
    held_out: float = number(
        "share of the samples to draw test samples from, without `test_file`",
        default=0.2,
        above=0,
        below=1,
    )
    split_seed: int = integer("seed of the order test samples are taken in", default=0, at_least=0)
    digest: str = text("how the SHA-256 of the file begins; not looked at unless said", default="")

    @property
    def plain_shape(self) -> Shape:
        return (self.features,)

    @property
    def classes(self) -> int | None:
        return self.class_count

    @property
    def outputs(self) -> int:
        return self.class_count or self.targets.count(",") + 1

    @property
    def capacity(self) -> int:
        return UNCOUNTED

    def pool(self, seed: int, folder: Path | None) -> Pool:
        from ddspec.vocabulary.files import own_file
        from ddspec.vocabulary.own import own_pool
        from ddspec.vocabulary.tables import read_csv

        names = self.inputs_named, self.targets
        table, tested = read_csv(own_file("csv", self.file, folder, self.digest), *names), None
        if self.test_file:
            tested = read_csv(own_file("csv", self.test_file, folder), *names)
        return own_pool(self, table, tested)
