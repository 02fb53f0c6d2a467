"""What can be called: its arguments, whether a word, a declaration or a form of the language."""

from __future__ import annotations

import attrs

from ddspec.language.tree import Attribute, Call, Expression, Group, Name, With
from ddspec.server.files import Space
from ddspec.server.sites import ANYTHING, Owner, Taken, taken_by
from ddspec.spec.decimals import FUNCTIONS
from ddspec.spec.sorts import LATTICES
from ddspec.spec.tune import CRITERIA
from ddspec.spec.tune import PARAMETERS as OF_TUNE
from ddspec.spec.words import BLOCK_WORD
from ddspec.vocabulary import registry
from ddspec.vocabulary.kinds import Word
from ddspec.vocabulary.schema import Parameter

TAKEN_BY_TUNE = {
    "minimise": Taken("", Parameter("choice", "what selects", choices=CRITERIA)),
    "across": Taken("", Parameter("text", "the axis averaged over", refers="axis")),
}
FORMS = (*LATTICES, "tune", "random", "restart", *FUNCTIONS)
DEEPEST = 20  # declarations that stand for one another


@attrs.frozen(eq=False)
class Signature:
    """The arguments of what is called, in order, and what each takes.

    One of `word` and `owner` is set, or none for a form of the language.
    """

    name: str
    arguments: dict[str, Taken]
    word: type[Word] | None = None
    owner: Owner | None = None
    repeated: Taken | None = None  # what every positional argument takes

    def taken(self, place: int | str) -> Taken:
        """What the argument of a name, or at a position, takes."""
        if self.repeated is not None and isinstance(place, int):
            return self.repeated
        if isinstance(place, str):
            return self.arguments.get(place, ANYTHING)
        values = list(self.arguments.values())
        return values[place] if place < len(values) else ANYTHING


def of_word(word: type[Word]) -> Signature:
    """The signature of a word of the vocabulary."""
    arguments = {p.name: taken_by(p) for p in word.parameters_of()}
    return Signature(word.name(), arguments, word)


def of_form(name: str) -> Signature | None:
    """The signature of `subsets`, `tune`, `sqrt`, ...; None for any other name."""
    if name in LATTICES:
        return Signature(name, {}, repeated=Taken("regularizer"))
    if name == "tune":
        return Signature(name, {each: TAKEN_BY_TUNE.get(each, ANYTHING) for each in OF_TUNE})
    return Signature(name, {}) if name in FORMS else None


def of_callee(callee: Expression, kind: str, space: Space, depth: int = 0) -> Signature | None:
    """What a name stands for where a word of a kind (of any, when empty) is needed."""
    match callee:
        case Group(inner=inner):
            return of_callee(inner, kind, space, depth)
        case Call(callee=inner) | With(base=inner):
            return of_callee(inner, kind, space, depth)
        case Attribute(base=Name(text=alias), name=name):
            return of_member(alias, name.text, space, depth)
        case Name(text=text):
            return of_name(text, kind, space, depth)
    return None


def of_member(alias: str, text: str, space: Space, depth: int = 0) -> Signature | None:
    """The signature of a name of the file behind an alias."""
    module = space.modules.get(alias)
    owner = None if module is None else module[1].declared.get(text)
    return None if owner is None or module is None else of_owner(owner, module[1], depth)


def of_name(text: str, kind: str, space: Space, depth: int = 0) -> Signature | None:
    """The signature of a bare name; a declaration of another kind leaves a word its name."""
    owner = space.declared.get(text)
    if owner is not None and (not kind or owner.kind in (kind, "let")):
        return of_owner(owner, space, depth)
    found = word_of(text, kind)
    return of_word(found) if found is not None else of_form(text)


def of_owner(owner: Owner, space: Space, depth: int = 0) -> Signature | None:
    """The parameters of a declaration that has some, or the arguments of the word it stands for."""
    if owner.parameters:
        return Signature(owner.site.text, dict.fromkeys(owner.parameters, ANYTHING), owner=owner)
    if owner.kind == "train" and isinstance(owner.value, tuple):
        word = registry.find("train", BLOCK_WORD)
        return None if word is None else of_word(word)
    if depth > DEEPEST or owner.value is None or isinstance(owner.value, tuple):
        return None
    kind = "" if owner.kind == "let" else owner.kind
    value: Expression = owner.value  # type: ignore[assignment]
    if isinstance(value, Name) and value.text == owner.site.text:
        word = word_of(value.text, kind)
        return None if word is None else of_word(word)
    return of_callee(value, kind, space, depth + 1)


def word_of(text: str, kind: str) -> type[Word] | None:
    """The word of a kind, or of the first kind that has one of this name."""
    if kind:
        return registry.find(kind, text) if kind in registry.FOLDERS else None
    return next((registry.find(each, text) for each in registry.kinds_of(text)), None)
