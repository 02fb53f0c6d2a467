"""Datasets of named arrays in a file of the user's; loads no numpy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ddspec.vocabulary.files import UNCOUNTED
from ddspec.vocabulary.kinds import Dataset, Shape

if TYPE_CHECKING:
    from ddspec.vocabulary.own import Table
    from ddspec.vocabulary.pool import Pool

    Read = Callable[[Path, str, str], Table]


class Arrays(Dataset):
    """What words of such files share; the words themselves declare the arguments."""

    file: str
    sample_shape: tuple[int, ...]
    inputs_named: str
    targets: str
    class_count: int | None
    target_count: int
    test_inputs: str
    test_targets: str
    test_file: str
    held_out: float
    split_seed: int
    digest: str

    @property
    def reader(self) -> Read:
        """What reads the named inputs and targets of a file."""
        raise NotImplementedError

    @property
    def plain_shape(self) -> Shape:
        return self.sample_shape

    @property
    def classes(self) -> int | None:
        return self.class_count

    @property
    def outputs(self) -> int:
        return self.class_count or self.target_count

    @property
    def capacity(self) -> int:
        return UNCOUNTED

    def pool(self, seed: int, folder: Path | None) -> Pool:
        from ddspec.vocabulary.files import own_file
        from ddspec.vocabulary.own import own_pool

        read, name = self.reader, self.name()
        path = own_file(name, self.file, folder, self.digest)
        table, tested = read(path, self.inputs_named, self.targets), None
        if self.test_file or self.test_inputs:
            other = own_file(name, self.test_file, folder) if self.test_file else path
            names = self.test_inputs or self.inputs_named, self.test_targets or self.targets
            tested = read(other, *names)
        return own_pool(self, table, tested)
