"""The formulas of theories: against simulations, independent integrals, and each other in limits.

Simulated values and their standard errors were made once, with numpy alone, from draws of the
models themselves.
"""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import ndtr

from ddspec.vocabulary.equivalent import equivalent, expected_squares
from ddspec.vocabulary.featured import moments
from ddspec.vocabulary.spectral import marchenko_pastur, resolvent, wishart
from ddspec.vocabulary.theories.belkin_hsu_xu import BelkinHsuXu
from ddspec.vocabulary.theories.general_covariance import GeneralCovariance
from ddspec.vocabulary.theories.least_squares_complexity import LeastSquaresComplexity
from ddspec.vocabulary.theories.least_squares_descent import LeastSquaresDescent
from ddspec.vocabulary.theories.mei_montanari import MeiMontanari
from ddspec.vocabulary.theories.mixture_min_norm import MixtureMinNorm
from ddspec.vocabulary.theories.orthogonal_descent import OrthogonalDescent
from ddspec.vocabulary.theories.ridge_regression import RidgeRegression
from ddspec.vocabulary.theories.ridgeless import Ridgeless
from ddspec.vocabulary.theories.saxe import Saxe

PLAIN = {"signal": 1.0, "noise_variance": 0.25}


def ridge(strength, samples=200, features=100, **more):
    word = RidgeRegression(samples=samples, features=features, strength=strength, **PLAIN | more)
    return word.risks(())


def descent(points, samples=200, features=160, **more):
    plain = {"signal": 1.0, "noise_variance": 1.0, "lr": 0.05, "strength": 0.0}
    plain |= {"updates": 1, "length": 0}
    word = LeastSquaresDescent(samples=samples, features=features, **plain | more)
    return word.risks(points)


# --- least norm -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("features", "excess", "error", "train"),
    [(2, 0.013778, 2.3e-4, 0.23848), (10, 0.08617, 7.4e-4, 0.18781), (20, 0.2645, 2.1e-3, 0.12458),
     (34, 1.7289, 0.023, 0.037294), (46, 2.1557, 0.029, 0), (60, 0.85792, 3.7e-3, 0),
     (200, 0.8636, 9.6e-4, 0)],
)  # fmt: skip
def test_ridgeless_is_what_was_simulated(features, excess, error, train):
    found = Ridgeless(samples=40, features=features, **PLAIN).risks(())
    assert abs(found["test_loss"] - 0.25 - excess) < 3 * error
    assert found["train_loss"] == pytest.approx(train, abs=2e-3)
    assert found["test_loss"] == pytest.approx(0.25 + found["bias"] + found["variance"])


@pytest.mark.parametrize("features", [39, 40, 41])
def test_ridgeless_has_no_expectation_at_the_threshold(features):
    word = Ridgeless(samples=40, features=features, **PLAIN)
    assert word.risks(())["test_loss"] == np.inf
    noiseless = Ridgeless(samples=40, features=features, signal=1.0, noise_variance=0.0)
    assert noiseless.risks(())["test_loss"] == pytest.approx(max(0, 1 - 40 / features))


@pytest.mark.parametrize("ratio", [0.2, 0.9, 1.1, 3.0])
def test_ridgeless_has_the_limit_of_hastie_et_al(ratio):
    n = 10**6
    found = Ridgeless(samples=n, features=int(ratio * n), **PLAIN).risks(())
    above = (1 - 1 / ratio) + 0.25 / (ratio - 1)
    limit = 0.25 * ratio / (1 - ratio) if ratio < 1 else above
    assert found["test_loss"] - 0.25 == pytest.approx(limit, rel=1e-4)


@pytest.mark.parametrize(
    ("features", "test", "error"),
    [(2, 1.0759, 1.2e-3), (20, 1.7162, 8.1e-3), (34, 5.4297, 0.075), (46, 5.3518, 0.082),
     (60, 1.565, 8.1e-3), (100, 0.66831, 1.3e-3)],
)  # fmt: skip
def test_belkin_hsu_xu_is_what_was_simulated(features, test, error):
    word = BelkinHsuXu(samples=40, features=features, inputs=100, signal=1.0, noise_variance=0.04)
    assert abs(word.risks(())["test_loss"] - test) < 3 * error


def test_belkin_hsu_xu_with_all_inputs_is_ridgeless():
    word = BelkinHsuXu(samples=40, features=60, inputs=60, **PLAIN)
    assert word.risks(()) == Ridgeless(samples=40, features=60, **PLAIN).risks(())


def test_more_inputs_than_there_are_cannot_be_seen():
    assert BelkinHsuXu(features=120, inputs=100).impossible
    assert not BelkinHsuXu(features=100, inputs=100).impossible


@pytest.mark.parametrize(("epsilon", "samples"), [(0.05, 21.114), (0.3, 28.796), (0.5, 39.719)])
def test_least_squares_complexity_is_what_isotonic_fits_found(epsilon, samples):
    word = LeastSquaresComplexity(features=20, noise_variance=1.0, epsilon=epsilon)
    assert word.risks(())["effective_complexity"] == pytest.approx(samples, rel=0.01)


def test_nothing_limits_the_complexity_at_the_noise():
    word = LeastSquaresComplexity(features=20, noise_variance=1.0, epsilon=1.0)
    assert word.risks(())["effective_complexity"] == np.inf


# --- ridge ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("features", "penalty", "excess", "error", "train", "within"),
    [(20, 0.05, 0.028041, 2.4e-4, 0.22777, 6.2e-4), (100, 0.05, 0.19281, 9e-4, 0.13035, 4.6e-4),
     (180, 0.01, 0.98293, 4.8e-3, 0.029388, 2.1e-4), (400, 0.05, 0.71256, 1.2e-3, 0.00202, 1e-5),
     (800, 1.0, 0.80926, 5.3e-4, 0.058978, 1.6e-4)],
)  # fmt: skip
def test_ridge_is_what_was_simulated(features, penalty, excess, error, train, within):
    """Penalties were (lambda)|w|^2 on the mean squared error: `l2` has twice their strength."""
    finite = ridge(2 * penalty, features=features, law="finite")
    limit = ridge(2 * penalty, features=features)
    assert abs(finite["test_loss"] - 0.25 - excess) < 3 * error + 1e-3 * excess
    assert limit["test_loss"] == pytest.approx(finite["test_loss"], rel=5e-3)
    assert abs(limit["train_loss"] - train) < 3 * within + 2e-3 * train


@pytest.mark.parametrize(("ratio", "penalty"), [(0.3, 0.1), (1.0, 0.01), (2.5, 0.4), (0.999, 1e-3)])
def test_the_resolvent_is_an_integral_over_the_marchenko_pastur_law(ratio, penalty):
    low, high = (1 - ratio**0.5) ** 2, (1 + ratio**0.5) ** 2

    def density(angle):
        s = (low + high) / 2 + (high - low) / 2 * np.cos(angle)
        return s, ((high - low) / 2 * np.sin(angle)) ** 2 / (2 * np.pi * ratio * s)

    for power, found in zip((1, 2), resolvent(penalty, ratio), strict=True):
        smooth = quad(
            lambda a, k=power: density(a)[1] / (density(a)[0] + penalty) ** k, 0, np.pi, limit=500
        )[0]
        assert found == pytest.approx(smooth + max(0, 1 - 1 / ratio) / penalty**power, rel=1e-6)


@pytest.mark.parametrize("ratio", [0.3, 1.0, 2.5])
def test_laws_of_eigenvalues_have_mean_and_square(ratio):
    limit, drawn = marchenko_pastur(ratio), wishart(40, int(40 * ratio))
    for law, correction, within in ((limit, 0, 1e-6), (drawn, 1 / 40, 0.01)):
        assert law.weights.sum() + law.zero == pytest.approx(1)
        assert law.at @ law.weights == pytest.approx(1, rel=within)
        square = 1 + law.ratio + correction  # E tr W^2 / d of a real Wishart matrix
        assert law.at**2 @ law.weights == pytest.approx(square, rel=2 * within)


@pytest.mark.parametrize("features", [60, 150, 400])
@pytest.mark.parametrize("law", ["limit", "finite"])
def test_a_weak_ridge_is_nearly_ridgeless_and_a_strong_one_forgets(features, law):
    weak = ridge(1e-7, features=features, law=law)
    exact = Ridgeless(samples=200, features=features, **PLAIN).risks(())
    assert weak["test_loss"] == pytest.approx(exact["test_loss"], rel=0.02)
    assert ridge(1e7, features=features, law=law)["test_loss"] == pytest.approx(1.25, rel=1e-4)
    assert ridge(0.0, features=features, law=law) == exact


@pytest.mark.parametrize("law", ["limit", "finite"])
@pytest.mark.parametrize("features", [40, 100, 300])
def test_the_optimal_strength_is_the_best(features, law):
    best = ridge(0.0, features=features, optimal=True, law=law)["test_loss"]
    strength = 2 * 0.25 * features / 200
    assert best == pytest.approx(ridge(strength, features=features, law=law)["test_loss"])
    for factor in (0.5, 0.9, 1.1, 2):
        other = ridge(factor * strength, features=features, law=law)["test_loss"]
        assert other > best - (0 if law == "limit" else 2e-4)


def test_the_optimal_ridge_never_rises_with_samples_and_the_least_norm_does():
    counts = range(10, 400, 10)
    tuned = [ridge(0.0, samples=n, optimal=True)["test_loss"] for n in counts]
    assert (np.diff(tuned) < 0).all()
    least = [ridge(0.0, samples=n)["test_loss"] for n in counts if abs(n - 100) > 1]
    assert (np.diff(least) > 0).any()


def test_without_a_signal_the_best_is_to_predict_nothing():
    found = ridge(0.0, signal=0.0, optimal=True)
    assert found["test_loss"] == found["train_loss"] == 0.25


# --- gradient descent --------------------------------------------------------------------------

STEPS = [0, 2, 5, 10, 20, 50, 100, 300]
SIMULATED = [1, 0.7204, 0.59027, 0.57423, 0.67427, 1.0181, 1.4524, 2.4201]
ERRORS = [1e-12, 2.4e-3, 3.3e-3, 4e-3, 5.4e-3, 9e-3, 0.014, 0.029]


@pytest.mark.parametrize("law", ["limit", "finite"])
def test_descent_is_what_was_simulated_at_every_step(law):
    """Simulated on half the squared error at rate 0.1: on the whole one that is 0.05."""
    off = np.abs(descent(STEPS, law=law)["test_loss"] - 1 - SIMULATED)
    assert (off < 3 * np.array(ERRORS)).all()


@pytest.mark.parametrize("features", [50, 400])
def test_descent_ends_at_the_ridge(features):
    ends = descent([200_000], features=features, strength=0.2)
    found = ridge(0.2, features=features, noise_variance=1.0)
    for name in ("test_loss", "train_loss", "bias", "variance"):
        assert ends[name][0] == pytest.approx(found[name], rel=1e-5)


def test_epochs_of_minibatches_have_several_updates_and_no_points_mean_the_end():
    four = descent([5], updates=4)["test_loss"]
    assert four == descent([20])["test_loss"]
    assert descent([], length=20)["test_loss"] == four


def test_too_high_a_rate_diverges():
    assert not np.isfinite(descent([20_000], lr=2.0)["test_loss"]).any()


def test_two_scales_descend_twice():
    """The values were simulated; the excess over 4 falls, rises and falls again."""
    word = OrthogonalDescent(
        samples=400, variances=(1.0, 0.01), sizes=(200, 20), signals=(2.0, 300.0),
        noise_variance=4.0, lr=0.025, updates=1, length=0,
    )  # fmt: skip
    found = word.risks([0, 5, 20, 60, 120, 250, 600, 1500, 4000, 20_000])
    simulated = [9, 8.2849, 8.0223, 8.6537, 8.6575, 8.3439, 7.6651, 6.7312, 6.2115, 6.2072]
    assert np.abs(found["test_loss"] - simulated).max() < 0.01
    assert found["train_loss"][0] == pytest.approx(9)
    assert found["train_loss"][-1] == pytest.approx(4 * (1 - 220 / 400), rel=1e-3)


def test_one_block_of_variance_one_is_descent_on_equal_eigenvalues():
    word = OrthogonalDescent(
        samples=400, variances=(1.0,), sizes=(4,), signals=(1.0,), noise_variance=1.0,
        lr=0.05, updates=1, length=0,
    )  # fmt: skip
    found = descent([0, 3, 30], samples=400_000, features=4_000)["test_loss"]
    assert word.risks([0, 3, 30])["test_loss"] == pytest.approx(found, rel=0.02)


def test_blocks_have_one_length_and_fit_into_the_samples():
    values = {"variances": (1.0, 2.0), "signals": (1.0, 1.0), "noise_variance": 1.0}
    assert OrthogonalDescent(sizes=(3,), **values).impossible
    assert OrthogonalDescent(samples=5, sizes=(3, 3), **values).impossible
    assert not OrthogonalDescent(samples=6, sizes=(3, 3), **values).impossible


# --- general covariance ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("exponent", "other", "samples", "penalty", "simulated", "error"),
    [(1.5, 2.0, 100, 1e-3, 0.03136, 1.7e-4), (1.5, 2.0, 400, 1e-3, 0.018156, 3.8e-5),
     (1.5, 2.0, 300, 0.0, 0.02895, 1.2e-4), (0.5, 1.5, 300, 1e-2, 0.088498, 4.4e-4)],
)  # fmt: skip
def test_the_equivalent_is_what_was_simulated(exponent, other, samples, penalty, simulated, error):
    place = np.arange(1, 601)
    variances = place**-exponent
    squares = place**-other / variances
    squares /= (squares * variances).sum()
    test, train = equivalent(variances, squares, samples, 0.01, penalty)
    assert abs(test - simulated) < 3 * error + 0.01 * simulated
    assert 0 <= train < test


@pytest.mark.parametrize(("samples", "features"), [(200, 80), (200, 500)])
def test_equal_variances_are_isotropic(samples, features):
    word = GeneralCovariance(
        samples=samples, features=features, inputs=features, covariance="isotropic", decay=1.0,
        alignment=0.0, strength=0.1, **PLAIN,
    )  # fmt: skip
    found, plain = word.risks(()), ridge(0.1, samples=samples, features=features)
    for name in ("test_loss", "train_loss"):
        assert found[name] == pytest.approx(plain[name], rel=1e-9)


@pytest.mark.parametrize(("samples", "features"), [(20, 40), (40, 20), (40, 40), (40, 39)])
def test_inputs_that_are_not_seen_are_noise(samples, features):
    word = GeneralCovariance(
        samples=samples, features=features, inputs=60, covariance="isotropic", decay=1.0,
        alignment=0.0, strength=0.0, **PLAIN,
    )  # fmt: skip
    weak = BelkinHsuXu(samples=samples, features=features, inputs=60, **PLAIN).risks(())
    assert word.risks(())["test_loss"] == pytest.approx(weak["test_loss"], rel=0.03)
    assert word.risks(())["train_loss"] == pytest.approx(weak["train_loss"], abs=1e-9)


def test_squares_of_a_random_direction_are_what_was_drawn():
    weights = np.array([4.0, 1.0, 1.0, 0.1])
    drawn = np.random.default_rng(0).standard_normal((100_000, 4)) * np.sqrt(weights)
    shares = (drawn**2 / (drawn**2).sum(axis=1, keepdims=True)).mean(axis=0)
    assert expected_squares(weights) == pytest.approx(shares, abs=4e-3)
    assert expected_squares(np.ones(7)) == pytest.approx(np.full(7, 1 / 7))


# --- random features -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wide", "many", "penalty", "simulated", "error"),
    [(0.5, 3, 1e-8, 0.82163, 5.7e-3), (1.5, 3, 1e-8, 0.73433, 8.9e-3),
     (4, 3, 1e-8, 0.78915, 9.1e-3), (6, 3, 1e-8, 0.30481, 3.1e-3), (12, 3, 1e-8, 0.14265, 1.2e-3),
     (3, 3, 1e-2, 0.35447, 3e-3), (6, 2, 1e-2, 0.25093, 2.3e-3), (6, 1, 0.1, 0.50011, 5.4e-3)],
)  # fmt: skip
def test_mei_montanari_is_what_was_simulated(wide, many, penalty, simulated, error):
    """Simulated with 200 inputs and a penalty of N/d lambda |a|^2; asymptotics are 1 % off."""
    word = MeiMontanari(
        samples=200 * many, inputs=200, features=int(200 * wide), activation="relu",
        strength=2 * wide * penalty, signal=1.0, noise_variance=0.1,
    )  # fmt: skip
    assert abs(word.risks(())["test_loss"] - 0.1 - simulated) < 3 * error


def test_random_features_have_no_expectation_where_they_just_fit():
    values = {"samples": 300, "inputs": 100, "activation": "relu", **PLAIN}
    at, beyond = (MeiMontanari(features=n, strength=0.0, **values).risks(()) for n in (300, 900))
    assert at["test_loss"] == np.inf
    assert beyond["train_loss"] == 0
    few = MeiMontanari(features=100, strength=0.0, **values).risks(())
    assert few["train_loss"] == pytest.approx((1 - 100 / 300) ** 2 * few["test_loss"])
    weak = MeiMontanari(features=900, strength=1e-9, **values).risks(())
    assert weak["test_loss"] == pytest.approx(beyond["test_loss"], rel=1e-4)


def test_moments_of_activations_are_those_in_print():
    assert moments("relu") == pytest.approx((0.5, 0.25 - 1 / (2 * np.pi)))
    assert moments("identity") == pytest.approx((1, 0), abs=1e-9)
    assert moments("quadratic") == pytest.approx((0, 2), abs=1e-9)
    assert moments("erf")[0] == pytest.approx(1 / np.sqrt(np.pi))
    assert moments("step") == pytest.approx((1 / np.sqrt(2 * np.pi), 0.25 - 1 / (2 * np.pi)))


def test_linear_features_have_a_theory_of_their_own():
    assert MeiMontanari(activation="identity").impossible


# --- mixture -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("noise", "features", "simulated", "error"),
    [(0.0, 5, 0.082476, 2.2e-4), (0.0, 40, 0.43873, 1.3e-3), (0.0, 80, 0.2194, 6e-4),
     (0.1, 5, 0.111, 6.6e-4), (0.1, 38, 0.42164, 1.1e-3), (0.1, 42, 0.42473, 1.1e-3),
     (0.1, 200, 0.28839, 7.3e-4)],
)  # fmt: skip
def test_the_mixture_is_what_was_simulated(noise, features, simulated, error):
    word = MixtureMinNorm(
        samples=40, features=features, mean_norm=1.5, label_noise=noise, count="bernoulli"
    )
    found = word.risks(())
    assert abs(found["test_error"] - simulated) < 3 * error + 2e-4
    assert found["bayes_error"] == pytest.approx(ndtr(-1.5))
    assert (found["train_error"] == 0) == (features >= 40)


def test_one_feature_has_the_error_of_the_best_rule():
    word = MixtureMinNorm(
        samples=40, features=1, mean_norm=1.5, label_noise=0.0, count="exact"
    ).risks(())
    assert word["test_error"] == pytest.approx(ndtr(-1.5), abs=1e-6)


def test_the_mixture_has_the_limit_of_discriminant_analysis():
    values = {"samples": 3_000, "mean_norm": 1.5, "label_noise": 0.0, "count": "exact"}
    below, above = (MixtureMinNorm(features=d, **values).risks(()) for d in (1_200, 9_000))
    limit = ndtr(-(1.5**2) * np.sqrt(1 - 0.4) / np.sqrt(1.5**2 + 0.4))
    assert below["test_error"] == pytest.approx(limit, rel=3e-3)
    inverse = 1 / (3 - 1)  # of features over samples, less 1
    along = inverse * 1.5 / (1 + inverse * (1 + 1.5**2))
    across = inverse * (1 - 3 * along + (1 + 1.5**2) * along**2)
    limit = ndtr(-1.5 * along / np.sqrt(along**2 + across))
    assert above["test_error"] == pytest.approx(limit, rel=3e-3)


# --- deep linear networks ------------------------------------------------------------------------


def saxe(points, **more):
    values = {"modes": (3.0, 1.5, 0.5), "start": 1e-3, "layers": 2, "units": 0, "strength": 0.0}
    values |= {"noise_variance": 0.0, "lr": 5e-4, "updates": 1, "length": 0}
    return Saxe(**values | more).risks(points)["test_loss"]


def test_modes_are_learned_as_gradient_descent_learned_them():
    """Half the loss of descent on half the squared error at rate 0.001."""
    found = saxe([0, 500, 1000, 1500, 2000, 3000, 4000, 6000, 8000]) / 2
    descended = [5.745, 5.6831, 4.7223, 1.4563, 0.82248, 0.14306, 0.10167, 0.038256, 0.0025726]
    assert found == pytest.approx(descended, rel=6e-3)


@pytest.mark.parametrize("strength", [0.0, 0.8, 2.0])
def test_weight_decay_is_a_soft_threshold_of_singular_values(strength):
    ends = saxe([10**6], strength=strength)
    kept = np.maximum(np.array([3, 1.5, 0.5]) - strength / 2, 0)
    assert ends[0] == pytest.approx(((np.array([3, 1.5, 0.5]) - kept) ** 2).sum(), abs=1e-3)


def test_two_layers_of_any_depth_are_two_layers():
    """The closed form solves the equation that other depths are integrated by."""
    from ddspec.vocabulary.modes import _flow, learned

    times = np.array([0.0, 1.0, 0.3, 5.0])
    assert _flow(times, 1.5, 1e-2, 2) == pytest.approx(learned(times, 1.5, 1e-2, 2, 0)[0], rel=1e-5)
    shallow = learned(times, 1.5, 1e-2, 1, 0)[0]
    assert shallow == pytest.approx(1.5 - 1.49 * np.exp(-times), rel=1e-6)
    assert learned(times, 1.5, 1e-2, 3, 0)[0, 0] == pytest.approx(1e-2)


def test_random_starts_are_averaged_over():
    narrow, wide = saxe([1200], units=2), saxe([1200], units=10_000)
    assert wide == pytest.approx(saxe([1200]), rel=1e-3)
    assert narrow > wide


def test_decay_is_known_for_two_layers_only():
    assert Saxe(layers=3, strength=0.1).impossible
    assert not Saxe(layers=2, strength=0.1).impossible


# --- of all --------------------------------------------------------------------------------------

SIZES = st.integers(1, 60)
POSITIVE = st.floats(0, 10)


@settings(max_examples=40, deadline=None)
@given(SIZES, SIZES, POSITIVE, POSITIVE, POSITIVE, st.sampled_from(["limit", "finite"]))
@example(1, 1, 1e-300, 1.0, 0.0, "limit")  # an optimal strength whose square is out of range
@example(1, 1, 1e-300, 1.0, 0.0, "finite")
def test_no_numbers_break_a_linear_theory(samples, features, signal, noise, strength, law):
    values = {
        "samples": samples, "features": features, "signal": signal, "noise_variance": noise,
    }  # fmt: skip
    uneven = {"covariance": "power", "decay": 1.0, "alignment": 0.5}
    words = [
        Ridgeless(**values),
        RidgeRegression(**values, strength=strength, law=law),
        RidgeRegression(**values, optimal=True, strength=0.0, law=law),
        GeneralCovariance(**values, **uneven, inputs=features + 3, strength=strength),
        MeiMontanari(**values, inputs=20, activation="tanh", strength=strength),
    ]
    for word in words:
        found = word.risks(())
        assert set(found) == set(word.gives)
        assert found["test_loss"] >= min(noise, noise * (1 - 1e-9))
        assert found["train_loss"] >= -1e-9
