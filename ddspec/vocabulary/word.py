"""A word: a value of the vocabulary whose attrs fields are its arguments; loads no torch."""

from __future__ import annotations

import functools
import re
import sys
from pathlib import Path
from typing import ClassVar, TypeVar, dataclass_transform

import attrs

from ddspec.errors import DdspecError
from ddspec.vocabulary import schema
from ddspec.vocabulary.schema import Parameter

T = TypeVar("T", bound="Word")
REGISTRY: dict[tuple[str, str], type[Word]] = {}
FOLDERS = {
    "dataset": "datasets",
    "corruption": "corruptions",
    "transform": "transforms",
    "architecture": "architectures",
    "regularizer": "regularizers",
    "optimizer": "optimizers",
    "schedule": "schedules",
    "loss": "losses",
    "train": "procedures",
    "start": "starts",
    "stopping": "stoppings",
    "measure": "measures",
    "report": "reports",
    "theory": "theories",
}  # the kinds of words, each with the folder that has a file for every word of it


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
    """Make a class a word: a frozen attrs value, registered under its kind and its name.

    A class that is defined once more, as by a cell of a notebook, replaces itself.
    Raises DdspecError for a name that another class or one of ddspec's words has already, and for a
    class of no kind.
    """
    made = attrs.frozen(cls, kw_only=True, slots=False)
    _admit(made)
    REGISTRY[made.kind, made.name()] = made
    return made


def _admit(made: type[Word]) -> None:
    """Refuse a word that would stand in the place of another."""
    kind, name = getattr(made, "kind", ""), made.name()
    if kind not in FOLDERS:
        raise DdspecError(
            f"{_where(made)} makes `{made.__name__}` a word, but of no kind",
            "derive it from Dataset, Architecture, Regularizer, Measure or another kind of"
            " ddspec.vocabulary.kinds",
        )
    if not package_of(made):
        return
    other = REGISTRY.get((kind, name))
    same = other is not None and _identity(other) == _identity(made)
    if same or (other is None and not built_in(kind, name)):
        return
    whose = "one of ddspec's words" if other is None or not package_of(other) else _where(other)
    raise DdspecError(
        f"two definitions of the {kind} `{name}`: {whose}, and {_where(made)}",
        f"call the class `{made.__name__}` something else, or leave one of the two plug-ins out",
    )


def built_in(kind: str, name: str) -> bool:
    """Whether ddspec itself has a word of that kind and name."""
    return (Path(__file__).parent / FOLDERS[kind] / f"{name}.py").exists()


def _identity(cls: type[Word]) -> tuple[str, str]:
    return cls.__module__, cls.__qualname__


def _where(cls: type[Word]) -> str:
    """The module and the file of a class: `mine.words (/home/me/mine/words.py)`."""
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    return f"{cls.__module__} ({file})" if file else cls.__module__


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


def package_of(cls: type[Word]) -> str:
    """Whose a word is: the package that defines it, empty for ddspec's own. It enters the cell id,
    since others may have given the same name to something else.
    """
    top = cls.__module__.partition(".")[0]
    return "" if top == "ddspec" else top


def label_of(cls: type[Word]) -> str:
    """The name of a word and the version of its meaning, with the package of those that are not
    ddspec's own: `l2@1`, `mine:halves@1`.
    """
    package = package_of(cls)
    return f"{package}{':' if package else ''}{cls.name()}@{cls.version}"
