"""Names of figures to the functions that draw them; loads nothing until one is drawn."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from typing import Any, Final

from ddspec.errors import DdspecError
from ddspec.language.near import nearest

FIGURES: Final = {
    "model_wise": "test risk against width, with bands, thresholds and train risk",
    "sample_wise": "test risk against training samples, for several widths",
    "epoch_wise": "test risk along training, for several widths",
    "heatmap": "risk over width and epochs or samples, with the contour of fitted training sets",
    "surface": "risk over width and samples, as lines of equal risk",
    "small_multiples": "test risk against width, a panel for each composition of regularizers",
    "upset": "every composition of regularizers by its risk, with the terms it is made of",
    "effects": "main effects of regularizers and their interactions, with intervals",
    "verdicts": "a table of compositions and samples: is risk monotone in width?",
    "sensitivity": "risk at multiples of the best strength, relative to the risk at it",
    "theory": "measured risk over the exact curves of a theory, with their ratio",
}

OF_CANDIDATES: Final = {"sensitivity"}  # figures of what tuning tried, not of what it chose


def drawer(name: str) -> Callable[..., Any]:
    """The function that draws a figure, `draw_NAME`.

    Raises DdspecError for a name that is none.
    """
    if name not in FIGURES:
        near = " or ".join(f"`{each}`" for each in nearest(name, FIGURES))
        raise DdspecError(
            f"no figure `{name}`{near and f'; did you mean {near}?'}",
            f"there are {', '.join(FIGURES)}",
        )
    module = importlib.import_module(f"ddspec.figures.{name}")
    function: Callable[..., Any] = getattr(module, f"draw_{name}")
    return function


def takes(name: str) -> frozenset[str]:
    """The arguments of a figure by which one chooses what it shows: `x`, `hue`, ..."""
    named = inspect.signature(drawer(name)).parameters.values()
    return frozenset(each.name for each in named if each.kind is each.KEYWORD_ONLY)
