"""Datasets of tokens, each of which is a target: risks are means over tokens."""

from __future__ import annotations

from ddspec.vocabulary.kinds import Dataset


class TokenData(Dataset):
    """What words of such data share; the words themselves declare the arguments."""

    length: int
    vocabulary: int

    @property
    def classes(self) -> int:
        return self.vocabulary

    @property
    def outputs(self) -> int:
        return self.length * self.vocabulary

    @property
    def tokens(self) -> bool:
        return True

    @property
    def weighted(self) -> bool:
        return True
