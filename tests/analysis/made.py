"""Small datasets of risk made by hand."""

import numpy as np
import xarray as xr

MEANINGS = "missing done diverged failed stopped excluded"


def risks(train, test=None, widths=(2, 4, 8, 16), **axes):
    """train and test error over (*axes, width, seed) from nested lists, read at the end."""
    train = np.asarray(train, np.float32)
    test = train if test is None else np.asarray(test, np.float32)
    dims = (*axes, "width", "seed")
    return xr.Dataset(
        {
            "train_error": (dims, train),
            "test_error": (dims, test),
            "status": (
                dims,
                np.ones(train.shape, np.int8),
                {"flag_values": np.arange(6, dtype=np.int8), "flag_meanings": MEANINGS},
            ),
        },
        {
            **{name: (name, list(labels), {"role": "design"}) for name, labels in axes.items()},
            "width": ("width", list(widths), {"units": "1", "role": "design"}),
            "seed": ("seed", np.arange(train.shape[-1]), {"role": "replicate"}),
        },
        {"sample_dims": "seed"},
    )


def read_at(dataset, points=(1, 10), early=7.0):
    """The same risks as the last of several readings; earlier ones are `early`."""
    along = xr.DataArray(
        list(points), dims="epochs", attrs={"role": "trajectory", "units": "epochs"}
    )
    found = dataset.copy()
    for name in ("train_error", "test_error"):
        last = dataset[name].expand_dims(epochs=along, axis=-1)
        found[name] = last.where(last.epochs == points[-1], np.float32(early))
    return found.assign_coords(epochs=along)
