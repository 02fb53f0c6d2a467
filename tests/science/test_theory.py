"""What `theory` words say is what the pipeline measures, at every point of every grid."""

import numpy as np
import pytest
import xarray as xr

from ddspec import pipeline, publication

# Variances of the risk are finite where samples and features differ by 4 or more.
TEXT = """dd 1

dataset plain = linear_gaussian(samples: 24, features: p, noise_std: 0.5, test: 400)
dataset weak = linear_gaussian(samples: 24, features: 60, noise_std: 0.5, test: 400)
dataset many = linear_gaussian(samples: n, features: 30, noise_std: 0.5, test: 400)
dataset uneven = linear_gaussian(samples: n, features: 60, noise_std: 0.3, covariance: power,
                                 decay: 1.2, alignment: 0.5, unseen: 20, test: 400)
dataset wide = linear_gaussian(samples: 240, features: 80, noise_std: 0.3, test: 400)
dataset clouds = gaussian_mixture(samples: 20, features: p, mean_norm: 1.5, test: 400,
                                  label_noise: noise)
dataset white = linear_gaussian(samples: 800, features: 4, noise_std: 0.1, test: 400)

train descent {
  optimizer: gd(lr: 0.1)
  loss:      mse
  batch:     full
  for:       100 epochs
}

train slow = descent with {
  optimizer: gd(lr: 0.03)
  for:       200 epochs
}

experiment least_norm {
  dataset:      plain
  architecture: linear()
  train:        least_squares()
  sweep {
    p    in {6, 16, 32, 96}
    seed in 0..<60
  }
  theory { exact: ridgeless() }
}

experiment weak_features amends least_norm {
  dataset:      weak
  architecture: linear(features: p)
  sweep { p in {6, 18, 32, 60} }
  theory { exact: belkin_hsu_xu() }
}

experiment ridge {
  dataset:      many
  architecture: linear()
  regularizer:  l2(strength)
  train:        least_squares()
  sweep {
    n        in {15, 30, 60} samples
    strength in {0.02, 0.2, 2}
    seed     in 0..<40
  }
  theory {
    exact: ridge_regression(law: finite)
    limit: ridge_regression()
  }
}

experiment best_ridge amends ridge {
  regularizer: l2(2 * strength * 30 * 0.25 / n)
  sweep { strength in {1} }
  theory {
    limit: ridge_regression(optimal: true)
    exact: ridge_regression(optimal: true, law: finite)
  }
}

experiment early_stopping {
  dataset:      many
  architecture: linear()
  regularizer:  l2(strength)
  train:        descent
  sweep {
    n        in {15, 40} samples
    strength in {0, 0.3}
    epochs   in {0, 1, 2, 5, 10, 20, 50, 100}
    seed     in 0..<30
  }
  theory {
    exact: least_squares_descent(law: finite)
    limit: least_squares_descent()
  }
}

experiment unequal {
  dataset:      uneven
  architecture: linear(features: seen)
  regularizer:  l2(strength)
  train:        least_squares()
  sweep {
    n        in {30, 120} samples
    seen     in {20, 60}
    strength in {0.005, 0.1}
    seed     in 0..<40
  }
  theory { exact: general_covariance() }
}

experiment features {
  dataset:      wide
  architecture: random_features(features: count, activation: g, weights: sphere)
  regularizer:  l2(strength)
  train:        least_squares()
  sweep {
    count    in {60, 180, 480}
    g        in {relu, tanh}
    strength in {0.001, 0.05}
    seed     in 0..<12
  }
  theory { exact: mei_montanari() }
}

experiment mixture {
  dataset:      clouds
  architecture: linear()
  train:        least_squares()
  sweep {
    p     in {4, 10, 20, 60}
    noise in {none, wrong(15%)}
    seed  in 0..<60
  }
  theory { exact: mixture_min_norm() }
}

experiment modes {
  dataset:      white
  architecture: deep_linear(depth: 2, width: 10, init: gaussian, std: 0.01)
  regularizer:  l2(strength)
  train:        slow
  sweep {
    strength in {0, 0.4}
    epochs   in {0, 40, 70, 85, 100, 130, 200}
    seed     in 0..<20
  }
  theory { exact: saxe() }
}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("theory")


@pytest.fixture(scope="module")
def datasets(folder):
    (folder / "theory.dd").write_text(TEXT)
    assert not pipeline.check(str(folder / "theory.dd"))[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publication, "draw_all", lambda *_: {})  # nine figures take long
        return pipeline.run(str(folder / "theory.dd"), folder / "out", local=True).datasets


EXPERIMENTS = (
    *("least_norm", "weak_features", "ridge", "best_ridge", "early_stopping"),
    *("unequal", "features", "mixture", "modes"),
)
NAMES = ("exact", "limit")
RISKS = ("test_loss", "train_loss", "test_error")


def scores(dataset, quantity, name, factor=1.0):
    """How many standard errors the mean over seeds is from the theory, at every point."""
    measured = dataset[quantity].astype("f8")
    error = measured.std("seed", ddof=1) / np.sqrt(measured.sizes["seed"])
    off = measured.mean("seed") - factor * dataset[f"{name}_{quantity}"]
    still = error < 1e-6  # nothing varies: both are the same number
    assert (abs(off.where(still)).fillna(0) < 1e-5).all()
    return (off / error).where(~still)


def compared(dataset):
    """The quantities that are measured and have a theory, with its name."""
    return [(q, n) for q in RISKS for n in NAMES if {q, f"{n}_{q}"} <= set(dataset.data_vars)]


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_what_is_measured_is_expected_within_three_standard_errors(datasets, experiment):
    dataset = datasets[experiment]
    assert compared(dataset)
    for quantity, name in compared(dataset):
        score = scores(dataset, quantity, name)
        assert score.notnull().sum() >= 2
        assert abs(score).max() < 3, (quantity, name, score.to_series())


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_a_theory_that_is_a_quarter_off_would_be_seen(datasets, experiment):
    dataset = datasets[experiment]
    quantity, name = compared(dataset)[0]
    for factor in (0.75, 1.25):
        assert abs(scores(dataset, quantity, name, factor)).max() > 3


def test_there_was_a_score_for_every_theory(datasets):
    assert set(datasets) == set(EXPERIMENTS)


def test_plain_xarray_sees_a_theory_beside_what_was_measured(datasets, folder):
    with xr.open_dataset(folder / "out" / "ridge.nc") as found:
        assert set(found.data_vars) == set(datasets["ridge"].data_vars)
        assert found.exact_test_loss.dims == ("n", "strength")
        assert found.test_loss.dims == ("n", "strength", "seed")
        assert found.exact_test_loss.attrs["theory"].startswith("ridge_regression(")
        assert "Dobriban & Wager" in found.exact_test_loss.attrs["source"]
        assert "findings" in found.attrs


def test_a_theory_of_training_has_the_trajectory(datasets):
    assert datasets["early_stopping"].exact_test_loss.dims == ("n", "strength", "epochs")
    assert datasets["modes"].exact_test_loss.dims == ("strength", "epochs")


ORTHOGONAL = """dd 1
experiment scales {
  dataset:      npz("scales.npz", shape: [34], samples: 60, test: 60, test_inputs: x,
                    test_targets: tested)
  architecture: linear()
  train:        gradient_descent(gd(lr: 0.05), mse, full, 1_000 epochs, float64)
  sweep { epochs in {0, 3, 10, 30, 100, 300, 1_000} }
  theory {
    exact: orthogonal_descent(variances: [1, 0.04], sizes: [30, 4], signals: [1, 40],
                              noise_variance: 1)
  }
}
"""


def test_descent_on_two_scales_is_exact_where_the_noise_has_its_expected_size(tmp_path):
    """Noise of one standard deviation along each direction, half of them against the signal."""
    variances, squares = np.repeat([1, 0.04], [30, 4]), np.repeat([1 / 30, 40 / 4], [30, 4])
    basis, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((60, 60)))
    x = basis[:, :34] * np.sqrt(60 * variances)
    noise = basis[:, :34] @ np.tile([1, -1], 17) + np.sqrt(60 - 34) * basis[:, 34]
    signal = x @ np.sqrt(squares)
    tested = signal + np.sqrt(60) * basis[:, 35]
    np.savez(tmp_path / "scales.npz", x=x, y=signal + noise, tested=tested)
    (tmp_path / "scales.dd").write_text(ORTHOGONAL)
    outcome = pipeline.run(str(tmp_path / "scales.dd"), tmp_path / "out", data=tmp_path, local=True)
    dataset = outcome.datasets["scales"]
    for quantity in ("test_loss", "train_loss"):
        expected = dataset[f"exact_{quantity}"].values
        assert dataset[quantity].values == pytest.approx(expected, rel=1e-5)
