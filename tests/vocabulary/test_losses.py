"""Losses of classes, shares of classes, reals and tokens, against torch's and by hand."""

import math

import pytest
import torch
from sklearn.metrics import hinge_loss
from torch import nn
from torch.func import grad, vmap

from ddspec.vocabulary.losses.cross_entropy import CrossEntropy
from ddspec.vocabulary.losses.hinge import Hinge
from ddspec.vocabulary.losses.logistic import Logistic
from ddspec.vocabulary.losses.logit_adjusted import LogitAdjusted
from ddspec.vocabulary.losses.mse import Mse
from ddspec.vocabulary.losses.polynomially_tailed import PolynomiallyTailed
from ddspec.vocabulary.losses.vector_scaling import VectorScaling

GENERATOR = torch.Generator().manual_seed(0)
OUTPUTS = torch.randn(20, 4, dtype=torch.float64, generator=GENERATOR) * 3
TARGETS = torch.randint(0, 4, (20,), generator=GENERATOR)
SHARES = torch.rand(20, 4, dtype=torch.float64, generator=GENERATOR)
SHARES = SHARES / SHARES.sum(dim=1, keepdim=True)
HOT = nn.functional.one_hot(TARGETS, 4).double()
PRIORS = (0.5, 0.3, 0.15, 0.05)
OF_CLASSES = {
    "cross_entropy": CrossEntropy(),
    "mse": Mse(),
    "hinge": Hinge(),
    "hinge squared": Hinge(squared=True, margin=2.0),
    "logistic": Logistic(),
    "polynomially_tailed": PolynomiallyTailed(alpha=2.0),
    "vector_scaling": VectorScaling(scale=(1.0, 0.5, 0.3, 2.0), shift=(0.0, -1.0, 1.0, 2.0)),
    "logit_adjusted": LogitAdjusted(priors=PRIORS),
}


def same(found, expected):
    return torch.allclose(found, expected, rtol=1e-12, atol=1e-14)


def test_cross_entropy_of_shares_equals_that_of_torch():
    expected = nn.functional.cross_entropy(OUTPUTS, SHARES, reduction="none")
    assert same(CrossEntropy().each(OUTPUTS, SHARES), expected)


def test_cross_entropy_of_shares_of_huge_outputs_is_finite():
    outputs = torch.tensor([[1e30, -1e30]], dtype=torch.float64)
    shares = torch.tensor([[0.5, 0.5]], dtype=torch.float64)
    assert CrossEntropy().each(outputs, shares).tolist() == pytest.approx([1e30])


def test_cross_entropy_of_tokens_is_the_mean_over_those_there_are():
    outputs = torch.randn(3, 5, 7, dtype=torch.float64, generator=GENERATOR)
    tokens = torch.randint(0, 7, (3, 5), generator=GENERATOR)
    tokens[0, 3:], tokens[1, 0], tokens[2] = -1, -1, -1
    found = CrossEntropy().each(outputs.flatten(1), tokens)
    for row in (0, 1):
        expected = nn.functional.cross_entropy(outputs[row], tokens[row], ignore_index=-1)
        assert same(found[row], expected)
    assert found[2] == 0  # there are none


def test_mse_takes_one_real_several_and_shares():
    reals = OUTPUTS[:, :1] + 2
    assert same(Mse().each(OUTPUTS[:, :1], reals[:, 0]), torch.full((20,), 4.0).double())
    expected = nn.functional.mse_loss(OUTPUTS, SHARES, reduction="none").mean(dim=1)
    assert same(Mse().each(OUTPUTS, SHARES), expected)


@pytest.mark.parametrize("name", OF_CLASSES)
def test_certain_shares_are_classes(name):
    word = OF_CLASSES[name]
    assert same(word.each(OUTPUTS, HOT), word.each(OUTPUTS, TARGETS))


@pytest.mark.parametrize("name", OF_CLASSES)
def test_losses_may_be_mapped_and_differentiated(name):
    word = OF_CLASSES[name]
    outputs, targets = OUTPUTS.reshape(2, 10, 4), TARGETS.reshape(2, 10)
    slopes = vmap(grad(lambda o, t: word.each(o, t).mean()))(outputs, targets)
    for one in range(2):
        alone = outputs[one].clone().requires_grad_()
        word.each(alone, targets[one]).mean().backward()
        assert same(slopes[one], alone.grad)
        assert torch.autograd.gradcheck(lambda o, one=one: word.each(o, targets[one]), alone)


def test_the_hinge_is_that_of_crammer_and_singer():
    found = Hinge().each(OUTPUTS, TARGETS)
    assert float(found.mean()) == pytest.approx(hinge_loss(TARGETS, OUTPUTS), rel=1e-14)
    squared = Hinge(squared=True).each(OUTPUTS, TARGETS)
    assert same(squared, found**2)


def test_the_hinge_of_two_classes_is_that_of_their_difference():
    two, classes = OUTPUTS[:, :2], TARGETS % 2
    difference = two[:, 1] - two[:, 0]
    by_hand = (1 - (2 * classes - 1) * difference).clamp(min=0)
    assert same(Hinge().each(two, classes), by_hand)
    assert float(by_hand.mean()) == pytest.approx(hinge_loss(classes, difference), rel=1e-14)
    assert same(Hinge().each(difference[:, None], classes), by_hand)


def test_equal_largest_outputs_have_no_margin():
    outputs = torch.tensor([[2.0, 2.0, 1.0]], dtype=torch.float64)
    for target, loss in ((0, 1.0), (1, 1.0), (2, 2.0)):
        assert Hinge().each(outputs, torch.tensor([target])).tolist() == [loss]


def test_the_logistic_loss_is_one_classifier_a_class():
    expected = nn.functional.binary_cross_entropy_with_logits(OUTPUTS, HOT, reduction="none")
    assert same(Logistic().each(OUTPUTS, TARGETS), expected.mean(dim=1))
    assert same(
        Logistic().each(OUTPUTS, TARGETS),
        nn.MultiLabelSoftMarginLoss(reduction="none")(OUTPUTS, HOT),
    )
    one, classes = OUTPUTS[:, :1], TARGETS % 2
    signed = (2 * classes - 1) * one[:, 0]
    assert same(Logistic().each(one, classes), torch.log1p(torch.exp(-signed)))


def test_the_logistic_loss_of_huge_outputs_is_exact():
    outputs = torch.tensor([[40.0], [-800.0]], dtype=torch.float64)
    found = Logistic().each(outputs, torch.tensor([1, 1]))
    assert found.tolist() == pytest.approx([math.exp(-40), 800.0], rel=1e-12)


@pytest.mark.parametrize("alpha", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("beta", [0.0, 1.0, 2.5])
def test_the_polynomial_tail_is_the_formula(alpha, beta):
    word = PolynomiallyTailed(alpha=alpha, beta=beta)
    z = torch.linspace(-5, 8, 27, dtype=torch.float64)
    found = word.each(z[:, None], torch.ones(27, dtype=torch.int64))
    for margin, loss in zip(z.tolist(), found.tolist(), strict=True):
        left = math.log1p(math.exp(-margin)) / math.log1p(math.exp(-beta))
        expected = left if margin < beta else (margin - (beta - 1)) ** -alpha
        assert loss == pytest.approx(expected, rel=1e-13)


def test_the_polynomial_tail_has_the_margin_of_several_classes():
    outputs = torch.tensor([[5.0, 1.0, 2.0]], dtype=torch.float64)
    assert PolynomiallyTailed(alpha=2.0).each(outputs, torch.tensor([0])).tolist() == [1 / 9]


def test_vector_scaling_is_cross_entropy_of_adjusted_outputs():
    scale, shift = (1.0, 0.5, 0.3, 2.0), (0.0, -1.0, 1.0, 2.0)
    adjusted = OUTPUTS * torch.tensor(scale) + torch.tensor(shift)
    expected = nn.functional.cross_entropy(adjusted, TARGETS, reduction="none")
    assert torch.allclose(VectorScaling(scale=scale, shift=shift).each(OUTPUTS, TARGETS), expected)
    plain = nn.functional.cross_entropy(OUTPUTS, TARGETS, reduction="none")
    assert same(VectorScaling().each(OUTPUTS, TARGETS), plain)


def test_logit_adjustment_expects_the_priors():
    shift = 1.5 * torch.tensor(PRIORS, dtype=torch.float64).log()
    expected = nn.functional.cross_entropy(OUTPUTS + shift, TARGETS, reduction="none")
    assert same(LogitAdjusted(priors=PRIORS, tau=1.5).each(OUTPUTS, TARGETS), expected)
    scaled = LogitAdjusted(priors=tuple(100 * p for p in PRIORS), tau=1.5)  # counts do as well
    assert same(scaled.each(OUTPUTS, TARGETS), expected)


@pytest.mark.parametrize("name", OF_CLASSES)
def test_weights_of_samples_multiply_any_loss(name):
    """As a stack's step weighs its rows: the weighted mean, which torch's class weights give."""
    word = OF_CLASSES[name]
    by_class = torch.tensor([1.0, 2.0, 0.5, 4.0], dtype=torch.float64)
    weights = by_class[TARGETS]
    repeated = torch.cat([TARGETS, *(TARGETS[TARGETS == 1], TARGETS[TARGETS == 3].repeat(3))])
    outputs = torch.cat([OUTPUTS, OUTPUTS[TARGETS == 1], OUTPUTS[TARGETS == 3].repeat(3, 1)])
    half = torch.where(repeated == 2, 0.5, 1.0).double()
    counted = (word.each(outputs, repeated) * half).sum() / half.sum()
    weighed = (word.each(OUTPUTS, TARGETS) * weights).sum() / weights.sum()
    assert same(weighed, counted)
    if name == "cross_entropy":
        assert same(weighed, nn.functional.cross_entropy(OUTPUTS, TARGETS, weight=by_class))
