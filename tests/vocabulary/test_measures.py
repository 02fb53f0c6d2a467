"""Measures are what their formulas say, by hand or by a library."""

import math

import attrs
import numpy as np
import pytest
import torch
from torch import nn

from ddspec.vocabulary import registry
from ddspec.vocabulary.losses.mse import Mse
from ddspec.vocabulary.measure import Across, OfOutputs
from tests.vocabulary.observed import network_of, observed, samples_of

INPUTS, TARGETS = samples_of(40, 5, 3)
NETWORK = network_of(5, 7, 6, 3)
MODEL = observed(NETWORK, INPUTS, TARGETS, classes=3)
WEIGHTS = [NETWORK[0].weight, NETWORK[2].weight, NETWORK[4].weight]
WEIGHTS = [w.detach().numpy() for w in WEIGHTS]


def measure(name, **arguments):
    return registry.find("measure", name)(**arguments)


def value(name, model=MODEL, **arguments):
    return float(measure(name, **arguments).value(model))


def said(outputs, targets, **more):
    """A model that puts out what is given."""
    outputs = torch.as_tensor(outputs, dtype=torch.float64)
    settings = {"passed": lambda _, x: outputs, "classes": outputs.shape[1]}
    given = torch.as_tensor(targets)
    return observed(inputs=outputs, targets=given, **(settings | {"clean": given} | more))


# --- what is met and missed ------------------------------------------------------------------

SAID = [[2.0, 1.0, 0.0], [0.0, 3.0, 1.0], [1.0, 0.0, 4.0], [5.0, 0.0, 0.0]]
LABELS = [0, 1, 0, 1]


def test_error_and_accuracy_are_shares_of_samples():
    assert value("error", said(SAID, LABELS)) == 0.5
    assert value("accuracy", said(SAID, LABELS)) == 0.5


def test_a_sample_counts_as_much_as_its_weight():
    counts = torch.tensor([1.0, 1.0, 6.0, 0.0], dtype=torch.float64)
    assert value("error", said(SAID, LABELS, counts=counts)) == 0.75


def test_error_of_tokens_is_a_share_of_those_there_are():
    """Two tokens a sample, of three; the second sample has one."""
    outputs = [[1, 0, 0, 0, 1, 0], [0, 0, 1, 9, 0, 0]]
    assert value("error", said(outputs, [[0, 2], [2, -1]])) == 0.25


def test_error_of_soft_labels_is_that_of_their_largest_share():
    soft = torch.tensor([[0.9, 0.1, 0], [0, 0.4, 0.6], [0, 0, 1.0], [0.6, 0.2, 0.2]])
    assert value("error", said(SAID, soft)) == 0.25


def test_loss_is_the_mean_of_the_loss_that_is_trained_with():
    expected = nn.functional.cross_entropy(NETWORK(INPUTS).detach(), TARGETS)
    assert value("loss") == pytest.approx(float(expected), rel=1e-12)


def test_class_error_is_of_the_samples_of_one_class():
    assert value("class_error", said(SAID, LABELS), label=0) == 0.5
    assert value("class_error", said(SAID, [0, 1, 2, 1]), label=2) == 0
    assert math.isnan(value("class_error", said(SAID, LABELS), label=2))


def test_worst_group_error_is_the_largest_of_the_groups_there_are():
    groups = torch.tensor([0, 3, 0, 0])
    assert value("worst_group_error", said(SAID, LABELS, groups=groups, sorts=5)) == 2 / 3
    assert value("worst_group_error", said(SAID, LABELS)) == 0.5


def test_noisy_labels_are_memorized_or_recovered():
    """The first two labels are clean; of the others one is learned as it is, one as it was."""
    noisy, clean = [0, 1, 2, 1], torch.tensor([0, 1, 1, 0])
    assert value("memorized", said(SAID, noisy, clean=clean)) == 0.5
    assert value("recovered", said(SAID, noisy, clean=clean)) == 0.5
    assert math.isnan(value("memorized", said(SAID, LABELS)))


def test_calibration_error_equals_a_sum_over_bins():
    generator = np.random.default_rng(0)
    outputs, labels = generator.normal(0, 2, (500, 4)), generator.integers(0, 4, 500)
    shares = np.exp(outputs) / np.exp(outputs).sum(1, keepdims=True)
    confidence, correct = shares.max(1), shares.argmax(1) == labels
    expected = 0.0
    for low in np.arange(10) / 10:
        inside = (confidence > low) & (confidence <= low + 0.1)
        if inside.any():
            expected += inside.mean() * abs(correct[inside].mean() - confidence[inside].mean())
    assert value("ece", said(outputs, labels), bins=10) == pytest.approx(expected, rel=1e-12)


def test_calibration_of_two_classes_is_that_of_sklearns_curve():
    """The confidence of two classes is at least one half; sklearn bins the same interval."""
    from sklearn.calibration import calibration_curve

    generator = np.random.default_rng(1)
    outputs, labels = generator.normal(0, 1, (2000, 2)), generator.integers(0, 2, 2000)
    shares = np.exp(outputs) / np.exp(outputs).sum(1, keepdims=True)
    confidence, correct = shares.max(1), shares.argmax(1) == labels
    share, mean = calibration_curve(correct, confidence, n_bins=20)
    counts = np.histogram(confidence, np.linspace(0, 1, 21))[0]
    expected = (counts[counts > 0] / 2000 * abs(share - mean)).sum()
    assert value("ece", said(outputs, labels), bins=20) == pytest.approx(expected, rel=1e-9)


def test_margins_are_of_the_label_over_the_best_other():
    model = said(SAID, LABELS)  # margins 1, 2, -3, -5
    expected = np.percentile([1, 2, -3, -5], [0, 25, 50, 100])
    found = [value("margin", model, percentile=p) for p in (0.0, 0.25, 0.5, 1.0)]
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(
    ("over", "norm"),
    [
        ("norm", math.sqrt(sum(float(w.detach().square().sum()) for w in NETWORK.parameters()))),
        ("frobenius", math.prod(np.linalg.norm(w) for w in WEIGHTS)),
        ("spectral", math.prod(np.linalg.norm(w, 2) for w in WEIGHTS)),
    ],
)
def test_margins_are_divided_by_a_norm(over, norm):
    plain = value("margin", percentile=0.3)
    assert value("margin", percentile=0.3, over=over) == pytest.approx(plain / norm, rel=1e-12)


# --- weights ---------------------------------------------------------------------------------


def test_products_of_norms():
    frobenius = math.prod(np.linalg.norm(w) for w in WEIGHTS)
    spectral = math.prod(np.linalg.svd(w)[1][0] for w in WEIGHTS)
    assert value("frobenius_product") == pytest.approx(frobenius, rel=1e-12)
    assert value("spectral_product") == pytest.approx(spectral, rel=1e-12)


def test_a_convolution_is_a_matrix_of_channels_and_places():
    kernel = torch.randn(4, 3, 5, 5, dtype=torch.float64)
    model = observed(weights={"weight": kernel, "bias": torch.ones(4)})
    expected = np.linalg.norm(kernel.numpy().reshape(4, 75), 2)
    assert value("spectral_product", model) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("power", [1, 2])
def test_path_norm_sums_over_every_path(power):
    a, b = np.array([[1.0, -2.0], [3.0, 0.5], [0.0, 4.0]]), np.array([[2.0, -1.0, 0.5]])
    first, last = np.array([0.5, -1.0, 2.0]), np.array([3.0])
    total = abs(last[0]) ** power
    for unit in range(3):
        entering = [*a[unit], first[unit]]
        total += sum(abs(w * b[0, unit]) ** power for w in entering)
    weights = {"0.weight": a, "0.bias": first, "2.weight": b, "2.bias": last}
    model = observed(weights={name: torch.tensor(w) for name, w in weights.items()})
    assert value("path_norm", model, power=power) == pytest.approx(total ** (1 / power), rel=1e-12)


def test_path_norm_of_ones_is_a_root_of_the_number_of_paths():
    layers = {f"{n}.weight": torch.ones(size) for n, size in enumerate([(4, 3), (5, 4), (2, 5)])}
    assert value("path_norm", observed(weights=layers)) == pytest.approx(math.sqrt(3 * 4 * 5 * 2))


def test_norms_of_units_and_the_complexity_they_make():
    units = [np.linalg.norm(w, axis=1).sum() for w in WEIGHTS]
    spectral = [np.linalg.norm(w, 2) for w in WEIGHTS]
    shares = sum((a / b) ** (2 / 3) for a, b in zip(units, spectral, strict=True))
    assert value("l21") == pytest.approx(sum(units), rel=1e-12)
    expected = math.prod(spectral) * shares**1.5
    found = value("spectral_complexity", reference="zero")
    assert found == pytest.approx(expected, rel=1e-12)


def test_what_is_measured_from_the_start_is_zero_there():
    start = attrs.evolve(MODEL, first=MODEL.weights)
    for name in ("distance_to_init", "spectral_complexity"):
        assert value(name, start) == 0
    assert value("l21", start, reference="start") == 0


def test_distance_to_the_start_is_euclidean():
    first = {name: w + 2 for name, w in MODEL.weights.items()}
    count = sum(w.numel() for w in first.values())
    moved = attrs.evolve(MODEL, first=first)
    assert value("distance_to_init", moved) == pytest.approx(2 * math.sqrt(count), rel=1e-12)


def test_ranks_of_a_matrix_with_known_singular_values():
    q, r = (np.linalg.qr(np.random.default_rng(n).normal(size=(6, 6)))[0] for n in (0, 1))
    values = np.array([4.0, 2.0, 1.0, 1.0, 0.0, 0.0])
    model = observed(weights={"weight": torch.tensor(q @ np.diag(values) @ r)})
    shares = values[:4] / 8
    assert value("stable_rank", model) == pytest.approx(22 / 16)
    expected = math.exp(-(shares * np.log(shares)).sum())
    assert value("effective_rank", model) == pytest.approx(expected)


def test_ranks_are_of_one_layer_or_the_mean_over_all():
    each = [value("effective_rank", layer=n) for n in (1, 2, 3)]
    assert value("effective_rank") == pytest.approx(np.mean(each))
    assert math.isnan(value("effective_rank", layer=4))
    orthogonal = torch.tensor(np.linalg.qr(np.ones((5, 5)) + np.eye(5))[0])
    model = observed(weights={"weight": orthogonal})
    assert value("effective_rank", model) == pytest.approx(5)
    assert value("stable_rank", model) == pytest.approx(5)


def test_sparsity_is_the_share_of_small_weights():
    model = observed(weights={"a": torch.tensor([0.0, 0.1, -0.2, 3.0]), "b": torch.zeros(1)})
    assert value("sparsity", model) == 2 / 5
    assert value("sparsity", model, threshold=0.15) == 3 / 5


# --- derivatives -----------------------------------------------------------------------------


def test_input_jacobian_equals_that_of_autograd():
    each = [torch.autograd.functional.jacobian(NETWORK, x[None]).norm() for x in INPUTS]
    assert value("input_jacobian") == pytest.approx(float(torch.stack(each).mean()), rel=1e-12)


def test_jacobians_between_layers_equal_those_of_autograd():
    head = NETWORK[2:]
    hidden = NETWORK[:2](INPUTS).detach()
    outputs = [torch.autograd.functional.jacobian(head, h[None]).norm() for h in hidden]
    inner = [torch.autograd.functional.jacobian(head[:2], h[None]).norm() for h in hidden]
    assert value("layer_jacobian", start=2) == pytest.approx(float(sum(outputs) / 40), rel=1e-12)
    found = value("layer_jacobian", start=2, end=3)
    assert found == pytest.approx(float(sum(inner) / 40), rel=1e-12)
    assert value("layer_jacobian", start=1) == pytest.approx(value("input_jacobian"), rel=1e-12)
    assert math.isnan(value("layer_jacobian", start=2, end=4))


def test_gradient_norm_equals_that_of_autograd():
    loss = nn.functional.cross_entropy(NETWORK(INPUTS), TARGETS)
    slopes = torch.autograd.grad(loss, tuple(NETWORK.parameters()))
    expected = math.sqrt(sum(float(s.square().sum()) for s in slopes))
    assert value("gradient_norm") == pytest.approx(expected, rel=1e-12)


def hessian(network, inputs, targets):
    names, shapes = zip(*((n, w.shape) for n, w in network.named_parameters()), strict=True)
    sizes = [math.prod(shape) for shape in shapes]

    def loss(vector):
        parts = [p.view(s) for p, s in zip(vector.split(sizes), shapes, strict=True)]
        outputs = torch.func.functional_call(network, dict(zip(names, parts, strict=True)), inputs)
        return nn.functional.cross_entropy(outputs, targets)

    vector = torch.cat([w.detach().flatten() for w in network.parameters()])
    return torch.func.jacrev(torch.func.jacrev(loss))(vector).numpy()


def test_sharpness_is_the_largest_eigenvalue_of_the_hessian():
    from scipy.sparse.linalg import eigsh

    matrix = hessian(NETWORK, INPUTS, TARGETS)
    largest = np.linalg.eigvalsh(matrix)[-1]
    assert largest == pytest.approx(eigsh(matrix, 1, which="LA")[0][0])
    assert value("sharpness", steps=40) == pytest.approx(largest, rel=1e-9)
    assert value("sharpness") == pytest.approx(largest, rel=1e-3)


def test_sharpness_of_fewer_weights_than_steps_is_exact():
    network, (x, y) = network_of(2, 3, bias=False), samples_of(20, 2, 3)
    largest = np.linalg.eigvalsh(hessian(network, x, y))[-1]
    model = observed(network, x, y, classes=3)
    assert value("sharpness", model, steps=50) == pytest.approx(largest, rel=1e-9)


def test_sharpness_of_squared_error_is_that_of_the_design():
    network = network_of(5, 1, bias=False)
    targets = torch.randn(40, dtype=torch.float64)
    model = observed(network, INPUTS, targets, loss=Mse().each)
    largest = 2 * np.linalg.norm(INPUTS.numpy(), 2) ** 2 / 40
    assert value("sharpness", model) == pytest.approx(largest, rel=1e-9)


FITTED = attrs.evolve(MODEL, targets=NETWORK(INPUTS).argmax(-1))


def test_flatness_is_where_the_error_has_risen():
    """The error with noise of that size is within the bound, and with 2 % more above it."""
    from ddspec.vocabulary.counters import normal, stream
    from ddspec.vocabulary.measuring import joined, noisy_error

    sigma = value("pac_bayes_flatness", FITTED, rise=0.2, draws=30)
    count = len(joined(FITTED.weights))
    noise = normal(FITTED.key, stream("pac_bayes_flatness"), 30, count)
    assert value("error", FITTED) == 0
    assert float(noisy_error(FITTED, noise * sigma)) <= 0.2
    assert float(noisy_error(FITTED, noise * sigma * 1.02)) > 0.2


def test_relative_noise_is_in_proportion_to_the_weights():
    """A network of ten times the outputs, by its last layer, bears the same relative noise."""
    larger = dict(MODEL.weights)
    larger |= {name: 10 * larger[name] for name in ("4.weight", "4.bias")}
    scaled = attrs.evolve(FITTED, weights=larger)
    given = {"rise": 0.2, "relative": True}
    assert value("pac_bayes_flatness", scaled, **given) == value(
        "pac_bayes_flatness", FITTED, **given
    )


# --- features --------------------------------------------------------------------------------


def test_feature_rank_is_of_what_enters_the_last_layer():
    values = np.linalg.svd(NETWORK[:4](INPUTS).detach().numpy())[1]
    shares = values / values.sum()
    expected = math.exp(-(shares * np.log(shares)).sum())
    assert value("feature_rank") == pytest.approx(expected, rel=1e-12)


def test_within_class_variability_equals_the_covariances_of_the_definition():
    found, labels = NETWORK[:4](INPUTS).detach().numpy(), TARGETS.numpy()
    means = np.stack([found[labels == c].mean(0) for c in range(3)])
    inner = np.mean([np.outer(h - means[c], h - means[c]) for h, c in zip(found, labels, strict=True)], 0)  # fmt: skip  # noqa: E501
    between = np.mean([np.outer(m, m) for m in means - means.mean(0)], 0)
    expected = np.trace(inner @ np.linalg.pinv(between, rcond=1e-10)) / 3
    assert value("within_class_variability") == pytest.approx(expected, rel=1e-9)


def collapsed(noise):
    """Four classes whose features are a simplex, turned, shifted and a little noisy."""
    labels = torch.arange(80) % 4
    generator = torch.Generator().manual_seed(0)
    turn = torch.linalg.qr(torch.randn(6, 6, dtype=torch.float64, generator=generator))[0]
    x = torch.eye(4, dtype=torch.float64)[labels] @ turn[:4] + 3
    x = x + noise * torch.randn(80, 6, dtype=torch.float64, generator=generator)
    return observed(network_of(6, 4), x, labels, classes=5)  # one class has no sample


def test_collapsed_features_have_no_variability_and_equal_angles():
    assert value("within_class_variability", collapsed(0)) == pytest.approx(0, abs=1e-20)
    assert value("class_mean_angles", collapsed(0)) == pytest.approx(0, abs=1e-12)
    assert value("within_class_variability", collapsed(0.1)) > 1e-3
    assert value("class_mean_angles", collapsed(0.5)) > 1e-3


def test_rademacher_complexity_is_near_its_bound_and_its_formula():
    """B / n E |sum h s^T| is at most B / n sqrt(outputs) |H|_F, and for large n not much less."""
    features = NETWORK[:4](INPUTS).detach().numpy()
    norm = np.linalg.norm(WEIGHTS[2])
    bound = norm * math.sqrt(3) * np.linalg.norm(features) / 40
    generator = np.random.default_rng(0)
    signs = generator.choice([-1, 1], (4000, 40, 3))
    expected = norm / 40 * np.linalg.norm(features.T @ signs, axis=(1, 2)).mean()
    found = value("rademacher", draws=2000)
    assert found == pytest.approx(expected, rel=0.02)
    assert 0.8 * bound < found < bound


# --- across cells ----------------------------------------------------------------------------


def test_predictions_are_probabilities_or_outputs():
    outputs = NETWORK(INPUTS).detach()
    word = measure("predictions", samples=40)
    assert word.shape(3) == (40, 3)
    assert torch.allclose(word.value(MODEL), outputs.softmax(-1))
    assert torch.allclose(measure("predictions", scale="outputs").value(MODEL), outputs)
    plain = attrs.evolve(MODEL, logits=False)
    assert torch.allclose(word.value(plain), outputs)


def test_targets_are_one_hot_and_lie_as_predictions_do():
    word = measure("targets", samples=40)
    assert torch.equal(word.value(MODEL).argmax(-1), MODEL.targets)
    assert torch.equal(word.value(MODEL).sum(-1), torch.ones(len(MODEL.targets)))
    assert (word.shape(3), word.dims()) == ((40, 3), measure("predictions").dims())


def test_disagreement_is_over_pairs_of_cells():
    choices = np.array([[0, 0, 2, 1], [0, 1, 2, 2], [0, 1, 2, 0]])
    pairs = [np.mean(choices[a] != choices[b]) for a, b in ((0, 1), (0, 2), (1, 2))]
    assert float(measure("disagreement").across(choices)) == pytest.approx(np.mean(pairs))


def test_choices_lie_so_many_classes_after_the_label():
    word = measure("disagreement", samples=4).recorded
    assert word.value(said(SAID, [0, 2, 1, 1])).tolist() == [0, 2, 1, 2]
    assert word.shape(3) == (4,)


def test_bias_and_variance_of_squared_error_are_those_of_the_definition():
    predicted = np.random.default_rng(0).normal(size=(6, 20, 3))
    wanted = np.random.default_rng(1).normal(size=(20, 3))
    bias = measure("prediction_bias").across(predicted - wanted)
    variance = measure("prediction_variance").across(predicted - wanted)
    assert float(variance) == pytest.approx(predicted.var(0, ddof=1).mean())
    raw = np.mean((predicted.mean(0) - wanted) ** 2)
    assert float(bias) == pytest.approx(raw - float(variance) / 6)
    assert float(bias + variance) == pytest.approx(np.mean((predicted - wanted) ** 2))


def test_residuals_of_classes_are_of_probabilities():
    word = measure("prediction_bias", samples=40).recorded
    expected = NETWORK(INPUTS).softmax(-1) - nn.functional.one_hot(TARGETS, 3)
    assert torch.allclose(word.value(MODEL), expected)
    assert word.shape(3) == (40, 3)


def test_kohavis_bias_and_variance_add_to_the_error():
    choices = np.array([[0, 1, 2], [0, 1, 0], [0, 0, 1], [0, 1, 1]])
    shares = np.array([[1, 0, 0], [1 / 4, 3 / 4, 0], [1 / 4, 1 / 2, 1 / 4]])
    plain = (1 - (shares**2).sum(1)).mean() / 2
    variance = float(measure("prediction_variance", loss="kohavi").across(choices))
    bias = float(measure("prediction_bias", loss="kohavi").across(choices))
    assert variance == pytest.approx(plain * 4 / 3)
    assert bias + variance == pytest.approx((choices != 0).mean())


def test_domingos_bias_is_of_the_commonest_class():
    choices = np.array([[0, 1, 2], [0, 1, 0], [0, 0, 1], [0, 1, 1]])
    assert float(measure("prediction_bias", loss="domingos").across(choices)) == 2 / 3
    variance = measure("prediction_variance", loss="domingos").across(choices)
    assert float(variance) == pytest.approx((0 + 1 / 4 + 1 / 2) / 3)


# --- all of them -----------------------------------------------------------------------------

REQUIRED = {"class_error": {"label": 0}, "layer_jacobian": {"start": 1}}


EVERY = [
    measure(name, **REQUIRED.get(name, {})) for name in registry.names("measure") if name != "bleu"
]


@pytest.mark.parametrize("word", EVERY, ids=lambda word: word.name())
def test_a_measure_has_a_value_of_its_shape(word):
    word = word.recorded
    if word.cap:
        word = attrs.evolve(word, samples=40)
    found = word.value(MODEL)
    assert found.shape == word.shape(3)
    assert len(word.dims()) in (0, len(word.shape(3)))


@pytest.mark.parametrize(
    "word",
    [word for word in EVERY if isinstance(word.recorded, OfOutputs)],
    ids=lambda word: word.name(),
)
def test_chunks_of_samples_give_what_all_give(word):
    word = word.recorded
    word = attrs.evolve(word, samples=40)
    halves = [
        attrs.evolve(
            MODEL,
            inputs=INPUTS[part],
            targets=TARGETS[part],
            clean=TARGETS[part],
            groups=MODEL.groups[part],
            counts=MODEL.counts[part],
        )
        for part in (slice(25), slice(25, None))
    ]
    each = torch.cat([word.each(half, half(half.inputs)) for half in halves])
    assert torch.equal(word.total(MODEL, each).nan_to_num(), word.value(MODEL).nan_to_num())


def test_keys_tell_measures_apart_and_not_their_names():
    keys = [
        measure("margin").key,
        measure("margin", percentile=0.5).key,
        measure("margin", of="test").key,
        measure("disagreement").key,
        measure("disagreement").recorded.key,
    ]
    assert len(set(keys)) == 5
    assert keys[:2] == ["margin@1()", "margin@1(percentile=0.5)"]
    assert measure("margin", percentile=0.1).key == keys[0]
    assert measure("disagreement", along="seed_data").recorded.key == keys[4]


def test_every_measure_says_what_it_needs():
    known = {"classes", "labels", "random_labels", "weights", "first"}
    known |= {"network", "numbers", "layers", "feedforward"}
    for word in EVERY:
        assert word.needs <= known, word
        assert isinstance(word, Across) or word.needs == word.recorded.needs
