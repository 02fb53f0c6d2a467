"""Colors, letters and sizes of all figures."""

from __future__ import annotations

from typing import Any, Final

# Okabe & Ito, "Color universal design", 2008: told apart by color-blind readers, too.
COLORS: Final = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
    "#8C8C8C",
)
INK: Final = "#404040"
# Sizes are for a figure of 6.3 in: set in a column of 3.5 in, the smallest letters have 6 pt.
LETTERS: Final[Any] = {
    "font.size": 11,
    "axes.labelsize": 12,
    "axes.titlesize": 11,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    "legend.fontsize": 11,
    "legend.title_fontsize": 9,
    "legend.frameon": False,
    "legend.columnspacing": 1.2,
    "legend.handlelength": 1.8,
    "lines.linewidth": 1.8,
    "lines.markersize": 3.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "savefig.dpi": 200,
}
WIDTH: Final = 6.3  # inches
THIN: Final = 1.4  # points, of lines that accompany others


def color(number: int) -> str:
    """The color of the curve of that number."""
    return COLORS[number % len(COLORS)]
