"""Two specs to what is different between them."""

import pytest

from ddspec.plan.comparing import compare
from ddspec.plan.expand import expand
from ddspec.spec.check import check
from tests.spec.specs import trained


def difference(before, after):
    sides = []
    for text in (before, after):
        spec, problems, _ = check(text, "spec.dd")
        assert spec is not None, problems
        sides.append([expand(each) for each in spec.experiments])
    (found,) = compare(*sides)
    return found


OLD = trained("width in {2, 4}; seed in 0..<2", hidden="[width]")


def settings(found):
    return [(each.setting, each.before, each.after, each.points) for each in found.settings]


@pytest.mark.parametrize(
    "new",
    [
        OLD,
        OLD.replace("width", "breadth").replace("breadth in", "breadth  in"),
        OLD.replace("1000", "1_000").replace("lr: 0.1", "lr: 1e-1"),
    ],
)
def test_names_and_spelling_change_no_cell(new):
    found = difference(OLD, new)
    assert (found.same, found.dropped, found.added, found.settings) == (4, (), (), ())
    assert found.any == ("breadth" in new)  # the dimension of the dataset is called otherwise


def test_a_longer_axis_adds_cells_and_says_which_labels():
    found = difference(OLD, OLD.replace("{2, 4}", "{2, 8}"))
    assert (found.same, len(found.dropped), len(found.added)) == (2, 2, 2)
    (axis,) = found.axes
    assert (axis.axis, axis.dropped, axis.added) == ("width", ("4",), ("8",))
    assert not found.settings


def test_a_changed_setting_is_named_with_both_values():
    found = difference(OLD, OLD.replace("lr: 0.1", "lr: 0.2"))
    assert settings(found) == [("train.optimizer.lr", "0.1", "0.2", 4)]
    assert len(found.added) == len(found.dropped) == 4


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("sgd(lr: 0.1)", "adam(lr: 0.1)", ("train.optimizer", "sgd(lr: 0.1)", "adam(lr: 0.1)")),
        ("10 epochs", "20 epochs", ("train.for", "10 epochs", "20 epochs")),
        ("regularizer:  none", "regularizer: l1(2)", ("regularizer", "none", "l1(strength: 2)")),
        ("0%", "wrong(5%)", ("dataset.label_noise", "0", "wrong(share: 0.05)")),
        ("mlp(hidden", "mlp(init: he, hidden", ("architecture.init", "pytorch", "he")),
    ],
)
def test_a_changed_word_is_named(old, new, expected):
    assert old in OLD
    assert settings(difference(OLD, OLD.replace(old, new))) == [(*expected, 4)]


def test_a_strength_that_differs_at_the_same_label_is_found():
    one = "regularizer decay = l2({})"
    texts = [
        trained("reg in decay?; seed in {{0}}", top=one.format(x), regularizer="reg")
        for x in ("1e-4", "1e-3")
    ]
    found = difference(*texts)
    assert settings(found) == [("regularizer.l2.strength", "0.0001", "0.001", 1)]
    assert found.same == 1


def test_an_axis_of_one_side_only_is_a_reason_and_not_a_setting():
    new = OLD.replace("seed in", "noise in {0%, 15%}\n seed in").replace("0%)", "noise)", 1)
    found = difference(OLD, new)
    assert [(each.axis, each.whole) for each in found.axes] == [("noise", "after")]
    assert (found.same, len(found.added), found.settings) == (4, 4, ())


def test_other_readings_of_the_same_cells_are_a_difference():
    found = difference(OLD, OLD.replace("seed in", "epochs in {1, 5}\n seed in"))
    assert found.same == 4
    assert found.readings == ("read at the end of training, now at 2 epochs 1..5",)
    assert found.any


def test_an_experiment_that_is_called_otherwise_is_the_same_one():
    found = difference(OLD, OLD.replace("experiment e", "experiment f"))
    assert (found.before, found.after, found.same, found.any) == ("e", "f", 4, True)


def test_of_several_experiments_those_of_other_names_are_new_or_gone():
    both = OLD + "\nexperiment longer amends e { train: fit with { for: 20 epochs } }\n"
    sides = [
        [expand(each) for each in check(text, "spec.dd")[0].experiments] for text in (both, OLD)
    ]
    same, gone = compare(*sides)
    assert (same.any, gone.before, gone.after, len(gone.dropped)) == (False, "longer", "", 4)
