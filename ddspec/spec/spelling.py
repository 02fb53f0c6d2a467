"""Near misses: names that a misspelt one, or the word of another tool, may have meant."""

from __future__ import annotations

from collections.abc import Iterable

from ddspec.errors import Fix, Span
from ddspec.language.near import nearest
from ddspec.spec.problems import article

# What other tools and papers call things, and what they are called here.
CALLED = {
    "model": "architecture",
    "network": "architecture",
    "data": "dataset",
    "training": "train",
    "trainer": "train",
    "reg": "regularizer",
    "regularization": "regularizer",
    "learning_rate": "lr",
    "batch_size": "batch",
    "criterion": "loss",
    "layers": "hidden",
    "width": "hidden",
    "widths": "hidden",
    "n": "samples",
    "n_samples": "samples",
    "noise": "label_noise",
    "params": "parameters",
    "n_params": "parameters",
    "minimize": "minimise",
}


def similar(name: str, known: Iterable[str]) -> str | None:
    """The known name that a misspelt one most likely meant, or None."""
    known = list(known)
    called = CALLED.get(name)
    if called in known:
        return called
    found = nearest(name, known)
    return found[0] if found else None


def advice_on(name: str, near: str | None, noun: str) -> list[str]:
    """What to say of a near miss, if there is one."""
    if near is None:
        return []
    if CALLED.get(name) == near:
        return [f"it is called `{near}` here"]
    return [f"{article(noun)} with a similar name exists: `{near}`"]


def replacement(span: Span, old: str, new: str | None) -> Fix | None:
    """The fix that writes the near miss instead."""
    return None if new is None else Fix(span, new, f"replace `{old}` by `{new}`")
