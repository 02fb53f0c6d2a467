"""Small datasets of risks over strengths, made by hand."""

import numpy as np
import xarray as xr


def swept(validation, test=None, strengths=(0.1, 1.0, 10.0), **axes):
    """Validation and test error over (*axes, seed, strength) from nested lists; no attributes."""
    validation = np.asarray(validation, float)
    test = validation if test is None else np.asarray(test, float)
    dims = (*axes, "seed", "strength")
    found = {"validation_error": (dims, validation), "test_error": (dims, test)}
    labels = {name: list(values) for name, values in axes.items()}
    return xr.Dataset(found, labels | {"strength": list(strengths)})


def marked(dataset, status):
    """The dataset with a status at every point: 1 is done, 0 missing, 5 excluded."""
    flags = {
        "flag_values": np.arange(6, dtype=np.int8),
        "flag_meanings": "missing done diverged failed stopped excluded",
    }
    found = np.broadcast_to(np.asarray(status, np.int8), dataset.test_error.shape)
    return dataset.assign(status=(dataset.test_error.dims, found, flags))


def luck(reps, seeds, share=0.01, samples=1_000, strengths=15, seed=0):
    """Errors of strengths whose best has 10 %, and those truths: (strengths,), a dataset.

    The luck of a seed, common to its strengths and of each, is in validation and test alike.
    """
    draws = np.random.default_rng(seed)
    grid = np.logspace(-4, 1, strengths)
    truth = 0.1 + 0.004 * (np.log10(grid) + 1.5) ** 2
    own = truth + share * draws.standard_normal((reps, seeds, strengths))
    own = np.clip(own + share * draws.standard_normal((reps, seeds, 1)), 0.001, 0.999)
    read = [draws.binomial(samples, own) / samples for _ in range(2)]
    return truth, swept(*read, strengths=grid, rep=range(reps))
