"""Lattices: compositions made by choosing among the terms of one."""

from __future__ import annotations

from collections.abc import Sequence

from ddspec.errors import Label
from ddspec.language.tree import Call, Keyword
from ddspec.spec import algebra, names, numbers
from ddspec.spec.algebra import Recipes
from ddspec.spec.scope import Scope


def lattice(name: str, call: Call, scope: Scope) -> Recipes:
    """`subsets(...)` and its kin: several compositions made of the terms of one."""
    positional = [a for a in call.arguments if not isinstance(a, Keyword)]
    keywords = {a.name.text: a for a in call.arguments if isinstance(a, Keyword)}
    limits = {"upto"} if name == "subsets" else set()
    if len(positional) != 1 or set(keywords) - limits:
        more = ", upto: 2" if name == "subsets" else ""
        _misused(name, call, [f"write `{name}(a + b + c{more})`"], scope)
        return algebra.lost(call.span, scope.problems.quote(call.span))
    found: Recipes = scope.resolve.recipes(positional[0], scope)
    if any(part.column is not None for recipe in found for part in recipe.parts):
        _misused(name, call, ["write the terms themselves: an axis has one at a time"], scope)
        return algebra.lost(call.span, scope.problems.quote(call.span))
    if name == "leave_one_out":
        return algebra.leave_one_out(found)
    if name == "one_at_a_time":
        return algebra.one_at_a_time(found)
    upto = None
    if "upto" in keywords:
        limit = numbers.constant(keywords["upto"].value, scope, "`upto`")
        if limit is None or not limit.whole or limit.value < 0:
            if limit is not None:
                _misused(name, call, ["`upto` is a whole number: `upto: 2`"], scope)
            return algebra.lost(call.span, scope.problems.quote(call.span))
        upto = int(limit.value)
    return algebra.subsets(found, upto)


def _misused(name: str, call: Call, advice: Sequence[str], scope: Scope) -> None:
    names.touch(call.arguments, scope)
    scope.problems.report(
        "DD407",
        f"`{name}` takes one composition of terms",
        Label(call.span, "called otherwise here"),
        help=advice,
    )
