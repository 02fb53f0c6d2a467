"""A dataset becomes few enough curves, each where it belongs."""

import numpy as np
import pytest

from ddspec.figures.curves import MOST, PANELS, drawing, x_axis
from tests.analysis.made import read_at, risks

FALLING = [[0.4, 0.6], [0.2, 0.4], [0.0, 0.0], [0.0, 0.0]]


def curves(dataset):
    return [curve for panel in drawing(dataset).panels for curve in panel.curves]


def many(**axes):
    """Noise-free risks over these axes, width and seed."""
    shape = (*map(len, axes.values()), 4, 2)
    return risks(np.broadcast_to(FALLING, shape), **axes)


def test_a_curve_is_the_mean_over_seeds_with_its_standard_error():
    (curve,) = curves(risks(FALLING, [[0.5, 0.5], [0.3, 0.5], [0.6, 0.6], [0.2, 0.2]]))
    np.testing.assert_allclose(curve.x, [2, 4, 8, 16])
    np.testing.assert_allclose(curve.train, [0.5, 0.3, 0, 0], rtol=1e-6)
    np.testing.assert_allclose(curve.test, [0.5, 0.4, 0.6, 0.2], rtol=1e-6)
    np.testing.assert_allclose(curve.spread[1], [0, 0.1, 0, 0], atol=1e-7)
    assert curve.threshold == 8


def test_risk_is_of_the_end_of_training():
    dataset = risks(FALLING)
    (curve,) = curves(read_at(dataset, early=0.9))
    np.testing.assert_allclose(curve.train, [0.5, 0.3, 0, 0], rtol=1e-6)


def test_points_are_in_the_order_of_x_without_the_missing_ones():
    dataset = risks([[0.1], [np.nan], [0.3], [0.4]], widths=(16, 4, 8, 2))
    (curve,) = curves(dataset)
    assert curve.x.tolist() == [2, 8, 16]
    np.testing.assert_allclose(curve.test, [0.4, 0.3, 0.1], rtol=1e-6)


def test_what_is_fitted_from_the_first_point_on_has_no_threshold():
    (curve,) = curves(risks([[0.0], [0.0], [0.0], [0.0]]))
    assert np.isnan(curve.threshold)


def test_each_combination_is_a_curve_with_readable_words():
    dataset = many(noise=(0.0, 0.15), reg=("none", "decay"))
    assert [curve.label for curve in curves(dataset)] == [
        "label noise 0%, none",
        "label noise 0%, decay",
        "label noise 15%, none",
        "label noise 15%, decay",
    ]
    assert [curve.color for curve in curves(dataset)] == [0, 1, 2, 3]


def test_an_axis_of_one_value_is_not_mentioned():
    (curve,) = curves(many(noise=(0.15,)))
    assert curve.label == ""


def test_many_combinations_are_spread_over_panels_in_the_same_colors():
    shown = drawing(many(noise=(0.0, 0.15), reg=("none", "a", "b", "a + b")))
    assert [panel.title for panel in shown.panels] == ["label noise 0%", "label noise 15%"]
    for panel in shown.panels:
        assert [curve.label for curve in panel.curves] == ["none", "a", "b", "a + b"]
        assert [curve.color for curve in panel.curves] == [0, 1, 2, 3]
    assert shown.shown == ""


@pytest.mark.parametrize(
    "axes",
    [
        {"reg": [f"r{n}" for n in range(40)]},
        {"noise": np.linspace(0, 0.3, 7), "lr": np.linspace(1, 2, 9), "depth": range(1, 8)},
    ],
)
def test_a_page_never_overflows_and_says_what_it_leaves_out(axes):
    shown = drawing(many(**axes))
    assert len(shown.panels) <= PANELS
    assert all(len(panel.curves) <= MOST for panel in shown.panels)
    assert " of 40 values of regularizer" in shown.shown or " of 9 values of lr" in shown.shown


def test_a_combination_without_cells_is_no_curve():
    dataset = many(noise=(0.0, 0.15))
    dataset["test_error"][{"noise": 1}] = np.nan
    assert [curve.label for curve in curves(dataset)] == ["label noise 0%"]


def test_without_errors_losses_are_drawn():
    dataset = risks([[4.0], [2.0], [0.01], [0.0]])
    dataset = dataset.rename(train_error="train_loss", test_error="test_loss")
    assert drawing(dataset).risk == "loss"
    assert curves(dataset)[0].threshold == 8


def test_width_is_x_then_the_first_numeric_axis():
    assert x_axis(many(noise=(0.0, 0.15))) == "width"
    plain = many(reg=("a", "b"), noise=(0.0, 0.15), lr=(1.0, 2.0)).isel(width=0, drop=True)
    assert x_axis(plain) == "noise"


def test_without_a_numeric_axis_epochs_are_x():
    dataset = read_at(many(reg=("a", "b")), early=0.9).isel(width=1)
    shown = drawing(dataset)
    assert shown.x == "epochs"
    np.testing.assert_allclose(shown.panels[0].curves[0].test, [0.9, 0.3], rtol=1e-6)


def test_without_any_x_there_is_one_point_a_combination():
    shown = drawing(many(reg=("a", "b")).isel(width=1))
    assert shown.x == ""
    assert [curve.test.tolist() for curve in shown.panels[0].curves] == [
        pytest.approx([0.3]),
        pytest.approx([0.3]),
    ]


def test_runs_say_over_what_is_averaged():
    dataset = risks(FALLING)
    assert drawing(dataset).runs == "2 seeds"
    assert drawing(dataset.isel(seed=[0])).runs == ""
    parts = dataset.expand_dims(seed_init=[0, 1, 2]).rename(seed="seed_data")
    parts.attrs["sample_dims"] = "seed_data seed_init"
    assert drawing(parts).runs == "6 runs"


def test_nothing_finished_is_no_panel():
    assert drawing(risks(np.full((4, 2), np.nan))).panels == ()
