"""Measures and reports: named words that are the same for a whole experiment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from ddspec.errors import Label, Span
from ddspec.language.tree import Setting
from ddspec.spec import axis_checks
from ddspec.spec.body import Homed
from ddspec.spec.building import Build
from ddspec.spec.problems import listed
from ddspec.spec.scope import Draft, Scope
from ddspec.spec.spelling import replacement, similar
from ddspec.vocabulary.kinds import Word


def named_words(named: dict[str, Homed], kind: str, scope: Scope) -> dict[str, Build]:
    """The words of a `measure` or `report` block by name; what depends on an axis is reported."""
    found = {}
    for name, homed in named.items():
        setting = homed.statement
        assert isinstance(setting, Setting)
        if kind == "measure" and axis_checks.taken(name, setting.name.span, "measure", scope):
            continue
        home = attrs.evolve(scope, names=homed.home)
        node = scope.resolve.word(setting.value, kind, home)
        if node.poisoned:
            continue
        if isinstance(node, Build) and node.constant is not None:
            found[name] = node
        else:
            scope.problems.report(
                "DD603",
                f"{kind} `{name}` cannot depend on an axis",
                Label(setting.value.span, "reads an axis"),
                help=[f"a {kind} is the same for the whole experiment: write fixed values"],
            )
    return found


def words_of(builds: dict[str, Build], draft: Draft) -> dict[str, Any]:
    """The words themselves; an axis they name is called as in the result (`seed_data`)."""
    return {name: _in_result(build, draft) for name, build in builds.items()}


def _in_result(build: Build, draft: Draft) -> Any:
    changed = {
        slot.parameter.field: draft.columns[slot.value].name
        for slot in build.slots
        if slot.parameter.refers == "axis" and slot.value in draft.columns
    }
    word: Any = build.constant
    return attrs.evolve(word, **changed) if changed else word


def quantities(measures: Iterable[str], *, classes: bool, validated: bool) -> list[str]:
    """The variables an experiment records."""
    splits = ["train", "test", *(["validation"] if validated else [])]
    risks = ["loss", *(["error"] if classes else [])]
    always = [f"{split}_{risk}" for split in splits for risk in risks]
    return [*always, *measures, "parameters", "seconds", "stop_epoch"]


def check_references(reports: dict[str, Build], recorded: list[str], scope: Scope) -> None:
    """Reports speak of axes and recorded quantities that there are."""
    assert scope.draft is not None
    known_axes = [*scope.draft.columns, *(c.name for c in scope.draft.columns.values())]
    known = {"axis": list(dict.fromkeys(known_axes)), "quantity": recorded}
    codes = {"axis": "DD601", "quantity": "DD602"}
    for build in reports.values():
        assert isinstance(build.constant, Word)
        for slot in build.slots:
            refers = slot.parameter.refers
            if refers and slot.value not in known[refers]:
                _unknown(codes[refers], slot.parameter.name, slot.value, slot.span, known[refers],
                         refers, scope)  # fmt: skip


def _unknown(
    code: str, name: str, text: str, span: Span, known: list[str], refers: str, scope: Scope
) -> None:
    if scope.open_ended(text):
        return
    near = similar(text, known)
    what = {"axis": "has no axis", "quantity": "records no"}[refers]
    noun = {"axis": "its axes are", "quantity": "it records"}[refers]
    advice = [] if near is None else [f"one with a similar name exists: `{near}`"]
    scope.problems.report(
        code,
        f"`{name}: {text}`: this experiment {what} `{text}`",
        Label(span, f"no {refers} of this name"),
        help=[*advice, f"{noun} {listed(known)}"],
        fix=replacement(span, text, near),
    )
