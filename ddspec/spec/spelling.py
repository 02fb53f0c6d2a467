"""Near misses: names that a misspelt one may have meant."""

from __future__ import annotations

from collections.abc import Iterable

from ddspec.errors import Fix, Span
from ddspec.language.near import nearest


def similar(name: str, known: Iterable[str]) -> str | None:
    """The known name most like a misspelt one, or None."""
    found = nearest(name, known)
    return found[0] if found else None


def replacement(span: Span, old: str, new: str | None) -> Fix | None:
    """The fix that writes the near miss instead."""
    return None if new is None else Fix(span, new, f"replace `{old}` by `{new}`")
