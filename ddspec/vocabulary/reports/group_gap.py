"""`group_gap`: how much worse the worst group fares than all samples."""

from __future__ import annotations

from ddspec.vocabulary.kinds import Report, word


@word
class GroupGap(Report):
    """The error on the worst group less the mean test error, at the end of training. Groups are the
    classes whose error is recorded: the worst is that of the mean over seeds, with an interval that
    holds for a maximum. Without them, of every seed's own worst group.

    Needs `zero: class_error(class: 0)`, `one: class_error(class: 1)` and so on in `measure { }`, or
    `worst: worst_group_error()`.

    Source: Sagawa et al., "Distributionally robust neural networks for group shifts", 2020.
    Example: group_gap()
    """
