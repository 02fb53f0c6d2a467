"""Generated data sets: what their formulas say of them, by hand or by scipy."""

import numpy as np
import pytest
import torch
from scipy import special, stats

from ddspec.vocabulary.datasets.block_model import BlockModel, normalized
from ddspec.vocabulary.datasets.gaussian_mixture import GaussianMixture
from ddspec.vocabulary.datasets.latent import Latent
from ddspec.vocabulary.datasets.linear_gaussian import LinearGaussian
from ddspec.vocabulary.datasets.polynomial_regression import PolynomialRegression
from ddspec.vocabulary.datasets.sparse_parity import SparseParity
from ddspec.vocabulary.datasets.spurious import Spurious
from ddspec.vocabulary.datasets.teacher_student import TeacherStudent

MANY = {"samples": 20_000, "test": 50}
DRAWN = [
    LinearGaussian(samples=30, test=20, validation=6, features=5, noise_std=0.5),
    GaussianMixture(samples=30, test=20, validation=6, features=5, components=3, imbalance=4.0),
    TeacherStudent(samples=30, test=20, validation=6, features=5, hidden=3, noise_std=0.1),
    PolynomialRegression(samples=30, test=20, validation=6, noise_std=0.1),
    SparseParity(samples=30, test=20, validation=6, bits=9, sparsity=3),
    Spurious(samples=30, test=20, validation=6, core=3, spurious=2, noise=4),
    Latent(samples=30, test=20, validation=6, features=5, factors=2),
]


def arrays(pool):
    names = [f"{use}_{what}" for use in ("train", "validation", "test") for what in PARTS]
    return {name: getattr(pool, name) for name in names}


PARTS = ("inputs", "targets", "groups")


def evolve(dataset, **changes):
    import attrs

    return attrs.evolve(dataset, **changes)


# --- all of them -------------------------------------------------------------------------------


@pytest.mark.parametrize("dataset", DRAWN, ids=lambda dataset: dataset.name())
def test_fewer_samples_are_the_first_of_more(dataset):
    many = arrays(dataset.pool(4, None))
    few = arrays(evolve(dataset, samples=11, validation=2, test=20).pool(4, None))
    for name, whole in many.items():
        if whole is not None:
            assert np.array_equal(few[name], whole[: len(few[name])]), name


@pytest.mark.parametrize("dataset", DRAWN, ids=lambda dataset: dataset.name())
def test_a_pool_is_a_function_of_its_seed_and_uses_have_their_own_draws(dataset):
    one, again, other = (dataset.pool(seed, None) for seed in (0, 0, 1))
    assert np.array_equal(one.train_inputs, again.train_inputs)
    assert np.array_equal(one.train_targets, again.train_targets)
    assert not np.array_equal(one.train_inputs, other.train_inputs)
    assert not np.array_equal(one.train_inputs[:6], one.validation_inputs)
    assert not np.array_equal(one.train_inputs[:20], one.test_inputs)


@pytest.mark.parametrize("dataset", DRAWN, ids=lambda dataset: dataset.name())
def test_inputs_and_targets_are_as_the_word_says(dataset):
    pool = dataset.pool(0, None)
    assert pool.train_inputs.shape == (30, dataset.inputs)
    targets = pool.train_targets
    if dataset.classes is None:
        assert targets.dtype == np.float64
        assert targets.size == 30 * dataset.outputs
    else:
        assert targets.dtype == np.int64
        assert 0 <= targets.min() <= targets.max() < dataset.classes


# --- linear_gaussian ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "variances"),
    [
        ({}, [1, 1, 1, 1]),
        ({"covariance": "geometric", "decay": 0.5}, [1, 1 / 2, 1 / 4, 1 / 8]),
        ({"covariance": "power", "decay": 2.0}, [1, 1 / 4, 1 / 9, 1 / 16]),
    ],
)
def test_inputs_have_the_variances_of_the_covariance(settings, variances):
    inputs = LinearGaussian(**MANY, features=4, **settings).pool(0, None).train_inputs
    assert np.allclose(np.cov(inputs.T), np.diag(variances), atol=0.04)


def test_other_covariances_scale_the_same_draws():
    plain = LinearGaussian(samples=9, test=1, features=3).pool(2, None)
    scaled = LinearGaussian(samples=9, test=1, features=3, covariance="geometric", decay=0.25)
    assert np.allclose(scaled.pool(2, None).train_inputs, plain.train_inputs * [1, 0.5, 0.25])


def test_unseen_inputs_generate_targets_and_are_not_shown():
    whole = LinearGaussian(samples=9, test=1, features=7).pool(2, None)
    part = LinearGaussian(samples=9, test=1, features=3, unseen=4).pool(2, None)
    assert np.array_equal(part.train_inputs, whole.train_inputs[:, :3])
    assert np.array_equal(part.train_targets, whole.train_targets)


def coefficients(**settings):
    pool = LinearGaussian(samples=60, test=1, features=20, **settings).pool(3, None)
    return np.linalg.lstsq(pool.train_inputs, pool.train_targets, rcond=None)[0]


def test_a_sparse_teacher_has_so_many_coefficients():
    found = coefficients(active=5, signal_norm=2.0)
    assert (np.abs(found) > 1e-12).sum() == 5
    assert np.isclose(np.linalg.norm(found), 2.0)


def test_alignment_weighs_coefficients_by_variances():
    settings = {"covariance": "power", "decay": 1.0}
    ratio = coefficients(**settings, alignment=2.0) / coefficients(**settings)
    assert np.allclose(ratio / ratio[0], 1 / np.arange(1, 21))


# --- gaussian_mixture --------------------------------------------------------------------------


def means(pool, classes):
    return np.stack([pool.train_inputs[pool.train_targets == c].mean(0) for c in range(classes)])


def test_two_classes_lie_opposite_one_another_at_the_distance_asked_for():
    pool = GaussianMixture(**MANY, features=3, mean_norm=2.0).pool(0, None)
    first, second = means(pool, 2)
    assert np.allclose(first, -second, atol=0.05)
    assert np.isclose(np.linalg.norm(first), 2, atol=0.05)
    within = pool.train_inputs - np.stack([first, second])[pool.train_targets]
    assert np.allclose(np.cov(within.T), np.eye(3), atol=0.04)


def test_the_best_rule_errs_as_the_normal_distribution_says():
    pool = GaussianMixture(samples=100_000, test=1, features=3, mean_norm=1.0).pool(0, None)
    direction = means(pool, 2)[1]
    error = np.mean((pool.train_inputs @ direction > 0) != pool.train_targets)
    assert abs(error - stats.norm.cdf(-1)) < 4 * np.sqrt(0.16 * 0.84 / 100_000)


def test_more_classes_have_means_on_one_sphere():
    pool = GaussianMixture(samples=60_000, test=1, features=6, components=5, mean_norm=3.0)
    norms = np.linalg.norm(means(pool.pool(1, None), 5), axis=1)
    assert np.allclose(norms, 3, atol=0.08)


def test_imbalance_is_of_training_classes_and_test_classes_are_even():
    dataset = GaussianMixture(samples=30_000, test=30_000, features=1, components=3, imbalance=4.0)
    pool = dataset.pool(0, None)
    shares = np.bincount(pool.train_targets) / 30_000
    assert np.allclose(shares, np.array([1, 1 / 2, 1 / 4]) / 1.75, atol=0.015)
    assert np.allclose(np.bincount(pool.test_targets) / 30_000, 1 / 3, atol=0.015)


# --- teacher_student ---------------------------------------------------------------------------


def test_a_linear_teacher_is_linear_and_a_quadratic_one_is_not():
    for name, exact in (("identity", True), ("quadratic", False)):
        dataset = TeacherStudent(samples=50, test=1, features=4, hidden=3, activation=name)
        pool = dataset.pool(0, None)
        left = np.linalg.lstsq(pool.train_inputs, pool.train_targets, rcond=None)[1]
        assert bool(left.sum() < 1e-20) is exact


def test_targets_vary_as_the_teacher_and_the_noise_do():
    squares = []
    for seed in range(300):
        dataset = TeacherStudent(samples=40, test=1, features=30, hidden=10, noise_std=0.5)
        squares.append(np.mean(dataset.pool(seed, None).train_targets ** 2))
    # a relu of a standard normal number has mean square 1/2
    assert abs(np.mean(squares) - (0.5 + 0.25)) < 4 * np.std(squares) / np.sqrt(300)


def test_sign_labels_are_the_signs_of_the_real_targets():
    settings = {"samples": 50, "test": 1, "features": 4, "hidden": 3, "noise_std": 0.3}
    real = TeacherStudent(**settings).pool(0, None)
    signs = TeacherStudent(**settings, labels="sign")
    assert signs.classes == 2
    assert np.array_equal(signs.pool(0, None).train_targets, real.train_targets > 0)


# --- polynomial_regression ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "function"),
    [
        ("wave", lambda x: 2 * x + np.cos(25 * x)),
        ("sine", lambda x: np.sin(np.pi * x)),
        ("runge", lambda x: 1 / (1 + 25 * x * x)),
        ("step", np.sign),
    ],
)
def test_targets_are_the_function_asked_for(target, function):
    pool = PolynomialRegression(samples=20, test=5, target=target).pool(0, None)
    assert np.allclose(pool.train_targets, function(pool.train_inputs[:, 0]))
    assert np.abs(pool.train_inputs).max() <= 1


def test_legendre_targets_have_the_degree_and_mean_square_one():
    pool = PolynomialRegression(samples=30, test=1, degree=4).pool(5, None)
    fitted = np.polynomial.legendre.legfit(pool.train_inputs[:, 0], pool.train_targets, 6)
    assert np.allclose(fitted[5:], 0, atol=1e-10)
    nodes, weights = special.roots_legendre(8)
    values = np.polynomial.legendre.legval(nodes, fitted)
    assert np.isclose((weights * values**2).sum() / 2, 1)


# --- sparse_parity -----------------------------------------------------------------------------


def test_the_class_is_the_parity_of_so_many_bits():
    pool = SparseParity(samples=400, test=1, bits=10, sparsity=3).pool(7, None)
    signs = 1 - 2 * pool.train_targets
    assert set(np.unique(pool.train_inputs)) == {-1, 1}
    from itertools import combinations

    found = [
        bits
        for bits in combinations(range(10), 3)
        if np.array_equal(pool.train_inputs[:, bits].prod(axis=1), signs)
    ]
    assert len(found) == 1


def test_one_bit_is_its_own_parity():
    pool = SparseParity(samples=50, test=1, bits=1, sparsity=1).pool(0, None)
    assert np.array_equal(pool.train_inputs[:, 0] < 0, pool.train_targets == 1)


# --- spurious ----------------------------------------------------------------------------------


def test_groups_are_of_class_and_attribute_and_mostly_agree():
    pool = Spurious(**MANY, core=1, spurious=1, majority=0.8).pool(0, None)
    groups = pool.train_groups
    assert np.array_equal(groups // 2, pool.train_targets)
    shares = np.bincount(groups) / len(groups)
    assert np.allclose(shares, [0.4, 0.1, 0.1, 0.4], atol=0.012)


def test_test_groups_are_of_equal_size():
    pool = Spurious(samples=10, test=400).pool(0, None)
    assert np.bincount(pool.test_groups).tolist() == [100] * 4
    assert np.array_equal(pool.test_groups // 2, pool.test_targets)


def test_features_follow_the_class_the_attribute_and_nothing():
    dataset = Spurious(**MANY, core=2, spurious=1, noise=4, core_std=0.5, spurious_std=2.0)
    pool = dataset.pool(3, None)
    groups, inputs = pool.train_groups, pool.train_inputs
    signs = np.stack([groups // 2, groups // 2, groups % 2], axis=1) * 2.0 - 1
    rest = inputs - np.concatenate([signs, np.zeros((len(inputs), 4))], axis=1)
    assert np.allclose(rest.mean(axis=0), 0, atol=0.06)
    assert np.allclose(rest.std(axis=0), [0.5, 0.5, 2, *[0.5] * 4], atol=0.04)


# --- block_model -------------------------------------------------------------------------------


def graph(**settings):
    return BlockModel(**({"samples": 5, "test": 400, "nodes": 1_000, "features": 8} | settings))


def edges(pool):
    return (pool.extras["adjacency"] > 0) & ~np.eye(1_000, dtype=bool)


def test_an_adjacency_is_normalized_as_by_hand():
    path = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], bool)
    half, root = 1 / 2, 1 / np.sqrt(6)
    wanted = [[half, root, 0], [root, 1 / 3, root], [0, root, half]]
    assert np.allclose(normalized(path), wanted)
    assert normalized(path).dtype == np.float32


@pytest.mark.parametrize(("communities", "signal"), [(2, 1.0), (4, 0.5), (2, -1.5)])
def test_neighbors_are_as_many_and_as_alike_as_the_formula_says(communities, signal):
    pool = graph(communities=communities, graph_signal=signal, degree=9.0).pool(0, None)
    joined = edges(pool)
    labels = np.concatenate([pool.train_targets, pool.test_targets])
    alike = labels[:, None] == labels
    np.fill_diagonal(alike, val=False)
    inside, outside = joined[alike].mean(), joined[labels[:, None] != labels].mean()
    wanted = (9 + (communities - 1) * 3 * signal) / 1_000, (9 - 3 * signal) / 1_000
    assert np.allclose([inside, outside], wanted, rtol=0.12)
    assert abs(joined.sum(axis=1).mean() - 9) < 0.5


def test_samples_are_numbers_of_nodes_and_the_last_ones_test():
    dataset = graph()
    pool = dataset.pool(0, None)
    assert dataset.reads == "graph"
    assert dataset.shape == (1,)
    assert pool.train_inputs[:, 0].tolist() == list(range(600))
    assert pool.test_inputs[:, 0].tolist() == list(range(600, 1_000))
    assert (edges(pool) == edges(pool).T).all()


def test_features_say_of_communities_as_much_as_asked():
    pool = graph(feature_signal=1_000.0, features=2_000).pool(0, None)
    features, labels = pool.extras["features"], pool.train_targets
    first, second = (features[:600][labels == c].mean(axis=0) for c in (0, 1))
    assert abs(first @ second / (first @ first) + 1) < 0.1
    assert np.isclose(np.sqrt(first @ first / 2_000), 1, atol=0.05)
    silent = graph(feature_signal=0.0, features=2_000).pool(0, None).extras["features"]
    assert np.isclose((silent**2).sum(axis=1).mean(), 1, atol=0.05)


# --- latent ------------------------------------------------------------------------------------


def test_targets_are_the_inputs_or_what_they_hide():
    settings = {"samples": 40, "test": 5, "features": 6, "factors": 2, "snr": 3.0}
    pool = Latent(**settings).pool(0, None)
    assert np.array_equal(pool.train_targets, pool.train_inputs)
    clean = Latent(**settings, clean=True).pool(0, None)
    assert np.array_equal(clean.train_inputs, pool.train_inputs)
    assert np.linalg.matrix_rank(clean.train_targets) == 2
    assert Latent(**settings).outputs == 6


def test_factors_and_noise_have_their_strengths():
    pool = Latent(**MANY, features=400, factors=5, snr=3.0, clean=True).pool(0, None)
    noise = pool.train_inputs[:2_000] - pool.train_targets[:2_000]
    assert np.isclose(noise.var(), 1, atol=0.01)
    assert np.isclose(pool.train_targets.var(), 9, rtol=0.15)


def test_no_pool_touches_the_generators_of_torch_or_numpy():
    before = torch.random.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    for dataset in (*DRAWN, graph()):
        dataset.pool(0, None)
    assert torch.equal(before[0], torch.random.get_rng_state())
    assert np.array_equal(before[1], np.random.get_state()[1])  # noqa: NPY002
