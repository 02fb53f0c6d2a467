"""Draw test error against width from a finished run, as in a paper's figure.

ddspec run specs/quickstart.dd
python examples/width_curve.py runs/quickstart width_curve.png
"""

import sys

import matplotlib.pyplot as plt
import xarray as xr

import ddspec


def curve(risk: xr.Dataset) -> plt.Figure:
    """Mean test and train error over seeds at the last epoch, with one standard error."""
    final = risk.isel(epochs=-1)
    figure, axes = plt.subplots(figsize=(3.5, 2.6), layout="constrained")
    for name in ("test_error", "train_error"):
        mean = final[name].mean("seed")
        error = final[name].std("seed", ddof=1) / risk.sizes["seed"] ** 0.5
        axes.errorbar(risk.width, 100 * mean, 100 * error, label=name.replace("_", " "))
    fitted = risk.width.where(final.train_error.mean("seed") <= 0.01)
    axes.axvline(float(fitted.min()), color="gray", lw=0.8, ls=":", label="interpolation")
    axes.set(xscale="log", xlabel="width", ylabel="error (%)")
    axes.legend()
    return figure


if __name__ == "__main__":
    run, picture = sys.argv[1:]
    curve(ddspec.open(run)).savefig(picture, dpi=200)
