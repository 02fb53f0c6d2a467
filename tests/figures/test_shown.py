"""What the figures of the catalogue draw: numbers, not pixels."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from ddspec.analysis.bands import band
from ddspec.analysis.composition.effects import effects
from ddspec.analysis.phenomena.monotonicity import monotone
from ddspec.errors import DdspecError
from ddspec.figures.effects import draw_effects
from ddspec.figures.epoch_wise import draw_epoch_wise
from ddspec.figures.heatmap import draw_heatmap
from ddspec.figures.model_wise import draw_model_wise
from ddspec.figures.sample_wise import draw_sample_wise
from ddspec.figures.sensitivity import draw_sensitivity
from ddspec.figures.sheets import sheet_of
from ddspec.figures.small_multiples import draw_small_multiples
from ddspec.figures.spacing import edges, roomy, scale_of
from ddspec.figures.style import shades
from ddspec.figures.surface import draw_surface
from ddspec.figures.theory import draw_theory
from ddspec.figures.upset import draw_upset
from ddspec.figures.verdicts import draw_verdicts
from tests.figures.shown import REGS, SAMPLES, WIDTHS, candidates, drawn_lines, everything, legend

WHOLE = everything()
LAST = WHOLE.isel(samples=-1, epochs=-1)


def close(found, expected):
    np.testing.assert_allclose(found, expected, atol=1e-6)


# --- curves -----------------------------------------------------------------------------------


def test_model_wise_curves_are_means_with_the_bands_of_the_analysis():
    figure = draw_model_wise(WHOLE)
    test, train = figure.axes
    found = drawn_lines(test)
    assert len(found) == len(REGS)
    for (x, y), reg in zip(found, REGS, strict=True):
        close(x, WIDTHS)
        close(y, LAST.test_error.sel(reg=reg).mean("seed"))
    told = band(WHOLE.isel(samples=-1, reg=0), "test_error", "width")
    corners = test.collections[0].get_paths()[0].vertices
    close(corners[:, 1].max(), told.high.max())
    close(sorted(set(corners[:, 0])), WIDTHS)
    assert len(drawn_lines(train, "--")) == len(REGS)
    assert test.get_title(loc="left") == "400 samples"


def test_the_threshold_is_dotted_in_both_axes_and_named():
    figure = draw_model_wise(WHOLE, reg="none", samples=400)
    for ax in figure.axes:
        (dotted,) = (line for line in ax.lines if line.get_linestyle() == ":")
        assert dotted.get_xdata()[0] == 8
    assert legend(figure) == ["95% band, 3 seeds", "train error \N{LESS-THAN OR EQUAL TO} 1%"]


def test_parameters_are_an_axis_across():
    test = draw_model_wise(WHOLE, x="parameters", reg="a", samples=400).axes[0]
    close(drawn_lines(test)[0][0], [20, 40, 80, 160])
    (dotted,) = (line for line in test.lines if line.get_linestyle() == ":")
    assert dotted.get_xdata()[0] == 80


def test_on_given_axes_train_risk_is_dashed_in_the_color_of_its_curve():
    ax = Figure().subplots()
    draw_model_wise(WHOLE, ax, reg="a + b", samples=400)
    solid, dashed = (
        next(line for line in ax.lines if line.get_linestyle() == style) for style in ("-", "--")
    )
    assert solid.get_color() == dashed.get_color()
    close(dashed.get_ydata(), LAST.train_error.sel(reg="a + b").mean("seed"))


def test_sample_wise_curves_are_widths_from_dark_to_light():
    ax = draw_sample_wise(WHOLE, reg="a").axes[0]
    for (x, y), width in zip(drawn_lines(ax), WIDTHS, strict=True):
        close(x, SAMPLES)
        close(y, WHOLE.test_error.isel(epochs=-1).sel(reg="a", width=width).mean("seed"))
    solid = [line.get_color() for line in ax.lines if len(line.get_xdata()) > 2]
    close(solid, shades(4))


def test_epoch_wise_curves_are_of_every_reading():
    dataset = WHOLE.isel(epochs=[0, 1, 1]).assign_coords(
        epochs=("epochs", [1, 10, 100], WHOLE.epochs.attrs)
    )
    ax = draw_epoch_wise(dataset, hue="samples", width=2).axes[0]
    (x, y), *others = drawn_lines(ax)
    close(x, [1, 10, 100])
    close(y, dataset.test_error.sel(width=2, samples=100, reg="none").mean("seed"))
    assert len(others) == 2
    assert ax.get_xscale() == "log"
    assert not any(line.get_linestyle() == ":" for line in ax.lines)


def test_two_seeds_have_no_band_and_the_legend_says_so():
    figure = draw_model_wise(WHOLE.isel(seed=[0, 1]), reg="a", samples=400)
    assert not figure.axes[0].collections
    assert "mean of 2 seeds" in legend(figure)


def test_wide_bands_do_not_hide_the_curve():
    wild = WHOLE.copy(deep=True)
    wild["test_error"] = wild.test_error + xr.DataArray([-5.0, 0.0, 5.0], dims="seed")
    low, high = draw_model_wise(wild, reg="a", samples=400).axes[0].get_ylim()
    assert high - low < 1


def test_of_many_compositions_none_single_and_all_terms_are_kept():
    names = ["none", "a", "b", "c", "a + b", "a + c", "b + c", "a + b + c"]
    many = WHOLE.drop_vars("terms").isel(reg=[0, 1, 2, 3] * 2).assign_coords(reg=names)
    figure = draw_model_wise(many)
    assert legend(figure)[:5] == ["none", "a", "b", "c", "a + b + c"]
    assert figure.legends[0].get_title().get_text() == "5 of 8 values of regularizer"


def test_of_many_numbers_the_ends_are_kept():
    many = xr.concat([WHOLE.isel(width=0, drop=True)] * 20, "width").assign_coords(
        width=np.arange(1, 21)
    )
    words = legend(draw_sample_wise(many, reg="a"))
    assert [words[0], words[5]] == ["width 1", "width 20"]


def test_where_the_usual_axis_is_selected_curves_differ_in_the_next():
    assert legend(draw_model_wise(WHOLE, reg="a"))[:3] == [
        "100 samples",
        "200 samples",
        "400 samples",
    ]
    figure = draw_model_wise(WHOLE.isel(reg=0, samples=0), x="parameters")
    assert len(drawn_lines(figure.axes[0])) == 1


# --- planes -----------------------------------------------------------------------------------


def test_a_heatmap_has_the_mean_at_every_point_and_the_contour_of_fitted_training_sets():
    ax = draw_heatmap(WHOLE, y="samples", reg="b", epsilon=0.1)
    mesh = ax.collections[0]
    mean = WHOLE.test_error.isel(epochs=-1).sel(reg="b").mean("seed").transpose("samples", "width")
    close(mesh.get_array(), mean.values)
    contour = ax.collections[-1]
    (path,) = (path for path in contour.get_paths() if len(path.vertices))
    close(path.vertices[:, 0], 6)  # between 0.2 at width 4 and 0 at 8
    assert legend(sheet_of(ax)) == ["train error = 10%"]
    assert ax.get_ylabel() == "training samples"


def test_a_heatmap_is_of_epochs_where_there_are_some():
    ax = draw_heatmap(WHOLE)
    assert ax.get_ylabel() == "epochs"
    assert ax.get_title(loc="left") == "400 samples, regularizer none"


def test_points_without_a_value_are_gray_and_named():
    holed = WHOLE.copy(deep=True)
    holed["test_error"][{"width": 1, "samples": 1}] = np.nan
    ax = draw_heatmap(holed, y="samples")
    assert np.ma.count_masked(ax.collections[0].get_array()) == 1
    assert "no value" in legend(sheet_of(ax))


def test_a_surface_has_labels_of_its_levels_and_a_dot_at_every_point():
    ax = draw_surface(WHOLE)
    (dots,) = ax.lines
    assert len(dots.get_xdata()) == len(WIDTHS) * len(SAMPLES)
    lines = ax.collections[1]
    assert {text.get_text() for text in ax.texts} <= {f"{100 * v:.4g}%" for v in lines.levels}
    assert ax.texts


def test_a_plane_of_one_row_is_refused():
    with pytest.raises(DdspecError, match="`samples` is no axis of two values"):
        draw_heatmap(WHOLE.isel(epochs=-1), y="samples", samples=[100])


# --- compositions -----------------------------------------------------------------------------


def test_small_multiples_repeat_the_curve_of_none_in_gray():
    figure = draw_small_multiples(WHOLE)
    assert [ax.get_title(loc="left") for ax in figure.axes] == list(REGS)
    for ax, reg in zip(figure.axes, REGS, strict=True):
        gray, own = drawn_lines(ax)
        close(gray[1], LAST.test_error.sel(reg="none").mean("seed"))
        close(own[1], LAST.test_error.sel(reg=reg).mean("seed"))
    assert len({ax.get_ylim() for ax in figure.axes}) == 1
    assert legend(figure) == ["95% band, 3 seeds", "none, for comparison"]


def test_upset_has_the_lowest_risk_first_and_dots_for_its_terms():
    risks, dots = draw_upset(WHOLE, width=8).axes
    mean = LAST.test_error.sel(width=8).mean("seed")
    order = np.argsort(mean.values)
    points = next(line for line in risks.lines if line.get_marker() == "o")
    close(points.get_ydata(), mean.values[order])
    filled = dots.lines[1]
    found = set(zip(filled.get_xdata(), filled.get_ydata(), strict=True))
    terms = [text.get_text() for text in dots.get_yticklabels()]
    assert terms == ["a", "b"]
    assert found == {
        (column, terms.index(term))
        for column, place in enumerate(order)
        for term in REGS[place].split(" + ")
        if term != "none"
    }
    segments = risks.collections[0].get_segments()
    assert all(low < middle < high for ((_, low), (_, high)), middle in zip(
        segments, points.get_ydata(), strict=True))  # fmt: skip


def test_effects_are_those_of_the_analysis_over_all_design_points():
    ax = draw_effects(WHOLE)
    told = effects(WHOLE, "test_error", "reg")
    close([bar.get_width() for bar in ax.patches], told.effect_overall)
    close(np.array(ax.collections[0].get_segments())[:, 0, 0], told.effect_overall_low)
    assert [text.get_text() for text in ax.get_yticklabels()] == [
        "a",
        "b",
        "a \N{MULTIPLICATION SIGN} b",
    ]
    assert sheet_of(ax).get_suptitle() == "mean over width and training samples"
    pale = [bar.get_alpha() == 0.35 for bar in ax.patches]
    inside = (told.effect_overall_low <= 0) & (told.effect_overall_high >= 0)
    assert pale == inside.values.tolist()


def test_effects_at_one_point_are_of_that_point():
    ax = draw_effects(WHOLE, width=8, samples=400)
    told = effects(LAST.sel(width=8), "test_error", "reg")
    close([bar.get_width() for bar in ax.patches], told.effect)


def test_verdicts_have_a_mark_and_a_number_for_every_curve():
    dataset = everything(seeds=8)
    ax = draw_verdicts(dataset, delta=0.02)
    told = monotone(dataset, "test_error", "width", 0.02).transpose("reg", "samples")
    numbers = [f"{100 * rise:.1f}" for rise in told.violation.values.ravel()]
    assert [text.get_text() for text in ax.texts] == numbers
    marks = [line.get_marker() for line in ax.lines]
    expected = np.array(["$?$", "o", "X"])[told.verdict.values.ravel()]
    assert marks == expected.tolist()
    assert {"o", "X"} <= set(marks)
    assert [text.get_text() for text in ax.get_yticklabels()] == list(REGS)
    assert [text.get_text() for text in ax.get_xticklabels()] == ["100", "200", "400"]
    assert {"monotone", "not monotone"} <= set(legend(sheet_of(ax)))


def test_a_single_verdict_is_no_table():
    with pytest.raises(DdspecError, match="one curve only"):
        draw_verdicts(WHOLE, reg="a", samples=400)


# --- tuning and theory ------------------------------------------------------------------------


def test_sensitivity_is_one_at_the_best_and_rises_around_it():
    (ax,) = draw_sensitivity(candidates()).axes
    for x, y in (line for line in drawn_lines(ax) if len(line[0]) > 2):
        close(x, [0.1, 1, 10])
        close(y[1], 1)
        assert min(y[0], y[2]) > 1.05
    assert ax.get_xlabel() == "strength / the best"


def test_points_lie_over_the_exact_curve_and_the_ratio_is_below():
    figure = draw_theory(WHOLE, reg="none", samples=400)
    curves, ratios = figure.axes
    exact = WHOLE.exact_test_loss.sel(samples=400)
    mean = LAST.test_loss.sel(reg="none").mean("seed")
    assert any(np.allclose(y, exact) for _, y in drawn_lines(curves))
    points = next(line for line in curves.lines if line.get_marker() == "o")
    close(points.get_ydata(), mean)
    points = next(line for line in ratios.lines if line.get_marker() == "o")
    close(points.get_ydata(), mean / exact)
    assert legend(figure) == ["measured, 95% interval, 3 seeds", "exact"]


def test_an_infinite_expectation_is_a_gap():
    dataset = WHOLE.copy(deep=True)
    dataset["exact_test_loss"][{"width": 2}] = np.inf
    curves, ratios = draw_theory(dataset, reg="none", samples=400).axes
    (gap,) = (y for _, y in drawn_lines(curves) if np.isnan(y).any())
    assert np.isnan(gap).tolist() == [False, False, True, False]
    assert np.isfinite(ratios.get_ylim()).all()


def test_without_a_theory_there_is_nothing_to_compare():
    with pytest.raises(DdspecError, match="no theory of `test_error`"):
        draw_theory(WHOLE, of="test_error")


# --- what is asked for ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"of": "tets_error"}, "no quantity `tets_error`; did you mean `test_error`"),
        ({"x": "widht"}, "no axis `widht`; did you mean `width`"),
        ({"hue": "rge"}, "no axis `rge`; did you mean `reg`"),
        ({"sample": 400}, "no axis `sample`; did you mean `samples`"),
        ({"samples": 401}, "`samples` has no value `401`"),
        ({"samples": "many"}, "`samples` has no value `many`"),
        ({"reg": "a + c"}, r"`reg` has no value `a \+ c`; did you mean `a \+ b`"),
    ],
)
def test_wrong_names_and_values_are_answered_with_the_nearest(asked, message):
    with pytest.raises(DdspecError, match=message):
        draw_model_wise(WHOLE, **asked)


@pytest.mark.parametrize("value", [400, 400.0, "400", "4_00", "400 ", "40000%"])
def test_a_number_may_be_written_as_in_a_spec(value):
    assert draw_model_wise(WHOLE, samples=value).axes[0].get_title(loc="left") == "400 samples"


def test_terms_may_be_in_any_order_and_several_values_keep_an_axis():
    figure = draw_model_wise(WHOLE, reg=["b+a", "none"])
    assert legend(figure)[:2] == ["a + b", "none"]


def test_of_unequal_values_that_with_most_results_is_drawn():
    part = WHOLE.copy(deep=True)
    part["test_error"][{"samples": 2, "width": 0}] = np.nan
    assert draw_model_wise(part).axes[0].get_title(loc="left") == "200 samples"


# --- spacing ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("places", "scale", "expected"),
    [
        ([1, 2, 3], "linear", [0.5, 1.5, 2.5, 3.5]),
        ([1, 10, 100], "log", [0.1**0.5, 10**0.5, 1000**0.5, 100000**0.5]),
        ([1, 4], "log", [0.5, 2, 8]),
        ([0, 1, 10, 100], "symlog", [-0.5, 0.5, 10**0.5, 1000**0.5, 100000**0.5]),
    ],
)
def test_edges_lie_between_places_as_the_axis_is_drawn(places, scale, expected):
    places = np.array(places, float)
    assert scale_of(places) == scale
    close(edges(places), expected)


def test_numbers_that_would_touch_are_left_out_from_the_top():
    places = np.array([1.0, 9.0, 10.0])
    assert roomy(places, places, 0.05) == [1, 10]
    assert roomy(places, places, 0.0) == [1, 9, 10]
