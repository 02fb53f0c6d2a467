"""Declarations: the names a file introduces, each once and of a known kind."""

from __future__ import annotations

from ddspec.errors import Label, Span
from ddspec.language.tree import (
    Block,
    Define,
    Edition,
    File,
    Hole,
    Identifier,
    Let,
    Setting,
    Statement,
    Use,
)
from ddspec.spec import decimals
from ddspec.spec.problems import Problems, article, label, listed
from ddspec.spec.scope import UNNAMED, Declaration, Namespace
from ddspec.spec.sorts import LATTICES
from ddspec.spec.spelling import replacement, similar

KINDS = (
    "dataset",
    "architecture",
    "regularizer",
    "train",
    "optimizer",
    "schedule",
    "loss",
    "corruption",
    "stopping",
    "transform",
)
RESERVED = {*decimals.FUNCTIONS, *LATTICES, "none", "true", "false", "parameters", "tune", "random"}
INNER = ("sweep", "measure", "report", "theory")


def declare(file: File, source: str, problems: Problems) -> Namespace:
    """The names a file declares; statements that do not belong at its top are reported."""
    space = Namespace(source)
    for statement in file.statements:
        match statement:
            case Let(name=name, value=value):
                _add(Declaration(name, "let", (), value, space, statement.span), space, problems)
            case Define():
                _define(statement, space, problems)
            case Block():
                _block(statement, space, problems)
            case Hole():
                space.unread.append(problems.quote_lines(statement.span))
            case Edition() | Use():
                pass
            case _:
                _misplaced(statement, problems)
    return space


def _add(declaration: Declaration, space: Namespace, problems: Problems) -> None:
    name = declaration.name
    if name.text in RESERVED:
        problems.report(
            "DD104",
            f"`{name.text}` has a meaning of its own",
            Label(name.span, "cannot be declared"),
            help=[f"choose another name, `my_{name.text}`"],
        )
        return
    earlier = space.declarations.get(name.text)
    if earlier is None:
        space.declarations[name.text] = declaration
    else:
        twice(name, earlier.name.span, problems)
    _check_parameters(declaration.parameters, problems)


def twice(name: Identifier, earlier: Span, problems: Problems) -> None:
    """Report a name that is declared a second time."""
    problems.report(
        "DD104",
        f"`{name.text}` is declared twice",
        Label(name.span, "declared again here"),
        also=[label(earlier, "first declared here")],
        help=["give one of them another name"],
    )


def _check_parameters(parameters: tuple[Identifier, ...], problems: Problems) -> None:
    seen: dict[str, Identifier] = {}
    for parameter in parameters:
        if parameter.text in seen:
            twice(parameter, seen[parameter.text].span, problems)
        seen.setdefault(parameter.text, parameter)


def _define(statement: Define, space: Namespace, problems: Problems) -> None:
    kind = statement.kind
    if kind.text == "experiment" or kind.text in INNER:
        _wrong_form(
            kind, f"`{kind.text}` is a block", f"write `{_block_form(statement)}`", problems
        )
        return
    meant: str | None = kind.text
    if kind.text not in KINDS:
        meant = unknown_kind(kind, problems)
    if meant is None or meant not in KINDS:
        space.unread += [kind.text, statement.name.text]
        return
    declared = Declaration(
        statement.name, meant, statement.parameters, statement.value, space, statement.span
    )
    _add(declared, space, problems)


def _block_form(statement: Define) -> str:
    name = f" {statement.name.text}" if statement.kind.text == "experiment" else ""
    return f"{statement.kind.text}{name} {{ ... }}"


def _block(block: Block, space: Namespace, problems: Problems) -> None:
    kind = block.kind
    if block.name is not None and kind.text not in ("train", "experiment"):
        space.unread.append(block.name.text)
    if kind.text in INNER:
        _wrong_form(kind, f"`{kind.text}` belongs in an experiment",
                    f"write `experiment NAME {{ {kind.text} {{ ... }} }}`", problems)  # fmt: skip
    elif kind.text in KINDS and kind.text != "train":
        name = "NAME" if block.name is None else block.name.text
        _wrong_form(kind, f"{article(kind.text)} is declared with `=`",
                    f"write `{kind.text} {name} = ...`", problems)  # fmt: skip
    elif kind.text not in ("train", "experiment"):
        space.unread.append(kind.text)
        unknown_kind(kind, problems)
    elif block.name is None:
        space.unread.append(UNNAMED)
        problems.report(
            "DD119",
            f"this `{kind.text}` has no name",
            Label(kind.span, "what is it called?"),
            help=[f"write `{kind.text} NAME {{ ... }}`"],
        )
    else:
        _named_block(block, block.name, space, problems)


def _named_block(block: Block, name: Identifier, space: Namespace, problems: Problems) -> None:
    kind = block.kind.text
    if kind == "train" and block.amends is not None:
        _wrong_form(block.kind, "only experiments amend one another",
                    f"write `train {name.text} = BASE with {{ ... }}`", problems)  # fmt: skip
    if kind == "train":
        for statement in block.body:
            if not isinstance(statement, Setting | Hole):
                _not_a_setting(statement, problems)
    elif block.parameters:
        _wrong_form(block.parameters[0], "an experiment takes no parameters",
                    "use `amends` for a variant of an experiment", problems)  # fmt: skip
    span = block.kind.span.to(name.span)
    _add(
        Declaration(name, kind, block.parameters, block.body, space, span, block.amends),
        space,
        problems,
    )


def _not_a_setting(statement: Statement, problems: Problems) -> None:
    problems.report(
        "DD109",
        "a `train` block has settings only",
        Label(statement.span, "misplaced"),
        help=["write `NAME: value`; axes belong in the `sweep` of an experiment"],
    )


def _wrong_form(at: Identifier, title: str, advice: str, problems: Problems) -> None:
    problems.report("DD109", title, Label(at.span, "misplaced"), help=[advice])


def unknown_kind(kind: Identifier, problems: Problems) -> str | None:
    """Report a declaration of a kind there is none of; the one that was probably meant."""
    known = (*KINDS, "experiment")
    near = similar(kind.text, known)
    advice = [] if near is None else [f"a kind with a similar name exists: `{near}`"]
    problems.report(
        "DD103",
        f"unknown kind `{kind.text}`",
        Label(kind.span, "nothing of this kind can be declared"),
        help=[*advice, f"kinds are {listed(known)}; `let` names any other value"],
        fix=replacement(kind.span, kind.text, near),
    )
    return near


def _misplaced(statement: Statement, problems: Problems) -> None:
    where = "an experiment" if isinstance(statement, Setting) else "the `sweep` of an experiment"
    problems.report(
        "DD109",
        f"this belongs in {where}",
        Label(statement.span, "misplaced"),
        help=["write `experiment NAME { ... }` around it"],
    )
