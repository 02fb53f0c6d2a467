"""Measures at readings are the same in any stack, and what the cell's own network says."""

import itertools

import attrs
import numpy as np
import pytest
import torch

from ddspec.plan.batch import Batch
from ddspec.training import risk
from ddspec.training.engine import train_stack
from ddspec.training.fit import fit
from ddspec.training.models import Kind, network_of
from ddspec.training.observing import differentiable
from ddspec.training.selection import select
from ddspec.vocabulary.architectures.cnn1d import Cnn1d
from ddspec.vocabulary.architectures.lasso import Lasso
from ddspec.vocabulary.architectures.linear import Linear
from ddspec.vocabulary.architectures.lstm import Lstm
from ddspec.vocabulary.architectures.mlp import Mlp
from ddspec.vocabulary.architectures.random_features import RandomFeatures
from ddspec.vocabulary.architectures.random_forest import RandomForest
from ddspec.vocabulary.architectures.rnn import Rnn
from ddspec.vocabulary.datasets.linear_gaussian import LinearGaussian
from ddspec.vocabulary.draws import Draws
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.procedures.fit import Fit
from ddspec.vocabulary.procedures.least_squares import LeastSquares
from ddspec.vocabulary.regularizers.batch_norm import BatchNorm
from ddspec.vocabulary.regularizers.weight_norm import WeightNorm
from ddspec.vocabulary.schedules.constant import Constant
from ddspec.vocabulary.transforms.concatenated import Concatenated
from tests.training import made
from tests.vocabulary.observed import observed
from tests.vocabulary.test_measures import EVERY, measure

FAST = Sgd(lr=Constant(rate=0.2), momentum=0.5)
MEASURES = {
    word.recorded.key: attrs.evolve(word, samples=9).recorded if word.cap else word.recorded
    for word in EVERY
}
ALONE = {"classes": 10, "architecture": Mlp(hidden=(7, 5))}


def cells_of(count=3, **changes):
    train = made.descent(FAST, 4, **changes)
    return [made.cell(made.data(30 - 4 * n, 0.3), (), train, n) for n in range(count)]


def readings(runs):
    return [run.readings.series for run in runs]


def assert_close(one, other, rtol):
    assert one.keys() == other.keys()
    for name, values in one.items():
        np.testing.assert_allclose(values, other[name], rtol=rtol, atol=1e-12, err_msg=name)


def test_measures_in_a_stack_equal_those_alone(monkeypatch):
    monkeypatch.setattr(risk, "ROWS", 7)  # several chunks
    cells = cells_of()
    given = {"measures": MEASURES, "points": (0, 1, 4)}
    together = readings(made.stacked(cells, **given))
    for one, series in zip(cells, together, strict=True):
        assert_close(series, readings(made.stacked([one], **given))[0], 1e-10)
        finite = {name for name, values in series.items() if np.isfinite(values).all()}
        assert set(series) - finite <= {"layer_jacobian@1(from=1)"}


def test_readings_are_of_the_cells_own_network(monkeypatch):
    """Each measure of the final weights, asked of a plain network."""
    monkeypatch.setattr(risk, "ROWS", 7)
    for one, run in zip(cells_of(), made.stacked(cells_of(), measures=MEASURES), strict=True):
        network = made.plain_network(one)
        first = {name: w.detach().clone() for name, w in network.named_parameters()}
        with torch.no_grad():
            for mine, theirs in zip(network.parameters(), run.weights.values(), strict=True):
                mine.copy_(theirs)
        chosen = select(one, made.pools(one.dataset, one.seed.data))
        for key, word in MEASURES.items():
            part = getattr(chosen, word.use or "train")
            few = slice(word.cap if word.use else 0)
            clean = made.pools(one.dataset, 0).train_targets[part.rows]
            clean = clean if word.use == "train" else part.targets
            model = observed(
                network,
                torch.from_numpy(part.taken()[few]).double(),
                torch.from_numpy(part.targets[few]),
                clean=torch.from_numpy(clean[few]),
                first=first,
                key=torch.tensor(Draws(one.seed.order, "measures").key() % 2**63),
                **ALONE,
            )
            expected, found = word.value(model).numpy(), run.readings.series[key][-1]
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12, err_msg=key)


def test_error_and_loss_of_all_samples_are_the_risks():
    pairs = itertools.product(("train", "test"), ("error", "loss"))
    words = {f"{use}_{name}": measure(name, of=use) for use, name in pairs}
    measures = {word.key: word for word in words.values()}
    (run,) = made.stacked(cells_of(1), measures=measures, points=(0, 2, 4))
    for name, word in words.items():
        np.testing.assert_array_equal(run.readings.series[word.key], run.readings.series[name])


def test_measures_in_float32_are_those_in_float64_nearly():
    """After one step; where a measure is a count of samples, or noise is met, a few may differ."""
    found = []
    for precision in ("float32", "float64"):
        cells = cells_of(2, precision=precision, duration=made.Duration(1, "steps"))
        found.append(readings(made.stacked(cells, measures=MEASURES)))
    for narrow, wide in zip(*found, strict=True):
        for name, values in wide.items():
            np.testing.assert_allclose(narrow[name], values, rtol=0.02, atol=2e-3, err_msg=name)


def test_a_measure_that_is_alone_is_asked_model_by_model():
    class Shy(type(measure("weight_norm"))):
        alone = True

        def value(self, model):
            norm = super().value(model)
            return norm if float(norm) > 0 else -norm

    cells = cells_of()
    measures = {"norm": measure("weight_norm"), "shy": Shy()}
    for run in made.stacked(cells, measures=measures):
        assert run.readings.series["norm"].tolist() == run.readings.series["shy"].tolist()


def test_weights_only_measures_are_shown_no_samples():
    class Blind(type(measure("weight_norm"))):
        def value(self, model):
            assert len(model.inputs) == len(model.targets) == 0
            return super().value(model)

    made.stacked(cells_of(1), measures={"norm": Blind()})


def test_models_that_are_differentiated_come_a_few_at_a_time(monkeypatch):
    from ddspec.training import observing

    sharpness = {"sharpness": measure("sharpness")}
    expected = readings(made.stacked(cells_of(), measures=sharpness))
    monkeypatch.setattr(observing, "NUMBERS", 1)
    for one, other in zip(expected, readings(made.stacked(cells_of(), measures=sharpness)), strict=True):  # fmt: skip  # noqa: E501
        assert_close(one, other, 1e-10)


# --- convolutions ----------------------------------------------------------------------------


NETS = [Cnn1d(channels=3), Rnn(units=4), Rnn(units=4, activation="relu"), Lstm(units=4)]
MUP = {"parametrization": "mup_adam", "base": 2}
ACTING = [Cnn1d(channels=3, **MUP), Rnn(units=4, **MUP), Lstm(units=4, **MUP)]


def layered(net, terms=None):
    if terms is None:
        terms = (BatchNorm(),) if isinstance(net, Cnn1d) else ()
    return [made.cell(made.data(24), terms, made.descent(FAST, 2), n, net) for n in range(2)]


@pytest.mark.parametrize(
    ("net", "terms"),
    [*((net, None) for net in (*NETS, *ACTING)), (Cnn1d(channels=3), (WeightNorm(),))],
    ids=repr,
)
def test_what_is_differentiated_is_the_same_function(net, terms):
    one = layered(net, terms)[0]
    network = network_of(one)
    with torch.no_grad():
        for weight in network.parameters():
            weight.mul_(1.5 if weight.dim() > 1 else 0.8)  # of normed weights, directions alone
    x = torch.randn(5, 40, dtype=torch.float64)
    kind = Kind.of(one, network)
    plain = differentiable(kind.evaluating).to_empty(device="cpu").double()
    plain.load_state_dict(network.state_dict())
    expected = network.eval()(x)
    assert torch.allclose(plain(x), expected, rtol=1e-12)


@pytest.mark.parametrize("net", NETS, ids=repr)
def test_measures_of_networks_of_other_layers_stack(net):
    names = ("sharpness", "input_jacobian", "gradient_norm", "feature_rank", "spectral_product")
    measures = {name: measure(name) for name in names}
    together = readings(made.stacked(layered(net), measures=measures))
    for one, series in zip(layered(net), together, strict=True):
        assert_close(series, readings(made.stacked([one], measures=measures))[0], 1e-10)
        assert all(series[name][-1] > 0 for name in names)


# --- solved and fitted cells -----------------------------------------------------------------

LINES = LinearGaussian(samples=20, test=50, features=12, noise_std=0.5)


def record(architecture, train, measures, dataset=LINES):
    one = made.cell(dataset, (), train, 0, architecture)
    batch = Batch(made.numbered([one]), measures=measures)
    (found,) = fit(batch, made.pools)
    return one, {name: values[0] for name, values in found.series.items()}


def test_measures_of_a_solved_cell_are_of_its_solution():
    names = ("loss", "sharpness", "weight_norm", "input_jacobian", "feature_rank")
    measures = {name: measure(name, **({"of": "test"} if name == "loss" else {})) for name in names}
    one, found = record(Linear(), LeastSquares(), measures)
    chosen = select(one, made.pools(LINES, 0)).train
    x, y = chosen.taken(), chosen.targets
    weights = np.linalg.lstsq(x, y, rcond=None)[0]
    assert found["loss"] == found["test_loss"]
    for name, expected in {
        "sharpness": 2 * np.linalg.norm(x, 2) ** 2 / 20,
        "weight_norm": np.linalg.norm(weights),
        "input_jacobian": np.linalg.norm(weights),
    }.items():
        assert found[name] == pytest.approx(expected, rel=1e-5), name


def test_arrays_of_a_solved_cell_are_of_classes():
    said = measure("predictions", samples=9)
    one, found = record(RandomFeatures(features=8), LeastSquares(), {"said": said}, made.data(20))
    assert found["said"].shape == (9, 10)
    assert said.shape(one.dataset.outputs) == (9, 10)


def test_measures_of_fitted_cells_are_of_what_they_put_out():
    measures = {"error": measure("error"), "said": measure("predictions", samples=9)}
    _, found = record(RandomForest(trees=3, leaves=5), Fit(), measures, made.data(20))
    assert found["error"] == found["test_error"]
    assert found["said"].shape == (9, 10)


def test_the_weights_of_a_fitted_linear_model_are_measured():
    measures = {"zero": measure("sparsity"), "norm": measure("weight_norm")}
    _, found = record(Lasso(strength=0.3, of=Linear()), Fit(), measures)
    assert 0 < found["zero"] < 1
    assert found["norm"] > 0


def test_runs_of_unlike_lengths_and_samples_are_measured_by_their_own_start():
    """The stack is reordered and shrinks; distances are zero at each cell's own start."""
    trains = [made.descent(FAST, n) for n in (1, 3, 2)]
    cells = [made.cell(made.data(20 + 2 * n), (), t, n) for n, t in enumerate(trains)]
    measures = {"moved": measure("distance_to_init")}
    chosen = [select(one, made.pools(one.dataset, 0)) for one in cells]
    runs = train_stack(cells, chosen, measures=measures, points=(0, 1, 2, 3))
    for one, run in zip(cells, runs, strict=True):
        series = run.readings.series["moved"]
        assert series[0] == 0
        first = torch.cat([w.detach().flatten() for w in network_of(one).parameters()])
        last = torch.cat([w.flatten() for w in run.weights.values()])
        end = np.flatnonzero(np.isfinite(series))[-1]
        assert series[end] == pytest.approx(float((last - first).norm()), rel=1e-12)


def test_joined_samples_are_measured_as_they_are_read():
    """Their labels are distributions over classes."""
    train = made.descent(FAST, 2)
    cells = [made.cell(made.data(25, transform=(Concatenated(),)), (), train, n) for n in range(2)]
    names = ("input_jacobian", "sharpness", "gradient_norm", "within_class_variability")
    measures = {name: measure(name) for name in names}
    measures |= {"wrong": measure("error", of="train"), "ece": measure("ece", of="train")}
    together = readings(made.stacked(cells, measures=measures))
    for one, series in zip(cells, together, strict=True):
        assert_close(series, readings(made.stacked([one], measures=measures))[0], 1e-10)
        assert all(np.isfinite(series[name]).all() for name in measures)
        np.testing.assert_array_equal(series["wrong"], series["train_error"])
