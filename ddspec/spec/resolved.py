"""A checked spec as text without names: each replaced by what it stands for, with its origin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from ddspec.errors import Span
from ddspec.language.printer import print_expression
from ddspec.language.tree import (
    Attribute,
    Axis,
    Binary,
    Braces,
    Call,
    Expression,
    Filter,
    Group,
    Identifier,
    Keyword,
    Let,
    Name,
    Setting,
    With,
)
from ddspec.spec import imports
from ddspec.spec.body import BLOCKS, SETTINGS, Body, Homed, Lane
from ddspec.spec.calls import parameters_of
from ddspec.spec.check import replacements
from ddspec.spec.experiment import whole_body
from ddspec.spec.model import Spec
from ddspec.spec.problems import Problems
from ddspec.spec.resolver import Resolver
from ddspec.spec.scope import Declaration, Namespace, Scope, Thunk
from ddspec.spec.words import BLOCK_WORD
from ddspec.vocabulary import registry
from ddspec.vocabulary.kinds import Word

# Through what a kind is handed on to the operands: sums, alternatives, sets, brackets.
WIDEST = 72  # columns of a value on one line
CARRIERS = ("Binary", "Chain", "Maybe", "Group", "Braces", "Conditional", "Listing")


def resolved(spec: Spec) -> str:
    """The experiments of a checked spec in a text of their own, of which the cells have the same
    ids: no declarations, no `use`, no `amends`; arguments by name; at the end of each line where
    what stands there was written, `file:line`.

    A composition that went by a name goes by its terms.
    """
    problems = Problems()
    names = imports.load(spec.path, spec.text, spec.sources.__getitem__, problems)
    replaced = replacements(spec.overrides, names, problems)
    scope = Scope(names, problems, Resolver(), set())
    lines = ["dd 1"]
    for experiment in spec.experiments:
        declared = names.declarations[experiment.name]
        body = whole_body(declared, scope)
        lines += ["", *(f"# {line}".rstrip() for line in experiment.doc.splitlines())]
        lines += _Writer(scope, problems.sources, replaced).experiment(experiment.name, body)
    return "\n".join([*lines, ""])


@attrs.frozen(eq=False)
class _Writer:
    scope: Scope
    sources: Mapping[str, str]
    replaced: Mapping[str, Axis]

    def experiment(self, name: str, body: Body) -> Iterator[str]:
        yield f"experiment {name} {{"
        for kind in SETTINGS:
            if kind in body.settings:
                yield self._setting(body.settings[kind], kind)
        if body.lanes or body.lets or body.filters:
            yield from ("", "  sweep {", *self._sweep(body), "  }")
        for kind in BLOCKS[1:]:
            if found := body.named(kind):
                lines = (self._setting(homed, kind) for homed in found.values())
                yield from ("", f"  {kind} {{", *lines, "  }")
        yield "}"

    def _setting(self, homed: Homed, kind: str) -> str:
        assert isinstance(homed.statement, Setting)
        value, origin = self._written(homed.statement.value, homed.home, kind)
        return f"{homed.statement.name.text}: {value}{origin}"

    def _sweep(self, body: Body) -> Iterator[str]:
        for lane in body.lanes:
            yield from self._lane(lane)
        for name, homed in body.lets.items():
            assert isinstance(homed.statement, Let)
            value, origin = self._written(homed.statement.value, homed.home)
            yield f"let {name} = {value}{origin}"
        for homed in body.filters:
            assert isinstance(homed.statement, Filter)
            value, origin = self._written(homed.statement.condition, homed.home)
            yield f"{'where' if homed.statement.keep else 'except'} {value}{origin}"

    def _lane(self, lane: Lane) -> Iterator[str]:
        lines = [self._axis(axis, lane.home) for axis in lane.axes]
        if len(lines) > 1:
            lines = ["zip {", *lines, "}"]
        if lane.condition is not None:
            condition, origin = self._written(lane.condition, lane.home)
            lines = [f"when {condition} {{{origin}", *lines, "}"]
        yield from lines

    def _axis(self, axis: Axis, home: Namespace) -> str:
        domain = self.replaced.get(axis.name.text, axis).domain
        value, origin = self._written(domain, home)
        return f"{axis.name.text} in {value}{origin}"

    def _written(
        self, value: Expression, home: Namespace, kind: str | None = None
    ) -> tuple[str, str]:
        """An expression without names, and the comment that says where it comes from."""
        origins = [value.span]
        inlined = _Inlining(origins).of(value, attrs.evolve(self.scope, names=home), kind)
        return laid_out(inlined), f"  # {', '.join(self._places(origins))}"

    def _places(self, spans: Iterable[Span]) -> Iterator[str]:
        """`spec.dd:12, :7`: each place once, its file where it is another than before."""
        file = ""
        for place in dict.fromkeys(map(self._place, spans)):
            source, line = place
            yield f"{source if source != file else ''}{line}"
            file = source

    def _place(self, span: Span) -> tuple[str, str]:
        if span.source.startswith("--set "):
            return span.source, ""
        before = self.sources.get(span.source, "")[: span.start]
        return span.source, f":{before.count(chr(10)) + 1}"


@attrs.frozen(eq=False)
class _Inlining:
    """Expressions with names replaced; the places of what replaces them go to `origins`."""

    origins: list[Span]

    def of(self, expression: Any, scope: Scope, kind: str | None = None) -> Any:
        """The expression without names; `kind`: the kind of the words in it, where known."""
        match expression:
            case Name() | Attribute():
                return self._named(expression, scope, kind)
            case Call(callee=Name() | Attribute() as callee, arguments=arguments):
                return self._call(callee, arguments, scope, kind)
            case With(base=base, body=body):
                settings = (each for each in body if isinstance(each, Setting))
                changes = [Keyword(each.name, each.value, span=each.span) for each in settings]
                return self._changed(self.of(base, scope, kind), changes, scope)
        carried = kind if type(expression).__name__ in CARRIERS else None
        return self._parts(expression, scope, carried)

    def _parts(self, node: Any, scope: Scope, kind: str | None) -> Any:
        if isinstance(node, tuple):
            return tuple(self.of(item, scope, kind) for item in node)
        if not attrs.has(type(node)) or isinstance(node, Identifier | Span):
            return node
        fields = [field.name for field in attrs.fields(type(node)) if field.name != "span"]
        parts = {name: self.of(getattr(node, name), scope, kind) for name in fields}
        return attrs.evolve(node, **parts)

    def _named(self, reference: Name | Attribute, scope: Scope, kind: str | None) -> Any:
        found = scope.look_up(reference)
        if isinstance(found, Thunk):
            return self.of(found.value, found.scope, kind)
        if not isinstance(found, Declaration) or self._is_word(reference, found, scope, kind):
            return reference
        return self._value(found, scope.enter(found))

    def _is_word(
        self, reference: Name | Attribute, found: Declaration, scope: Scope, kind: str | None
    ) -> bool:
        """Whether a name that is declared is a word of the vocabulary where it stands."""
        if found in scope.trail:
            return True
        elsewhere = kind is not None and found.kind not in (kind, "let")
        return elsewhere and isinstance(reference, Name) and _word(reference.text, kind) is not None

    def _value(self, found: Declaration, scope: Scope) -> Any:
        kind = None if found.kind == "let" else found.kind
        if not isinstance(found.value, tuple):
            self.origins.append(found.value.span)
            return self.of(found.value, scope, kind)
        settings = [each for each in found.value if isinstance(each, Setting)]
        self.origins.append(found.span)
        written = tuple(Keyword(each.name, each.value, span=each.span) for each in settings)
        word = _word(BLOCK_WORD, found.kind)
        word_name = Name(BLOCK_WORD, span=found.span)
        return Call(word_name, self._arguments(written, word, scope), span=found.span)

    def _call(
        self,
        callee: Name | Attribute,
        arguments: tuple[Expression | Keyword, ...],
        scope: Scope,
        kind: str | None,
    ) -> Any:
        found = scope.look_up(callee)
        if isinstance(found, Declaration) and not self._is_word(callee, found, scope, kind):
            if found.parameters:
                return self._value(found, scope.enter(found, _bound(found, arguments, scope)))
            return self._changed(self._value(found, scope.enter(found)), arguments, scope)
        if isinstance(found, Thunk):
            return self._changed(self.of(found.value, found.scope, kind), arguments, scope)
        word = _word(callee.text, kind) if isinstance(callee, Name) else None
        return Call(callee, self._arguments(arguments, word, scope), span=callee.span)

    def _arguments(
        self, arguments: Iterable[Expression | Keyword], word: type[Word] | None, scope: Scope
    ) -> tuple[Expression | Keyword, ...]:
        """Arguments by name, where the word that takes them is known."""
        known = [] if word is None else list(parameters_of(word))
        kinds = {each.name: each.kind for each in known}
        found: list[Expression | Keyword] = []
        for place, written in enumerate(arguments):
            named = written
            if not isinstance(written, Keyword) and place < len(known):
                name = Identifier(known[place].name, span=written.span)
                named = Keyword(name, written, span=written.span)
            if isinstance(named, Keyword):
                value = self.of(named.value, scope, kinds.get(named.name.text))
                found.append(Keyword(named.name, value, span=named.span))
            else:
                found.append(self.of(named, scope))
        return tuple(found)

    def _changed(self, base: Any, changes: Iterable[Expression | Keyword], scope: Scope) -> Any:
        """A call with some of its arguments replaced; a bare word is called."""
        while isinstance(base, Group):
            base = base.inner
        called = base if isinstance(base, Call) else Call(base, (), span=base.span)
        kinds = registry.kinds_of(called.callee.text) if isinstance(called.callee, Name) else ()
        word = _word(called.callee.text, kinds[0]) if kinds else None  # type: ignore[union-attr]
        new = self._arguments((each for each in changes if isinstance(each, Keyword)), word, scope)
        named = {each.name.text: each for each in new if isinstance(each, Keyword)}
        kept = (
            named.pop(each.name.text, each) if isinstance(each, Keyword) else each
            for each in called.arguments
        )
        return Call(called.callee, (*kept, *named.values()), span=called.span)


def laid_out(expression: Any) -> str:
    """The text of an expression; of a long call or set a line each argument."""
    text = print_expression(expression)
    if len(text) <= WIDEST or not isinstance(expression, Call | Braces):
        return text
    items = expression.arguments if isinstance(expression, Call) else expression.items
    lines = ",\n".join(map(_item, items))
    if isinstance(expression, Call):
        return f"{print_expression(expression.callee)}(\n{lines}\n)"
    return f"{{\n{lines}\n}}"


def _item(expression: Any) -> str:
    """An argument; of a long sum a line each term."""
    text = print_expression(expression)
    if len(text) > WIDEST and isinstance(expression, Binary) and expression.operator == "+":
        return f"{_item(expression.left)} +\n{print_expression(expression.right)}"
    return text


def _word(name: str, kind: str | None) -> type[Word] | None:
    return registry.find(kind, name) if kind in registry.FOLDERS else None


def _bound(
    found: Declaration, arguments: tuple[Expression | Keyword, ...], scope: Scope
) -> dict[str, Thunk | None]:
    """What the parameters of a declaration stand for in a call."""
    names = [each.text for each in found.parameters]
    given = {
        each.name.text if isinstance(each, Keyword) else names[place]: (
            each.value if isinstance(each, Keyword) else each
        )
        for place, each in enumerate(arguments)
    }
    return {name: Thunk(value, scope) for name, value in given.items()}
