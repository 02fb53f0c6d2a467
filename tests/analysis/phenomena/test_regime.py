"""A model is critically parametrized for about as many samples as it can fit."""

import numpy as np
import xarray as xr

from ddspec.analysis.phenomena.regime import critical_regime

SAMPLES = (10, 100, 1_000)


def fitted(*rows, samples=SAMPLES):
    """Three seeds of training errors of models, a row each."""
    train = np.repeat(np.asarray(rows, float)[..., None], 3, axis=-1)
    ds = xr.Dataset({"train_error": (("width", "samples", "seed"), train)})
    return ds.assign_coords(samples=list(samples), width=np.arange(len(rows)))


def regimes(ds, **how):
    return critical_regime(ds, **how).regime.values.tolist()


def test_the_ratio_decides():
    found = critical_regime(fitted([0.0, 0.1, 0.5]))
    np.testing.assert_allclose(found.complexity_ratio, [[10, 1, 0.1]])
    assert found.regime.values.tolist() == [["over", "critical", "under"]]
    assert found.sure.all()


def test_the_critical_regime_may_be_wider():
    assert regimes(fitted([0.0, 0.1, 0.5]), factor=20.0) == [["critical"] * 3]


def test_beyond_the_axis_what_is_known_is_said():
    everything, nothing = [0.0, 0.0, 0.0], [0.3, 0.4, 0.5]
    samples = (100, 150, 1_000)
    assert regimes(fitted(everything, nothing, samples=samples)) == [
        ["over", "over", "critical or over"],
        ["under or critical", "under or critical", "under"],
    ]


def test_without_values_the_regime_is_unknown():
    found = critical_regime(fitted([np.nan] * 3))
    assert (found.regime == "unknown").all()
    assert not found.sure.any()


def test_an_interval_over_two_regimes_is_not_sure():
    ds = fitted([0.0, 0.1, 0.5])
    ds.train_error[0, 1] = [0.0, 0.1, 0.2]
    found = critical_regime(ds)
    assert found.regime.values.tolist() == [["over", "critical", "under"]]
    assert found.sure.values.tolist() != [[True] * 3]
