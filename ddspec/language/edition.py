"""A file → whether it says the edition it is written in, and whether this is one we read."""

from __future__ import annotations

from ddspec.errors import Diagnostic, Fix, Label, Span
from ddspec.language import tree

EDITION = "1"


def check_edition(file: tree.File) -> tuple[Diagnostic, ...]:
    """What is wrong with the edition: none or not first (DD005), or unknown to this ddspec (DD006).

    Says nothing about a file whose first statement could not be read.
    """
    editions = [node for node in tree.walk(file) if isinstance(node, tree.Edition)]
    first = file.statements[0] if file.statements else None
    if isinstance(first, tree.Hole):
        return ()
    found = [_unknown(node) for node in editions if node.number.text != EDITION]
    if not isinstance(first, tree.Edition):
        return (_missing(file, first, editions), *found)
    return (*found, *(_repeated(first, node) for node in editions[1:]))


def _missing(
    file: tree.File, first: tree.Statement | None, editions: list[tree.Edition]
) -> Diagnostic:
    start = Span(file.span.source, file.span.start, file.span.start)
    return Diagnostic(
        "DD005",
        "the file does not begin with its edition",
        Label(first.span if first else start, "the first statement"),
        tuple(Label(node.span, "belongs at the top") for node in editions),
        notes=("the edition makes a spec mean the same in years, whatever the language becomes",),
        help=(f"write `dd {EDITION}` as the first line",),
        fix=None if editions else Fix(start, f"dd {EDITION}\n", "add the edition"),
    )


def _unknown(node: tree.Edition) -> Diagnostic:
    return Diagnostic(
        "DD006",
        f"edition {node.number.text} is not known to this version of ddspec",
        Label(node.number.span, f"it reads edition {EDITION}"),
        help=("a newer ddspec may read it: `pip install --upgrade ddspec`",),
        fix=Fix(node.number.span, EDITION, f"call it edition {EDITION}", safe=False),
    )


def _repeated(first: tree.Edition, node: tree.Edition) -> Diagnostic:
    return Diagnostic(
        "DD005",
        "the edition is given twice",
        Label(node.span, "given again here"),
        (Label(first.span, "first given here"),),
        help=("remove one: a file has one edition",),
    )
