"""A small dataset that every figure of the catalogue can show, and what a figure has drawn."""

import numpy as np
import xarray as xr

from tests.analysis.made import MEANINGS

WIDTHS, SAMPLES, REGS, EPOCHS = (2, 4, 8, 16), (100, 200, 400), ("none", "a", "b", "a + b"), (1, 10)


def everything(seeds=3):
    """Errors that peak at width 8 but for `a + b`, over width, samples, reg, seed and epochs."""
    peak = np.array([0.5, 0.4, 0.6, 0.3])[:, None, None] - np.array([0.0, 0.05, 0.1])[:, None]
    calm = np.array([0.5, 0.4, 0.3, 0.2])[:, None, None] - np.array([0.0, 0.05, 0.1])[:, None]
    gain = np.array([0.0, 0.01, 0.02, 0.0])
    risk = np.where(np.array([False] * 3 + [True]), calm, peak - gain)
    noise = 0.005 * np.random.default_rng(0).standard_normal((4, 3, 4, seeds))
    test = (risk[..., None] + noise)[..., None] + np.array([0.2, 0.0])
    train = np.array([0.4, 0.2, 0.0, 0.0])[:, None, None, None, None] + np.zeros_like(test)
    train[..., 0] += 0.3
    dims = ("width", "samples", "reg", "seed", "epochs")
    flags = {"flag_values": np.arange(6, dtype=np.int8), "flag_meanings": MEANINGS}
    return xr.Dataset(
        {
            "test_error": (dims, test, {"units": "1"}),
            "train_error": (dims, train),
            "test_loss": (dims, test * 4),
            "exact_test_loss": (("width", "samples"), risk[..., 0] * 4),
            "status": (dims[:-1], np.ones(test.shape[:-1], np.int8), flags),
        },
        {
            "width": ("width", list(WIDTHS), {"role": "design", "units": "1"}),
            "parameters": ("width", [20, 40, 80, 160], {"long_name": "trained parameters"}),
            "samples": ("samples", list(SAMPLES), {"role": "design", "units": "samples"}),
            "reg": ("reg", list(REGS), {"role": "design"}),
            "terms": ("reg", [0, 1, 1, 2]),
            "seed": ("seed", np.arange(seeds), {"role": "replicate"}),
            "epochs": ("epochs", list(EPOCHS), {"role": "trajectory", "units": "epochs"}),
        },
        {"sample_dims": "seed", "experiment": "small", "spec_sha256": "abc"},
    )


def candidates(seeds=3):
    """Test and validation losses of five strengths, least at 0.1, over samples."""
    grid = np.array([1e-3, 1e-2, 1e-1, 1.0, 10.0])
    risk = 1 + 0.1 * np.abs(np.log10(grid / 0.1))
    spread = 0.001 * np.random.default_rng(0).standard_normal((2, seeds, 5))
    dims = ("samples", "seed", "strength")
    values = np.array([1.0, 0.5])[:, None, None] * risk + spread
    return xr.Dataset(
        {"test_loss": (dims, values), "validation_loss": (dims, values)},
        {
            "samples": ("samples", [100, 200], {"units": "samples"}),
            "seed": np.arange(seeds),
            "strength": ("strength", grid, {"role": "tuned", "criterion": "validation_loss"}),
        },
        {"sample_dims": "seed"},
    )


def drawn_lines(ax, style="-"):
    """The lines of more than one point in that style, by label or number, as (x, y)."""
    return [
        (np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float))
        for line in ax.lines
        if line.get_linestyle() == style and len(line.get_xdata()) > 2
    ]


def legend(figure):
    """The words of the legend below a figure."""
    return [text.get_text() for each in figure.legends for text in each.get_texts()]
