"""Parts: dataset, architecture, regularizer and train of an experiment as nodes and tables."""

from __future__ import annotations

from typing import Any

import attrs

from ddspec.errors import Label, Span
from ddspec.language.tree import Name, Setting
from ddspec.spec import building, compositions, words
from ddspec.spec.algebra import Recipes
from ddspec.spec.axis_checks import TIMES
from ddspec.spec.body import Body
from ddspec.spec.building import Application, Build
from ddspec.spec.calls import Argument, parameters_of
from ddspec.spec.nodes import Constant, Node, Read, poison
from ddspec.spec.problems import label, listed
from ddspec.spec.scope import Column, Scope, Thunk
from ddspec.spec.tables import Evaluated, Grid, evaluate

NEEDED = ("dataset", "architecture", "train")
IMPLICIT = "regularizer"  # the axis made of a setting with several alternatives


@attrs.frozen(eq=False)
class Part:
    """A setting of an experiment: its node, its table, and the place of its value."""

    node: Node[Any]
    span: Span
    found: Evaluated


def nodes_of(body: Body, scope: Scope) -> dict[str, Node[Any]]:
    """The node of every setting; poison, reported, for one that is missing."""
    _check_needed(body, scope)
    dataset = _word(body, "dataset", scope)
    assert scope.draft is not None
    scope.draft.samples = _samples(dataset)
    return {
        "dataset": dataset,
        "architecture": _word(body, "architecture", scope),
        "regularizer": _regularizer(body, scope),
        "train": _train(body, scope),
    }


def _samples(dataset: Node[Any]) -> int | None:
    """The largest training set, for messages, where it can be told at once."""
    slots = dataset.slots if isinstance(dataset, Build) else ()
    slot = next((slot for slot in slots if slot.parameter.name == "samples"), None)
    if slot is None or slot.settled:
        return None if slot is None else int(slot.value)
    if not isinstance(slot.node, Read):
        return None
    return max((int(item.number) for item in slot.node.column.items if item.number), default=None)


def evaluated(nodes: dict[str, Node[Any]], body: Body, scope: Scope, grid: Grid) -> dict[str, Part]:
    """The parts with their tables."""
    assert scope.draft is not None
    return {
        name: Part(node, _span(name, body, scope), evaluate(node, grid))
        for name, node in nodes.items()
    }


def _span(name: str, body: Body, scope: Scope) -> Span:
    assert scope.draft is not None
    homed = body.settings.get(name)
    if homed is None or not isinstance(homed.statement, Setting):
        return scope.draft.span
    return homed.statement.value.span


def _setting(body: Body, name: str, scope: Scope) -> tuple[Setting, Scope] | None:
    homed = body.settings.get(name)
    if homed is None or not isinstance(homed.statement, Setting):
        return None
    return homed.statement, attrs.evolve(scope, names=homed.home)


def _check_needed(body: Body, scope: Scope) -> None:
    draft = scope.draft
    assert draft is not None
    absent = [name for name in NEEDED if name not in body.settings]
    if not absent or body.unread:
        return
    examples = {
        "dataset": "dataset: mnist1d(samples: 1_000)",
        "architecture": "architecture: mlp(hidden: [64, 64])",
        "train": "train: NAME`, with `train NAME { ... }` declared before the experiment, or "
        "`train: least_squares()",
    }
    scope.problems.report(
        "DD108",
        f"experiment `{draft.name}` has no {listed(absent, 'and')}",
        Label(draft.span, f"without {listed(absent, 'and')}"),
        help=[f"for example `{examples[name]}`" for name in absent],
    )


def _word(body: Body, kind: str, scope: Scope) -> Node[Any]:
    found = _setting(body, kind, scope)
    if found is None:
        return _absent(scope)
    setting, home = found
    node: Node[Any] = words.word(setting.value, kind, home)
    return node


def _absent(scope: Scope) -> Node[Any]:
    assert scope.draft is not None
    scope.draft.blind = True
    return poison(scope.draft.span)


def _regularizer(body: Body, scope: Scope) -> Node[Any]:
    found = _setting(body, "regularizer", scope)
    if found is None:
        return Constant(value=())
    setting, home = found
    recipes = compositions.recipes(setting.value, home)
    if len(recipes) == 1:
        return compositions.as_sum(recipes[0], setting.value.span)
    return compositions.read(_implicit(setting, recipes, home), setting.value.span)


def _implicit(setting: Setting, recipes: Recipes, scope: Scope) -> Column:
    """The axis of a setting that has several alternatives."""
    assert scope.draft is not None
    column = Column(
        name=IMPLICIT,
        spelling=IMPLICIT,
        dimension=IMPLICIT,
        kind="design",
        sort="composition",
        span=setting.name.span,
        domain=Thunk(setting.value, scope),
        recipes=recipes,
    )
    earlier = scope.draft.columns.get(IMPLICIT)
    if earlier is not None:
        scope.problems.report(
            "DD503",
            f"axis `{IMPLICIT}` is declared twice",
            Label(setting.value.span, "several alternatives make an axis of this name"),
            also=[label(earlier.span, "declared here")],
            help=[f"write `{IMPLICIT}: {IMPLICIT}` and the alternatives in the sweep"],
        )
    scope.draft.columns[IMPLICIT] = column
    scope.draft.read.add(IMPLICIT)
    return column


def _train(body: Body, scope: Scope) -> Node[Any]:
    found = _setting(body, "train", scope)
    if found is None:
        return _absent(scope)
    setting, home = found
    application = words.reduce(setting.value, "train", home)
    restart = _restart(scope)
    if restart is not None:
        application = _restarted(application, restart, setting, home)
    if isinstance(application, Application):
        return building.construct(application)
    return application


def _restart(scope: Scope) -> Column | None:
    assert scope.draft is not None
    columns = scope.draft.columns
    found = (columns[name] for name in TIMES if name in columns)
    return next((column for column in found if column.kind == "design"), None)


def _restarted(
    application: Application | Node[Any], restart: Column, setting: Setting, scope: Scope
) -> Application | Node[Any]:
    """Training for as long as the `restart` axis says."""
    assert scope.draft is not None
    scope.draft.read.add(restart.spelling)
    if not isinstance(application, Application):
        if not application.poisoned:
            scope.problems.report(
                "DD204",
                f"`{restart.spelling} in restart(...)` needs one `train`",
                Label(setting.value.span, "an axis or an `if` stands for several"),
                also=[label(restart.span, "sets the length of training")],
                help=["make the length an axis of its own and write `for: LENGTH epochs`"],
            )
        return poison(setting.value.span, application)
    if "for" not in {parameter.name for parameter in parameters_of(application.word)}:
        scope.problems.report(
            "DD507",
            f"a solved model has no `{restart.spelling}`",
            Label(restart.span, "nothing to train longer"),
            also=[label(setting.value.span, "solved in one step")],
            help=["remove the axis, or train by gradient descent"],
        )
        return poison(setting.value.span)
    read = Argument(Name(restart.spelling, span=restart.span), scope)
    return attrs.evolve(application, arguments={**application.arguments, "for": read})
