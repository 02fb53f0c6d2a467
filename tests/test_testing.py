"""A word of one's own that is wrong is told what is wrong with it, and a right one nothing."""

import re
import textwrap
from pathlib import Path
from typing import ClassVar

import pytest
import torch
from torch import nn

from ddspec.errors import DdspecError
from ddspec.testing import check_word
from ddspec.vocabulary.datasets.gaussian_mixture import GaussianMixture
from ddspec.vocabulary.kinds import Loss, Measure, Regularizer, Report, word
from ddspec.vocabulary.losses.mse import Mse
from ddspec.vocabulary.measures.sparsity import Sparsity
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.own_layers import stackable
from ddspec.vocabulary.own_network import OwnNetwork
from ddspec.vocabulary.regularizers.l1 import L1
from ddspec.vocabulary.schema import integer, number
from ddspec.vocabulary.word import REGISTRY, package_of

pytestmark = pytest.mark.slow

README = (Path(__file__).parent.parent / "README.md").read_text()


@pytest.fixture(autouse=True)
def _no_trace():
    """Words that are defined here are forgotten."""
    known = dict(REGISTRY)
    yield
    for key in [key for key, made in REGISTRY.items() if package_of(made)]:
        if key not in known:
            del REGISTRY[key]


def fault(made, **within):
    with pytest.raises(DdspecError) as caught:
        check_word(made, **within)
    return str(caught.value)


def network(module, name="net_kit", **more):
    """An architecture word that makes a module."""
    fields = {
        "__doc__": f"A network.\n\nExample: {name}(width: 3)",
        "__annotations__": {"width": int},
        "width": integer("units", at_least=1),
        "network": lambda self, shape, outputs: module(shape, self.width, outputs),
        **more,
    }
    return word(
        type(OwnNetwork)("".join(n.title() for n in name.split("_")), (OwnNetwork,), fields)
    )


def layered(shape, width, outputs, *between):
    inputs = torch.Size(shape).numel()
    return nn.Sequential(
        nn.Flatten(), nn.Linear(inputs, width), *between, nn.ReLU(), nn.Linear(width, outputs)
    )


def test_the_readme_has_a_right_one():
    (text,) = re.findall(r"^    import math\n(?:    .*\n|\n)*", README, re.MULTILINE)
    made = {"__name__": "readme_kit", "Net": lambda n, width, k: layered((n,), width, k)}
    exec(textwrap.dedent(text).replace("from nets import Net\n", ""), made)
    check_word(made["MyNet"])


@pytest.mark.parametrize("made", [GaussianMixture, Sparsity, L1, Sgd, Mse])
def test_a_right_word_passes(made):
    check_word(made)


def test_a_module_passes_as_it_is_with_its_own_dropout_and_normalization():
    def module(shape, width, outputs):
        return layered(shape, width, outputs, nn.BatchNorm1d(width), nn.Dropout(0.3))

    check_word(network(module), batch="8 samples")


def test_two_dropouts_of_a_module_draw_two_masks():
    layers = stackable(nn.Sequential(nn.Dropout(0.5), nn.Dropout(0.5), nn.Dropout(0.0)))
    x = torch.ones(1, 64)
    assert not torch.equal(layers[0](x), layers[1](x))
    assert torch.equal(layers[2](x), x)


def test_a_convolution_gets_samples_in_their_shape():
    def module(shape, width, outputs):
        assert shape == (1, 40)
        return nn.Sequential(nn.Conv1d(1, width, 5), nn.Flatten(), nn.Linear(36 * width, outputs))

    made = network(module)
    check_word(made)
    parameters = 6 * 3 + 36 * 3 * 10 + 10
    assert made(width=3).parameters((1, 40), 10) == parameters
    assert made(width=3).operations((1, 40), 10) == 36 * 5 * 3 + 36 * 3 * 10


def test_what_draws_from_torchs_generator_is_refused():
    def module(shape, width, outputs):
        return layered(shape, width, outputs, nn.AlphaDropout(0.1))

    told = fault(network(module))
    assert "`2`, a AlphaDropout, draws random numbers that no seed of a cell decides" in told


def test_outputs_of_another_shape_are_told():
    told = fault(network(lambda shape, width, outputs: layered(shape, width, 7)))
    assert "4 samples of shape (1, 40) come out as (4, 7)" in told


def test_a_wrong_count_is_told():
    made = network(layered, parameters=lambda self, shape, outputs, terms=(): 5)
    assert "`parameters` says 5, the network has 163" in fault(made)


def test_a_network_that_looks_at_numbers_is_told():
    class Looks(nn.Module):
        def __init__(self, shape, width, outputs):
            super().__init__()
            self.inner = layered(shape, width, outputs)

        def forward(self, x):
            return self.inner(x) if x.sum().item() >= -1e9 else x

    told = fault(network(Looks))
    assert "training its example raises RuntimeError" in told
    assert "vmap" in told


def test_a_docstring_says_what_and_how():
    def made(text):
        fields = {"acts": "model-dependent", "__doc__": text}
        return word(type("Pull", (Regularizer,), fields))

    assert "does not say what it is" in fault(made(None))
    assert "has no example" in fault(made("A pull."))
    assert "`tug()` does not use it" in fault(made("A pull.\n\nExample: tug()"))
    assert "DD102" in fault(made("A pull.\n\nExample: pull(strength: 1)"))


def test_arguments_are_explained_and_can_be_written():
    def made(**fields):
        annotations = dict.fromkeys(fields, float)
        text = "A pull.\n\nExample: pull()"
        return word(
            type(
                "Pull", (Regularizer,), {"__doc__": text, "__annotations__": annotations, **fields}
            )
        )

    assert "`amount` has no help" in fault(made(amount=number(" ", default=0.0)))
    assert "`by` is a word of the language" in fault(made(by=number("of", default=0.0)))
    assert "`amount` is not declared as an argument" in fault(made(amount=1.0))


def test_a_penalty_that_is_not_finite_is_told():
    @word
    class Vanishing(Regularizer):
        """Adds log 0.

        Example: vanishing()
        """

        acts: ClassVar[str] = "model-dependent"

        def penalty(self, weights):
            return (0 * weights[0].sum()).log()

    assert "after 3 steps the training loss is nan" in fault(Vanishing)


def test_a_mean_in_place_of_losses_is_told():
    @word
    class Mean(Loss):
        """Their mean.

        Example: mean()
        """

        def each(self, outputs, targets):
            return (outputs[:, 0] - targets).square().mean()

    assert "`each` of 4 samples gives ()" in fault(Mean, architecture="mlp(hidden: [2])")


def test_a_measure_of_another_shape_is_told():
    @word
    class Pair(Measure):
        """Two numbers.

        Example: pair()
        """

        def value(self, model):
            return torch.stack([weight.sum() for weight in model.weights.values()][:2])

    assert "`pair` gives (2,) of a model; its `shape` is ()" in fault(Pair)


def samples(name, text, **methods):
    """A dataset as `gaussian_mixture` with other methods."""
    fields = {"__doc__": f"{text}\n\nExample: {name}(samples: 30, features: 4)", **methods}
    return word(type("".join(n.title() for n in name.split("_")), (GaussianMixture,), fields))


def test_samples_that_are_no_function_of_the_seed_are_told():
    def once(self, seed, folder):
        return GaussianMixture.pool(self, torch.randint(1 << 30, ()).item(), folder)

    assert "one seed gives other samples each time" in fault(samples("loose_kit", "A.", pool=once))


def test_samples_that_depend_on_how_many_there_are_are_told():
    def scaled(self, seed, folder):
        return GaussianMixture.pool(self, seed + self.samples, folder)

    told = fault(samples("scaled_kit", "A.", pool=scaled))
    assert "train inputs are others where more samples are drawn" in told


def test_classes_beyond_the_last_are_told():
    told = fault(samples("few_kit", "A.", classes=property(lambda self: 1)))
    assert "targets are not classes" in told


def test_a_report_is_run():
    @word
    class Lowest(Report):
        """The lowest test error of all.

        Example: lowest()
        """

        def find(self, risk, candidates):
            return [f"{float(risk.test_error.min()):.2f}"]

    check_word(Lowest)
    broken = type("Broken", (Lowest,), {"find": lambda self, risk, candidates: [risk.nothing]})
    broken.__doc__ = "Nothing.\n\nExample: broken()"
    told = fault(word(broken))
    assert "a defect of" in told
    assert "has no attribute 'nothing'" in told
