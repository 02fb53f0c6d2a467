"""A word: a value of the vocabulary whose attrs fields are its arguments; loads no torch."""

from __future__ import annotations

import functools
import re
from typing import ClassVar, TypeVar, dataclass_transform

import attrs

from ddspec.vocabulary import schema
from ddspec.vocabulary.schema import Parameter

T = TypeVar("T", bound="Word")
REGISTRY: dict[tuple[str, str], type[Word]] = {}


@dataclass_transform(
    frozen_default=True,
    kw_only_default=True,
    field_specifiers=(
        schema.number,
        schema.integer,
        schema.integers,
        schema.numbers,
        schema.choice,
        schema.flag,
        schema.duration,
        schema.durations,
        schema.word_of,
        schema.words_of,
        schema.text,
    ),
)
def word(cls: type[T]) -> type[T]:
    """Make a class a word: a frozen attrs value, registered under its kind and its name."""
    made = attrs.frozen(cls, kw_only=True, slots=False)
    REGISTRY[made.kind, made.name()] = made
    return made


class Word:
    """A value of the vocabulary. Its attrs fields are its arguments, its docstring its help.

    `version` is the version of the word's meaning; it enters the cell id.
    """

    kind: ClassVar[str]
    version: ClassVar[int] = 1

    @property
    def native(self) -> bool:
        """Whether the package's own step for dense networks, written in C, knows the word."""
        return False

    @classmethod
    def name(cls) -> str:
        """The word as written in a spec: the class name in snake case."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()

    @classmethod
    @functools.cache
    def parameters_of(cls) -> tuple[Parameter, ...]:
        """The arguments in positional order.

        A word that requires arguments of its own begins with its own, `linear_gaussian(100, 0.5)`;
        any other with those of its whole kind, `mnist1d(1_000)`.
        """
        fields = {field.name: field for field in attrs.fields(cls)}  # type: ignore[arg-type]
        shared = dict.fromkeys(
            field.name
            for base in cls.__mro__[1:]
            if attrs.has(base)
            for field in attrs.fields(base)
        )
        own = [name for name in fields if name not in shared]
        leads = any(fields[name].default is attrs.NOTHING for name in own)
        return tuple(
            attrs.evolve(parameter, name=parameter.name or name, field=name)
            for name in ([*own, *shared] if leads else [*shared, *own])
            for parameter in (fields[name].metadata["parameter"],)
        )

    @property
    def neutral(self) -> bool:
        """True when the word with these values does nothing, so that leaving it out is the same."""
        return False
