"""What words of compositions compute, by hand, without the engine."""

import itertools
import math

import numpy as np
import pytest
import torch
from torch import nn

from ddspec.vocabulary.regularizers.adversarial import Adversarial
from ddspec.vocabulary.regularizers.augmentation import Augmentation
from ddspec.vocabulary.regularizers.early_stopping import EarlyStopping
from ddspec.vocabulary.regularizers.input_noise import InputNoise
from ddspec.vocabulary.regularizers.jacobian import Jacobian
from ddspec.vocabulary.regularizers.label_noise_sgd import LabelNoiseSgd
from ddspec.vocabulary.regularizers.label_smoothing import LabelSmoothing
from ddspec.vocabulary.regularizers.mixup import Mixup
from ddspec.vocabulary.regularizers.nuclear import Nuclear
from ddspec.vocabulary.regularizers.path_norm import PathNorm
from ddspec.vocabulary.regularizers.spectral_norm import SpectralNorm
from ddspec.vocabulary.seen import Examples, Network

F64 = torch.float64


def examples(inputs, targets, *, weights=None, key=0, shape=None, classes=None):
    rows = torch.ones(len(inputs), dtype=F64) if weights is None else weights
    shape = shape or tuple(inputs.shape[1:])
    return Examples(inputs, targets, rows, torch.tensor(key), shape, classes)


def network(weights, passed=None):
    return Network(weights, {}, lambda outputs, targets: outputs[:, 0] - targets, passed)


def test_the_path_norm_of_a_small_network_path_by_path():
    """Two inputs, two units, one output: four paths of the inputs, three of biases."""
    first, bias = torch.tensor([[1.0, 2.0], [3.0, -4.0]]), torch.tensor([0.5, -0.5])
    last, shift = torch.tensor([[2.0, -1.0]]), torch.tensor([0.25])
    weights = {"0.weight": first, "0.bias": bias, "2.weight": last, "2.bias": shift}
    for p in (1, 2):
        paths = [
            abs(first[j, i] * last[0, j]) ** p for i, j in itertools.product(range(2), range(2))
        ]
        paths += [abs(bias[j] * last[0, j]) ** p for j in range(2)] + [abs(shift[0]) ** p]
        found = PathNorm(strength=0.5, p=p).objective(
            torch.tensor(1.0), None, network(weights), None
        )
        assert float(found) == pytest.approx(1 + 0.5 * float(sum(paths)))


def test_singular_values_of_known_matrices():
    weights = [torch.diag(torch.tensor([3.0, 1.0])), torch.ones(2), torch.ones(2, 2, 2, 1)]
    assert float(SpectralNorm(strength=1.0).penalty(weights)) == pytest.approx((9 + 8) / 2)
    assert float(Nuclear(strength=1.0).penalty(weights)) == pytest.approx(4 + math.sqrt(8))


def test_the_jacobian_of_a_linear_map_is_its_matrix():
    matrix = torch.randn(3, 5, dtype=F64, generator=torch.Generator().manual_seed(0))
    seen = examples(torch.zeros(4, 5, dtype=F64), None)
    shown = network({}, lambda _, inputs: inputs @ matrix.T)
    exact = float(matrix.square().sum()) / 2
    zero = torch.zeros((), dtype=F64)
    assert float(Jacobian(strength=1.0).objective(zero, seen, shown, None)) == pytest.approx(exact)
    word = Jacobian(strength=1.0, projections=1)
    found = [
        float(word.objective(zero, examples(seen.inputs, None, key=key), shown, None))
        for key in range(400)
    ]
    assert abs(np.mean(found) - exact) < 4 * np.std(found) / math.sqrt(len(found))


def test_padding_counts_nowhere_in_the_jacobian():
    inputs = torch.randn(4, 5, dtype=F64, generator=torch.Generator().manual_seed(0))
    shown = network({}, lambda _, x: (x**2).cumsum(dim=1))
    zero, word = torch.zeros((), dtype=F64), Jacobian(strength=1.0)
    padded = examples(inputs, None, weights=torch.tensor([1.0, 1.0, 1.0, 0.0], dtype=F64))
    whole = float(word.objective(zero, padded, shown, None))
    assert whole == pytest.approx(
        float(word.objective(zero, examples(inputs[:3], None), shown, None))
    )


def test_noise_has_its_deviation_and_is_new_in_every_step():
    inputs = torch.ones(100, 50, dtype=F64)
    word = InputNoise(std=0.3)
    one, other = (word.alter(examples(inputs, None, key=key), None).inputs - 1 for key in (1, 2))
    assert float(one.std()) == pytest.approx(0.3, rel=0.05)
    assert abs(float((one * other).mean())) < 4 * 0.09 / math.sqrt(one.numel())


def test_a_mixture_is_of_one_pair_and_never_of_padding():
    inputs, targets = torch.eye(6, dtype=F64), torch.arange(6) % 3
    weights = torch.tensor([1.0] * 4 + [0.0] * 2, dtype=F64)
    for key in range(20):
        seen = examples(inputs, targets, weights=weights, key=key, classes=3)
        mixed = Mixup(alpha=1.0, per="row").alter(seen, None)
        assert torch.allclose(mixed.inputs.sum(dim=1), torch.ones(6, dtype=F64))
        assert not mixed.inputs[:4, 4:].any()
        assert torch.allclose(
            mixed.targets, mixed.inputs @ nn.functional.one_hot(targets, 3).double()
        )


def test_real_targets_are_mixed_as_the_inputs_are():
    inputs = torch.arange(6, dtype=F64)[:, None]
    mixed = Mixup(alpha=0.5).alter(examples(inputs, 2 * inputs[:, 0] + 1), None)
    assert torch.allclose(mixed.targets, 2 * mixed.inputs[:, 0] + 1)


def test_smoothing_of_tokens_is_that_of_torch():
    generator = torch.Generator().manual_seed(0)
    outputs = torch.randn(3, 4 * 5, dtype=F64, generator=generator)
    targets = torch.tensor([[0, 1, 2, -1], [4, -1, -1, -1], [1, 1, 3, 2]])

    def mean(share):
        rows = [
            nn.functional.cross_entropy(each, wanted, ignore_index=-1, label_smoothing=share)
            for each, wanted in zip(outputs.view(3, 4, 5), targets, strict=True)
        ]
        return torch.stack(rows).mean()

    seen = examples(torch.zeros(3, 4), targets, classes=5)
    word = LabelSmoothing(share=0.1)
    assert word.alter(seen, None) is seen
    found = word.objective(mean(0.0), seen, None, outputs)
    assert float(found) == pytest.approx(float(mean(0.1)), rel=1e-12)


def test_labels_are_drawn_anew_with_their_probability():
    targets = torch.zeros(4000, dtype=torch.int64)
    seen = examples(torch.zeros(4000, 1), targets, classes=4)
    found = LabelNoiseSgd(share=0.4).alter(seen, None).targets
    counts = torch.bincount(found, minlength=4) / 4000
    assert counts.tolist() == pytest.approx([0.7, 0.1, 0.1, 0.1], abs=0.03)


def test_images_are_moved_as_a_whole():
    """Every window of the padded image, mirrored or not, and nothing else."""
    image = torch.arange(1.0, 13.0, dtype=F64).view(1, 3, 4)
    padded = nn.functional.pad(image, (1, 1, 1, 1))
    windows = [padded[:, i : i + 3, j : j + 4] for i, j in itertools.product(range(3), range(3))]
    possible = {tuple(w.flatten().tolist()) for v in windows for w in (v, v.flip(2))}
    inputs = image.flatten()[None].expand(600, 12)
    seen = examples(inputs, None, shape=(1, 3, 4))
    found = [tuple(row.tolist()) for row in Augmentation(crop=1).alter(seen, None).inputs]
    assert set(found) == possible


def test_channels_move_together():
    inputs = torch.rand(5, 1 * 6 * 6, dtype=F64).repeat(1, 3)
    seen = examples(inputs, None, shape=(3, 6, 6), key=4)
    moved = Augmentation().alter(seen, None).inputs.view(5, 3, 36)
    assert torch.equal(moved[:, 0], moved[:, 2])


def test_the_fast_gradient_sign_of_a_linear_loss():
    slopes = torch.tensor([1.0, -2.0, 0.0], dtype=F64)
    shown = network({}, lambda _, inputs: (inputs @ slopes)[:, None])
    seen = examples(torch.zeros(2, 3, dtype=F64), torch.zeros(2, dtype=F64))
    found = Adversarial(radius=0.5).alter(seen, shown).inputs
    assert found.tolist() == [[0.5, -0.5, 0.0]] * 2


@pytest.mark.parametrize("norm", ["max", "l2"])
def test_attacks_stay_within_their_ball_and_the_range_of_inputs(norm):
    shown = network({}, lambda _, inputs: (inputs**3).sum(dim=1, keepdim=True))
    inputs = torch.rand(20, 6, dtype=F64, generator=torch.Generator().manual_seed(0))
    seen = examples(inputs, torch.zeros(20, dtype=F64), key=3)
    word = Adversarial(radius=0.3, steps=5, norm=norm, random=True, low=0.0, high=1.0)
    moved = word.alter(seen, shown).inputs - inputs
    sizes = moved.abs().amax(dim=1) if norm == "max" else moved.norm(dim=1)
    assert float(sizes.max()) <= 0.3 + 1e-12
    assert 0 <= float((inputs + moved).min()) <= float((inputs + moved).max()) <= 1
    assert float((inputs + moved).pow(3).sum() - inputs.pow(3).sum()) > 1


def test_patience_counts_looks_without_improvement():
    judge = EarlyStopping(patience=2, least=0.1).watch().judge
    noted, told = {}, []
    risks = [[1.0, 1.0], [0.95, 0.5], [0.85, math.nan], [0.84, math.nan], [0.8, 0.6]]
    for look, risk in enumerate(risks):
        keep, over, noted = judge(torch.tensor(risk, dtype=F64), noted, torch.tensor(float(look)))
        told.append((keep.tolist(), over.tolist()))
    assert told == [
        ([True, True], [False, False]),
        ([False, True], [False, False]),  # better by less than `least`
        ([True, False], [False, False]),
        ([False, False], [False, True]),
        ([False, False], [True, True]),
    ]
