"""Values as tables over the axes they read."""

import math

import pytest

from ddspec.spec.model import Seed
from ddspec.vocabulary.regularizers.l1 import L1
from ddspec.vocabulary.regularizers.l2 import L2
from ddspec.vocabulary.schema import Duration
from tests.spec.specs import codes, experiment, solved, trained


def test_a_part_reads_only_its_axes():
    found = experiment(
        trained(
            "width in {1, 2, 3}; n in {100, 200}; seed in 0..<2",
            hidden="[width, 2 * width]",
            samples="n",
        )
    )
    assert found.architecture.axes == ("width",)
    assert [a.hidden for a in found.architecture.values] == [(1, 2), (2, 4), (3, 6)]
    assert [d.samples for d in found.dataset.values] == [100, 200]
    assert found.regularizer.axes == ()
    assert found.shape == (3, 2, 2)


def test_lengths_in_epochs_become_steps_of_each_training_set():
    found = experiment(trained("n in {1_000, 50, 2_050}", samples="n"))
    assert found.train.axes == ("n",)
    assert [t.duration.count for t in found.train.values] == [100, 10, 210]
    assert {t.duration.unit for t in found.train.values} == {"steps"}


def test_lengths_in_steps_read_no_samples():
    found = experiment(trained("n in {1_000, 50}", samples="n", length="7 steps"))
    assert found.train.axes == ()
    assert found.train.values[0].duration == Duration(7, "steps")


def test_lengths_inside_schedules_become_steps_too():
    found = experiment(trained(lr="step(0.1, factor: 0.5, every: 2 epochs)"))
    assert found.train.values[0].optimizer.lr.every == Duration(20, "steps")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0.1 / sqrt(width)", 0.05),
        ("(1 + 2) * 0.1", 0.3),
        ("2^-3", 0.125),
        ("min(width, 2) / 10", 0.2),
        ("1 - 1 / 3", 2 / 3),
        ("if width > 2 then 0.25 else 0.5", 0.25),
        ("base / width", 0.25),
        ("exp(log(0.5))", 0.5),
        ("abs(-0.5)", 0.5),
    ],
)
def test_arithmetic_is_exact_until_a_field_takes_it(written, value):
    text = trained("width in {4, 4}", hidden="[width]", lr=written, top="let base = 1")
    found = experiment(text)
    assert found.train.values[0].optimizer.lr.rate == value


@pytest.mark.parametrize(
    ("procedure", "expected"),
    [("solved", Seed(data=3)), ("trained", Seed(data=3, init=3, order=3))],
)
def test_streams_a_cell_does_not_read_have_seed_0(procedure, expected):
    text = {"solved": solved, "trained": trained}[procedure]("seed in {3}")
    assert experiment(text).seed.values == (expected,)


def test_random_features_read_init_when_solved():
    text = solved("seed in {3}").replace("linear(features: 20)", "random_features(features: 20)")
    assert experiment(text).seed.values == (Seed(data=3, init=3),)


def test_split_seeds_set_their_own_streams():
    found = experiment(trained("seed.init in {1, 2}; seed.data in {7}"))
    assert [axis.name for axis in found.axes] == ["seed_init", "seed_data"]
    assert [axis.spelling for axis in found.axes] == ["seed.init", "seed.data"]
    assert found.seed.values == (Seed(data=7, init=1), Seed(data=7, init=2))


def test_seeds_depend_on_the_procedure_where_it_is_an_axis():
    text = solved("way in {least_squares(), fit}; seed in {5}", top=(
        "train fit {\n optimizer: sgd(lr: 0.1)\n loss: mse\n batch: 4\n for: 2 epochs\n}"
    )).replace("train:        least_squares()", "train: way")  # fmt: skip
    found = experiment(text)
    assert found.seed.axes == ("way", "seed")
    assert found.seed.values == (Seed(data=5), Seed(data=5, init=5, order=5))


def test_a_composition_is_sorted_and_has_no_neutral_term():
    found = experiment(trained(regularizer="l2(1) + dropout(0%) + l1(2)"))
    assert found.regularizer.values == ((L1(strength=2.0), L2(strength=1.0)),)


def test_a_strength_may_be_an_axis():
    found = experiment(trained("s in {0, 1}; reg in l2(s) | none", regularizer="reg"))
    assert found.regularizer.axes == ("s", "reg")
    assert found.regularizer.values == ((), (), (L2(strength=1.0),), ())


def test_a_tuned_number_is_an_axis_of_candidates():
    text = solved(
        "seed in 0..<2",
        regularizer="2 * l2(tune({1, 10}, minimise: validation_loss, across: seed))",
    )
    found = experiment(text)
    axis = found.axis("l2_strength_tuned")
    assert (axis.kind, axis.labels) == ("tuned", (1, 10))
    assert (axis.criterion, axis.across) == ("validation_loss", ("seed",))
    assert found.regularizer.values == ((L2(strength=2.0),), (L2(strength=20.0),))


def test_one_tuning_serves_every_composition_it_is_in():
    top = "regularizer ridge = l2(tune({1, 2}, minimise: validation_loss))"
    text = solved("reg in none | ridge | ridge", top=top, regularizer="reg")
    found = experiment(text)
    assert [axis.name for axis in found.axes] == ["reg", "l2_strength_tuned"]
    assert found.axis("reg").labels == ("none", "ridge")


def test_filters_are_tables_of_their_axes():
    found = experiment(
        trained(
            "width in {1, 2, 4}; n in {100, 400}; where width < 4; except width == 1 and n > 100",
            hidden="[width]",
            samples="n",
        )
    )
    first, second = found.keep
    assert (first.axes, first.values) == (("width",), (True, True, False))
    assert second.axes == ("width", "n")
    assert second.values == (True, False, True, True, True, True)


def test_a_filter_can_ask_for_a_composition():
    text = trained(
        "reg in subsets(l2(1) + dropout(20%)); where reg has l2 or reg is none", regularizer="reg"
    )
    assert experiment(text).keep[0].values == (True, True, False, True)


def test_a_filter_says_nothing_where_its_axis_is_absent():
    text = trained(
        "reg in dropout(rate)?; when reg has dropout { rate in {10%, 20%} }; where rate > 10%",
        regularizer="reg",
    )
    assert experiment(text).keep[1].values == (False, True, True)


def test_a_derived_quantity_reads_what_changes_it():
    found = experiment(
        trained("width in {1, 2}; n in {100, 200}; reg in none | l2(1); let ratio = parameters / n",
                hidden="[width]", samples="n", regularizer="reg")
    )  # fmt: skip
    ratio = found.derived["ratio"]
    assert ratio.axes == ("width", "n")
    assert ratio.values == (61 / 100, 61 / 200, 112 / 100, 112 / 200)


def test_a_derived_quantity_is_nan_where_its_axis_is_absent():
    text = trained(
        "reg in none | dropout(rate); when reg has dropout { rate in {50%} }; let kept = 1 - rate",
        regularizer="reg",
    )
    values = experiment(text).derived["kept"].values
    assert values[0] == 0.5
    assert math.isnan(values[1])


def test_a_value_out_of_range_matters_only_where_it_is_kept():
    text = "s in {-1, 1}; where s > 0"
    assert codes(trained(text, regularizer="l2(s)")) == []
    assert codes(trained("s in {-1, 1}", regularizer="l2(s)")) == ["DD302"]


def test_a_trajectory_is_read_off_and_no_dimension():
    found = experiment(trained("epochs in {0, 1, 10}; seed in 0..<2"))
    assert (found.trajectory.unit, found.trajectory.points) == ("epochs", (0, 1, 10))
    assert [axis.name for axis in found.axes] == ["seed"]


def test_a_restart_trains_anew_at_every_point():
    found = experiment(trained("epochs in restart({1, 5})", lr="cosine(0.1)"))
    assert found.trajectory.points == ()
    assert (found.axes[0].kind, found.axes[0].unit) == ("design", "epochs")
    assert [t.duration.count for t in found.train.values] == [10, 50]


def test_equal_values_of_a_table_are_one_object():
    found = experiment(trained("n in {1_000, 999}", samples="n"))
    assert found.train.values[0] is found.train.values[1]


def test_a_grid_of_ten_million_points_has_small_tables():
    text = trained(
        "width in 1..100; n in 10..1000 by 10; rate in log 1e-3..1 points 10; "
        "s in log 1e-6..1 points 10; seed in 0..<10; where parameters < 100 * n",
        hidden="[width]", samples="n", lr="rate", regularizer="l2(s)", length="3 epochs",
    )  # fmt: skip
    found = experiment(text)
    parts = (found.dataset, found.architecture, found.regularizer, found.train, found.seed)
    assert found.size == 10_000_000
    assert [len(part.values) for part in parts] == [100, 100, 10, 1000, 10]
    assert [len(table.values) for table in found.keep] == [10_000]
