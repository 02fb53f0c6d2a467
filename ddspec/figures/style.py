"""Colors, letters and sizes of all figures."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from matplotlib import colormaps

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
# For paper, at the size at which it is printed: letters of 7 and 8 pt, strokes of a hairline and
# more. Fonts are embedded as TrueType (type 42), which publishers ask for; SVG keeps text as text.
# The hash salt makes the same figure the same file.
PAPER: Final[Any] = {
    "font.size": 7,
    "axes.labelsize": 8,
    "axes.titlesize": 7,
    "axes.titlelocation": "left",
    "axes.titlepad": 3,
    "axes.labelpad": 2.5,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.major.pad": 2,
    "ytick.major.pad": 2,
    "lines.linewidth": 1.2,
    "lines.markersize": 3,
    "patch.linewidth": 0.6,
    "hatch.linewidth": 0.4,
    "legend.fontsize": 7,
    "legend.title_fontsize": 7,
    "legend.frameon": False,
    "legend.handlelength": 1.8,
    "legend.handletextpad": 0.5,
    "legend.columnspacing": 1.2,
    "legend.labelspacing": 0.3,
    "legend.borderaxespad": 0.2,
    "legend.borderpad": 0.2,
    "savefig.dpi": 300,
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "ddspec",
}
SIZES: Final = {"column": 3.3, "page": 6.3}  # inches across
MARKS: Final = ("o", "s", "^", "D", "v", "P", "X", "<")  # tell curves apart without color
PALE: Final = "#BFBFBF"  # what is there for comparison only
HAIR: Final = 0.8  # points, of the thinnest lines on paper
MAP: Final = "viridis"  # of quantities over a plane: its lightness grows evenly for every reader
THIN: Final = 1.4  # points, of lines that accompany others


def shades(count: int) -> list[Any]:
    """Colors of the values of a numeric axis in their order, from dark to light, never pale."""
    return list(colormaps["viridis"](np.linspace(0.0, 0.85, max(count, 1))))


def color(number: int) -> str:
    """The color of the curve of that number."""
    return COLORS[number % len(COLORS)]
