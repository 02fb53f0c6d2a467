"""The catalogue: what each code of a message means, for `ddspec explain DD501`."""

from __future__ import annotations

import re

import attrs

from ddspec.spec import entries_of_sweeps, entries_of_values


@attrs.frozen
class Entry:
    """A code: its title, why it is a mistake, an example of it and the same made right."""

    code: str
    title: str
    why: str
    wrong: str
    right: str


def _entry(text: str) -> Entry:
    head, *why, wrong, right = text.splitlines()
    code, title = head.split(" ", 1)
    return Entry(
        code,
        title,
        " ".join(why),
        wrong.removeprefix("wrong: "),
        right.removeprefix("right: "),
    )


_ENTRIES = re.split(
    r"^(?=DD\d{3} )", entries_of_values.TEXT + entries_of_sweeps.TEXT, flags=re.MULTILINE
)[1:]
CATALOGUE = {entry.code: entry for entry in map(_entry, _ENTRIES)}
