"""Lists of words as values: written in place, declared, nested, over axes; and their ids."""

import pytest

from ddspec.plan.expand import expand
from ddspec.plan.identity import canonical
from ddspec.spec.labels import word_text
from ddspec.vocabulary.datasets.cifar10 import Cifar10
from ddspec.vocabulary.transforms.class_imbalance import ClassImbalance
from ddspec.vocabulary.transforms.downsample import Downsample
from ddspec.vocabulary.transforms.feature_noise import FeatureNoise
from ddspec.vocabulary.transforms.grey import Grey
from ddspec.vocabulary.transforms.normalize import Normalize
from tests.spec.specs import codes, experiment

SPEC = """dd 1

{top}

train fit {{
  optimizer: sgd(lr: 0.1)
  loss:      cross_entropy
  batch:     100 samples
  for:       10 epochs
}}

experiment e {{
  dataset:      cifar10(samples: 100, transform: {written})
  architecture: mlp(hidden: [4])
  train:        fit

  sweep {{
    {sweep}
    seed in 0..<2
  }}
}}
"""


def spec(written, top="", sweep=""):
    return SPEC.format(written=written, top=top, sweep="\n    ".join(sweep.split("; ")))


def transforms(*arguments, **settings):
    return [each.transform for each in experiment(spec(*arguments, **settings)).dataset.values]


SMALL = (Grey(), Downsample(to=100))


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("none", ()),
        ("[]", ()),
        ("grey()", (Grey(),)),
        ("grey", (Grey(),)),
        ("(grey())", (Grey(),)),
        ("[grey(), downsample(100)]", SMALL),
        ("[grey, [downsample(100)], none]", SMALL),
        ("[downsample(to: 10 * 10)]", (Downsample(to=100),)),
        ("if 1 > 2 then none else [grey()]", (Grey(),)),
    ],
)
def test_a_list_a_word_or_none(written, value):
    assert transforms(written) == [value]


@pytest.mark.parametrize(
    "top",
    [
        "transform small = [grey(), downsample(100)]",
        "let small = [grey(), downsample(100)]",
        "transform less = downsample(100)\ntransform small = ([grey(), less])",
        "transform less(k) = [downsample(k)]\ntransform small = [grey(), less(100)]",
        "let k = 100\ntransform less = downsample(k)\nlet small = [grey, less]",
    ],
)
def test_declared_lists_mean_what_they_say(top):
    assert transforms("small", top) == [SMALL]
    assert transforms("[small, normalize()]", top) == [(*SMALL, Normalize())]


def test_a_declared_list_may_have_the_name_of_a_word():
    assert transforms("grey", "transform grey = [grey(), normalize()]") == [(Grey(), Normalize())]


def test_lists_are_points_of_an_axis():
    sweep = "change in {none, grey(), [grey(), downsample(100)], small}"
    found = experiment(spec("change", "transform small = [downsample(4)]", sweep))
    assert [d.transform for d in found.dataset.values] == [
        (),
        (Grey(),),
        SMALL,
        (Downsample(to=4),),
    ]
    labels = ("none", "grey()", "[grey(), downsample(100)]", "small")
    assert found.axes[0].labels == labels


def test_values_inside_a_list_read_axes():
    found = transforms("[grey(), feature_noise(level)]", sweep="level in {0, 0.5}")
    assert found == [(Grey(), FeatureNoise(std=level)) for level in (0.0, 0.5)]


def test_shares_are_lists_of_numbers():
    shares = "[100%, 50%, 0.25, 1, 1, 1, 1, 1, 1, 1]"
    (found,) = transforms(f"class_imbalance(shares: {shares})")
    assert found == (ClassImbalance(shares=(1.0, 0.5, 0.25, *[1.0] * 7)),)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("[grey(), gray()]", "DD101"),
        ("[grey(), l2(1)]", "DD116"),
        ("5", "DD204"),
        ("[5]", "DD204"),
        ("[downsample(0)]", "DD302"),
        ("[downsample()]", "DD106"),
        ("[grey(), grey()]", "DD312"),
        ("downsample(99)", "DD312"),
    ],
)
def test_what_is_no_list_of_transforms_is_told(written, code):
    assert codes(spec(written)) == [code]


@pytest.mark.parametrize(
    ("top", "code"),
    [
        ("transform small = [gray()]", "DD101"),
        ("transform small = [small]", "DD115"),
        ("transform small(k) = [downsample(k)]", "DD106"),
        ("dataset small = mnist(samples: 10)", "DD116"),
    ],
)
def test_what_is_wrong_with_a_declared_list_is_told_once(top, code):
    assert codes(spec("small", top)) == [code]


def test_a_list_nothing_uses_is_read_and_reported():
    assert codes(spec("none", "transform small = [downsample(0)]")) == ["DD302"]
    assert codes(spec("none", "transform small = [grey(), normalize()]")) == ["DD107"]


def test_samples_are_counted_as_the_transforms_take_them():
    text = SPEC.replace("samples: 100", "samples: {samples}")
    pairs = [text.replace("{samples}", str(n)) for n in (50_000**2, 50_000**2 + 1)]
    filled = [each.format(written="concatenated()", top="", sweep="") for each in pairs]
    assert [codes(each) for each in filled] == [[], ["DD301"]]


# --- ids and texts -----------------------------------------------------------------------------


def form(*words):
    return canonical(Cifar10(samples=100, transform=words))


def test_the_order_of_transforms_is_part_of_the_id_and_none_is_not():
    assert "transform" not in form()
    assert form(Grey(), Normalize()) != form(Normalize(), Grey())
    assert form(Normalize(), FeatureNoise(std=0.0)) == form(Normalize())


def test_spellings_of_one_list_are_one_cell():
    top = "transform small = [grey(), downsample(100)]"
    sweep = "change in {small, [grey(), downsample(10 ^ 2)], [[grey], downsample(to: 100)]}"
    assert len(expand(experiment(spec("change", top, sweep)))) == 2


def test_a_dataset_is_written_with_its_transforms():
    word = Cifar10(samples=100, transform=(Grey(), Downsample(to=100)))
    assert word_text(word) == "cifar10(samples: 100, transform: [grey(), downsample(to: 100)])"
