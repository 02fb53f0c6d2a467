"""A page about a small dataset made by hand."""

import numpy as np

from ddspec.page.facts import axes, counted, provenance, rerun
from ddspec.page.highlight import pieces
from ddspec.page.page import Page, Section, Told, html
from ddspec.page.readings import readings
from ddspec.page.verdicts import Verdict, VerdictTable
from tests.analysis.made import risks

SPEC = 'dd 1\n# Is <b>this</b> safe?\nuse "lib.dd"\nlet n = 1_000 samples\n'
EVIL = "</script><script>document.title = 'taken'</script>"


def dataset(labels=("none", EVIL)):
    """Errors over reg x width x seed; the first composition has a run without a value."""
    train = np.linspace(0.4, 0.0, 24).reshape(2, 4, 3)
    train[0, 1, 2] = np.nan
    found = risks(train, train + 0.1, reg=labels)
    about = {"cells_planned": 24, "cells_done": 23, "experiment": "made", "spec": SPEC}
    return found.assign_attrs(found.attrs | about)


def section(made):
    """A section with one of everything that a page shows."""
    mark = Verdict("not_monotone", "✗", "2.1 %", "4 %", "rises from width 2 to 4")
    rows = tuple((str(label), (mark, None)) for label in made.reg.values)
    table = VerdictTable("is it so", "samples", ("500", "1000"), rows)
    return Section(
        name="made",
        comment="A comment & more.",
        counts=counted(made),
        answers=(("is it so", "2 of 2 curves rise."),),
        tables=(table,),
        readings=readings(made),
        figures=(),
        findings=(Told("peak", "where it is largest", ("reg = none: 2", EVIL), open=True),),
        axes=axes(made),
    )


def page(made):
    """The page as one text."""
    return html(
        Page(
            title="made by hand",
            question="Is risk monotone?",
            experiments=(section(made),),
            spec=pieces(SPEC),
            provenance=provenance(made),
            sources=(("mlp", "a paper"),),
            rerun=rerun(made),
            failures="",
        )
    )
