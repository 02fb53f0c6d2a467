"""Sites: every name of a text, with what its place takes and what it is there."""

from __future__ import annotations

from typing import Literal

import attrs

from ddspec.errors import Span
from ddspec.vocabulary.kinds import Word
from ddspec.vocabulary.schema import Parameter

Sort = Literal[
    "declared",  # names what a file declares: a dataset, a let, an experiment, ...
    "axis",  # names an axis
    "derived",  # names a `let` of a sweep
    "recorded",  # names a line of `measure`, `report` or `theory`
    "parameter",  # names a parameter of a declaration
    "module",  # names a file, `use "lib.dd" as lib`
    "kind",  # a kind of declaration or block
    "word",  # a word of the vocabulary
    "form",  # what the language can call: subsets, tune, sqrt
    "argument",  # the name of an argument, or of a setting that is one
    "setting",  # the name of a setting of an experiment
    "choice",  # one of a few names an argument takes
    "unit",
    "free",  # a name that nothing seen declares
]


@attrs.frozen
class Taken:
    """What a place takes: a word of a `kind`, the value of a `parameter`; anything when empty."""

    kind: str = ""
    parameter: Parameter | None = None

    @property
    def choices(self) -> tuple[str, ...]:
        """The bare names that the parameter takes."""
        if self.parameter is None:
            return ()
        flags = ("true", "false") if self.parameter.accepts == "flag" else ()
        return (*self.parameter.choices, *flags, *(name for name, _ in self.parameter.named))

    @property
    def refers(self) -> str:
        """`axis` or `quantity` when the place names one; else empty."""
        return "" if self.parameter is None else self.parameter.refers


ANYTHING = Taken()


def taken_by(parameter: Parameter) -> Taken:
    """What the value of a parameter may be."""
    return Taken(parameter.kind or "", parameter)


@attrs.define(eq=False)
class Site:
    """A name where it is written; `kind` refines the sort of one that is declared.

    `word` is the word named, or the one whose argument is; `parameter` that argument.
    """

    span: Span
    text: str
    sort: Sort
    kind: str = ""
    defines: bool = False
    taken: Taken = ANYTHING
    word: type[Word] | None = None
    parameter: Parameter | None = None


@attrs.define(eq=False)
class Owner:
    """A declaration or an experiment: where names are looked up first, and what is met in it.

    `own` are the definitions that names in it may mean; `free` the names it leaves open, axes of
    the experiments that reach it; `uses` the declarations it names. `whole` is all of it.
    """

    site: Site
    path: str
    whole: Span
    own: dict[str, Site] = attrs.field(factory=dict)
    parameters: dict[str, Site] = attrs.field(factory=dict)
    free: list[Site] = attrs.field(factory=list)
    uses: list[Owner] = attrs.field(factory=list)
    base: Owner | None = None
    value: object = None

    @property
    def kind(self) -> str:
        """`let`, `experiment` or a kind of word."""
        return self.site.kind
