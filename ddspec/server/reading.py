"""Read the names of a file: each a site, with what it is and what its place takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import attrs

from ddspec.errors import Span
from ddspec.language.tree import (
    Attribute,
    Axis,
    Binary,
    Block,
    Call,
    Chain,
    Conditional,
    Define,
    Expression,
    Filter,
    Identifier,
    Keyword,
    Let,
    Name,
    Quantity,
    Range,
    Setting,
    Statement,
    String,
    Unary,
    When,
    With,
    Zip,
)
from ddspec.server.files import Space
from ddspec.server.signatures import Signature, of_callee, of_form, of_owner, word_of
from ddspec.server.sites import ANYTHING, Owner, Site, Sort, Taken
from ddspec.spec.body import SETTINGS
from ddspec.vocabulary import registry

Join = Callable[[Site, Site], None]


@attrs.define(eq=False)
class Reader:
    """Reads one file; `join` is told of two sites that name the same thing."""

    space: Space
    join: Join
    sites: list[Site] = attrs.field(factory=list)

    def read(self) -> list[Site]:
        """Every site of the file, in the order of their places."""
        for site, _ in self.space.modules.values():
            self.sites.append(site)
        owners = {owner.whole: owner for owner in self.space.own}
        for statement in self.space.file.statements:
            owner = owners.get(statement.span)
            if owner is not None and isinstance(statement, Let | Define | Block):
                self._declaration(statement, owner)
        self.sites.sort(key=lambda site: site.span.start)
        return self.sites

    # --- statements ---------------------------------------------------------------------------

    def _declaration(self, statement: Let | Define | Block, owner: Owner) -> None:
        self.sites += [owner.site, *owner.parameters.values()]
        if not isinstance(statement, Let):
            self._add(statement.kind, "kind")
        if isinstance(statement, Block):
            self._amends(statement, owner)
            inner = of_owner(owner, self.space) if owner.kind == "train" else None
            self._body(statement.body, owner, owner.kind, inner)
        else:
            kind = "" if owner.kind == "let" else owner.kind
            self._value(statement.value, owner, Taken(kind))

    def _amends(self, block: Block, owner: Owner) -> None:
        if block.amends is None:
            return
        named = self._declared(block.amends)
        if named is not None:
            owner.base, where = named
            self.join(where, owner.base.site)

    def _body(
        self, body: tuple[Statement, ...], owner: Owner, kind: str, inner: Signature | None
    ) -> None:
        for statement in body:
            match statement:
                case Setting():
                    self._setting(statement, owner, kind, inner)
                case Block():
                    self._add(statement.kind, "kind")
                    self._body(statement.body, owner, statement.kind.text, None)
                case Axis(name=name, domain=domain):
                    self._define(name, "axis", owner)
                    self._value(domain, owner, ANYTHING)
                case Let(name=name, value=value):
                    self._define(name, "derived", owner)
                    self._value(value, owner, ANYTHING)
                case Filter(condition=condition):
                    self._value(condition, owner, ANYTHING)
                case When(condition=condition, body=inside):
                    self._value(condition, owner, ANYTHING)
                    self._body(inside, owner, kind, None)
                case Zip(body=inside):
                    self._body(inside, owner, kind, None)

    def _setting(self, setting: Setting, owner: Owner, kind: str, inner: Signature | None) -> None:
        name, taken = setting.name, ANYTHING
        if inner is not None:
            taken = inner.taken(name.text)
            self._argument(name, inner)
        elif kind == "experiment":
            self._add(name, "setting")
            taken = Taken(name.text if name.text in SETTINGS else "")
        elif kind in registry.FOLDERS:
            self._define(name, "recorded", owner).kind = kind
            taken = Taken(kind)
        self._value(setting.value, owner, taken)

    # --- expressions --------------------------------------------------------------------------

    def _value(self, value: Expression | Keyword, owner: Owner, taken: Taken) -> None:
        match value:
            case Name(text=text, span=span):
                self._name(Site(span, text, "free", taken=taken), owner)
            case String(value=text, span=span) if taken.refers:
                inside = Span(span.source, span.start + 1, span.end - 1)
                self._name(Site(inside, text, "free", taken=taken), owner)
            case Attribute():
                self._dotted(value, owner, taken)
            case Call():
                self._call(value, owner, taken)
            case With(base=base, body=body):
                self._value(base, owner, taken)
                inner = of_callee(base, taken.kind, self.space) or Signature("", {})
                self._body(body, owner, "with", inner)
            case Quantity(value=inner_value, unit=unit):
                self._value(inner_value, owner, taken)
                self._add(unit, "unit")
            case Conditional(condition=condition):
                self._value(condition, owner, ANYTHING)
                self._value(value.then, owner, taken)
                self._value(value.otherwise, owner, taken)
            case Binary(left=left, right=right, operator="has" | "is"):
                self._value(left, owner, ANYTHING)
                self._value(right, owner, ANYTHING)
            case _:
                kept = taken if _keeps(value) else ANYTHING
                for part in _parts(value):
                    self._value(part, owner, kept)

    def _call(self, call: Call, owner: Owner, taken: Taken) -> None:
        callee, kind = call.callee, taken.kind
        signature = of_callee(callee, kind, self.space)
        if isinstance(callee, Name) and callee.text in owner.parameters | owner.own:
            signature = None
        self._value(callee, owner, Taken(kind))
        for position, argument in enumerate(call.arguments):
            if isinstance(argument, Keyword):
                inner = ANYTHING if signature is None else signature.taken(argument.name.text)
                self._argument(argument.name, signature)
                self._value(argument.value, owner, inner)
            else:
                inner = ANYTHING if signature is None else signature.taken(position)
                self._value(argument, owner, inner)

    def _argument(self, name: Identifier, signature: Signature | None) -> None:
        site = self._add(name, "argument")
        if signature is None:
            return
        site.word, site.parameter = signature.word, signature.taken(name.text).parameter
        if signature.owner is not None and name.text in signature.owner.parameters:
            self.join(site, signature.owner.parameters[name.text])

    def _name(self, site: Site, owner: Owner) -> None:
        self.sites.append(site)
        text, taken = site.text, site.taken
        if text in taken.choices:
            site.sort = "choice"
        elif text in owner.parameters:
            site.sort = "parameter"
            self.join(site, owner.parameters[text])
        elif (meant := self._meant(site, owner)) is not None:
            site.sort, site.kind = "declared", meant.kind
            self.join(site, meant.site)
            owner.uses.append(meant)
        else:
            site.word = word_of(text, taken.kind)
            form = site.word is None and of_form(text) is not None
            site.sort = "word" if site.word is not None else "form" if form else "free"
            owner.free.append(site)

    def _meant(self, site: Site, owner: Owner) -> Owner | None:
        """The declaration that a name stands for; one of another kind leaves a word its name."""
        meant, taken = self.space.declared.get(site.text), site.taken
        if meant is None or meant.kind == "experiment" or taken.refers:
            return None
        elsewhere = meant is owner or (taken.kind and meant.kind not in (taken.kind, "let"))
        return None if elsewhere and word_of(site.text, taken.kind) is not None else meant

    def _dotted(self, value: Attribute, owner: Owner, taken: Taken) -> None:
        named = self._declared(value)
        if named is not None:
            self.join(named[1], named[0].site)
            owner.uses.append(named[0])
        elif isinstance(value.base, Name):
            text = f"{value.base.text}.{value.name.text}"
            site = Site(value.span, text, "free", taken=taken)
            self.sites.append(site)
            owner.free.append(site)
        else:
            self._value(value.base, owner, ANYTHING)

    def _declared(self, reference: Name | Attribute) -> tuple[Owner, Site] | None:
        """What a reference to a declaration, perhaps of another file, names, and its site."""
        space, name = self.space, reference
        if isinstance(reference, Attribute):
            base = reference.base
            module = space.modules.get(base.text) if isinstance(base, Name) else None
            if module is None or not isinstance(base, Name):
                return None
            site = Site(base.span, base.text, "module")
            self.sites.append(site)
            self.join(site, module[0])
            space, name = module[1], Name(reference.name.text, span=reference.name.span)
        assert isinstance(name, Name)
        owner = space.declared.get(name.text)
        if owner is None:
            return None
        site = Site(name.span, name.text, "declared", owner.kind)
        self.sites.append(site)
        return owner, site

    # --- sites --------------------------------------------------------------------------------

    def _add(self, name: Identifier, sort: Sort) -> Site:
        site = Site(name.span, name.text, sort)
        self.sites.append(site)
        return site

    def _define(self, name: Identifier, sort: Sort, owner: Owner) -> Site:
        site = self._add(name, sort)
        site.defines = True
        earlier = owner.own.setdefault(name.text, site)
        if earlier is not site:
            self.join(site, earlier)
        return site


def _keeps(value: object) -> bool:
    """Whether the parts of an expression are what the whole is: alternatives, sums, lists."""
    arithmetic = isinstance(value, Chain) and value.operator != "|"
    return not (arithmetic or isinstance(value, Range | Unary))


def _parts(value: object) -> Iterator[Expression]:
    """The expressions directly below an expression, in their order."""
    for field in attrs.fields(type(value)):  # type: ignore[arg-type]
        inner = getattr(value, field.name)
        for part in inner if isinstance(inner, tuple) else (inner,):
            if isinstance(part, Expression):
                yield part
