"""What the language itself can say: calls in place of a number or a composition, and blocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

FORMS: Final[Mapping[str, str]] = {
    "tune": """
tune(domain, minimise: validation_error, across: seed, halving: 3, select_on: {0, 1})

In place of a number: every point of the domain is tried, and results show the one with the
least validation risk. The chosen value is a variable of the dataset. Test data select nothing.

Arguments:
  domain     candidates: {1e-4, 1e-2}, log 1e-6..1e2 points 25, random(log 1e-6..1e2 points 25)
  minimise   validation_loss or validation_error, at the end of training
  across     the axis, or [axes], averaged over: one choice for all of its points;
             without it every point has its own
  halving    k: all candidates are trained for a short time, the best 1/k of them, rounded up,
             k times as long, and so on, until those left are trained in full. 25 candidates and
             halving: 3 are 25 runs of 1/9 of the training, 9 of 1/3 and 3 in full. Shorter runs
             are cells like any other. The variable `halving_rung` says how far each candidate
             came. It stops what is worse at first: not for curves that are not monotone.
  select_on  points of the replicate axis in `across` that select: candidates are tried there,
             the chosen one is trained at the other points, and the dataset holds those, so that
             no seed both selects and is reported
""",
    "random": """
random(a..b points k, seed: 0)
random(log a..b points k, seed: 0)

k points drawn evenly between a and b or, with `log`, between their logarithms, and then whole
where both ends are; 6 significant digits. The draw depends on the seed alone: the same points
on every machine, and more points begin with the fewer ones.
""",
    "subsets": """
subsets(a + b + c), subsets(a + b + c, upto: 2)

Every composition of some of the terms: none, each, each pair, ..., all.
""",
    "leave_one_out": """
leave_one_out(a + b + c)

The whole composition, and each that lacks one of its terms.
""",
    "one_at_a_time": """
one_at_a_time(a + b + c)

No term, and each term alone.
""",
    "restart": """
epochs in restart({10, 100})

A training of its own for every point, in place of readings off one run.
""",
    "measure": """
measure { NAME: word(...) }

What is recorded of every cell besides its train, test and validation risk, at the points of the
`epochs` axis or at the end. Each is a variable of the dataset. `ddspec words measure` lists them.
""",
    "report": """
report { NAME: word(...) }

What is asked of the finished dataset. `ddspec run` prints the answers and keeps their numbers in
findings/EXPERIMENT.nc, a group for each; they enter no cell and may be changed at any time.
`ddspec words report` lists them.
""",
    "theory": """
theory { NAME: word(...) }

Exact or limiting risks beside the measured ones: variables NAME_test_loss, NAME_train_loss, ...
over the same axes, without seeds. Arguments may be axes or expressions of them; what is not
written is taken from the experiment. `ddspec words theory` lists them.
""",
}
