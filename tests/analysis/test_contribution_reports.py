"""What regularizers contribute is told in sentences, also where little can be told."""

import numpy as np
import pytest

from ddspec.analysis.evidence import Evidence
from ddspec.analysis.findings import find
from ddspec.vocabulary import registry
from tests.analysis.composed import composed, subsets

WORDS = ("main_effects", "interactions", "shapley", "returns", "families", "left_out",
         "best_composition")  # fmt: skip
LABELS, HAS = subsets("decay", "drop", "norm")


def made(seeds=5, noise=0.002, widths=(2, 4, 8), samples=(10, 20)):
    """decay gains 2 percent, drop 4, norm nothing; decay and drop together only 5."""
    rng = np.random.default_rng(0)
    risk = 0.4 - HAS @ [0.02, 0.04, 0] + 0.01 * HAS[:, :2].all(axis=1)
    shape = (len(widths), len(samples), 8, seeds)
    test = risk[:, None] + 0.03 * rng.normal(size=seeds) + noise * rng.normal(size=shape)
    validation = test + 0.001 * rng.normal(size=shape)
    ds = composed(test, LABELS, validation, width=widths, samples=samples)
    return ds.assign_coords(
        model_dependent=("reg", HAS[:, 0]), data_dependent=("reg", HAS[:, 1:].any(axis=1))
    )


def told(ds, name, **arguments):
    return find(Evidence(ds), {name: registry.find("report", name)(**arguments)})[name]


def first(ds, name, **arguments):
    return told(ds, name, **arguments).lines[0]


def test_main_effects_are_told_with_their_reach():
    found = told(made(), "main_effects")
    assert found.title == "main effects of the terms of reg on test_error"
    assert found.lines[0].startswith("drop lowers test error by 3.51 percentage points [3.4")
    assert found.lines[0].endswith(" on average (clearly helps at 6 of 6 points, hurts at 0)")
    assert found.lines[2].startswith("norm has no clear effect on test error: ")
    assert found.lines[2].endswith(" on average (clear at none of 6 points)")
    assert found.lines[3].startswith(
        "drop by width (percentage points): 2: -3.49 [-3.62, -3.37]; 4: "
    )
    assert found.lines[-2] == "5 seeds; intervals in brackets: 95 %, over whole seeds"
    assert found.lines[-1] == (
        "averages are over 6 points (3 width x 2 samples); "
        "clearly: at 95 % for all 18 comparisons of a point at once"
    )


def test_interactions_are_told():
    line = first(made(), "interactions")
    assert line.startswith("the interaction decay x drop raises test error by 0.5")
    assert told(made(), "interactions", order=3).data.sizes["term"] == 4


def test_shares_add_up_to_the_whole():
    found = told(made(), "shapley")
    assert found.lines[0].startswith("the share of drop lowers test error by 3.5")
    whole = made().test_error.sel(reg=LABELS[-1]) - made().test_error.sel(reg="none")
    np.testing.assert_allclose(found.data.shapley_overall.sum(), whole.mean(), atol=1e-12)


def test_returns_say_where_they_stop():
    found = told(made(), "returns")
    assert found.lines[0] == (
        "on average the best gains with every term more up to 2 terms, "
        "and does not clearly gain with the next"
    )
    assert found.lines[1].startswith("the best of 1 term has 4.0")
    assert "lower test error than the best of no term on average" in found.lines[1]
    assert any(
        line.startswith("mean test_error in percent with no term: 4") for line in found.lines
    )


def test_families_are_compared():
    lines = told(made(), "families").lines
    assert lines[0].startswith("the best of model-dependent terms has 2.04 percentage")
    assert "lower test error than none on average" in lines[0]
    assert "compositions: 1 none, 1 model, 3 data, 3 model + data" in lines[-1]


def test_what_is_taken_out_is_missed():
    found = told(made(), "left_out")
    assert found.title == "decay + drop + norm less each term"
    assert found.lines[0].startswith("taking out drop raises test error by 2.9")
    assert "lowers at 0 of 6 points, raises at 6)" in found.lines[0]


def test_the_best_composition_is_told_with_what_was_chosen():
    lines = told(made(), "best_composition").lines
    assert lines[0].startswith("the best composition of two or more terms has 0.9")
    assert "lower test error than the best single term on average" in lines[0]
    assert lines[3].startswith("the best composition of two or more terms, and at how many of 6")
    assert "decay + drop" in lines[3]
    assert lines[4].endswith("drop (6); 100 % of seeds, left out, are given the same")
    assert lines[-1] == (
        "chosen leave one seed out: the least validation_error of the other seeds, "
        "at each design point"
    )


def test_losses_are_no_percentages():
    ds = made().rename(test_error="test_loss", validation_error="validation_loss")
    line = first(ds, "main_effects", of="test_loss")
    assert line.startswith("drop lowers test loss by 0.0351 [0.034")
    lines = told(ds, "best_composition", of="test_loss").lines
    assert lines == told(ds, "best_composition", of="test_loss", select="validation_loss").lines
    assert "percent" not in " ".join(lines)


@pytest.mark.parametrize("name", WORDS)
@pytest.mark.parametrize("seeds", [1, 2])
def test_few_seeds_say_that_nothing_can_be_told(name, seeds):
    lines = told(made(seeds), name).lines
    few = "1 seed: nothing can be told of how sure this is; three are needed"
    if seeds == 2:
        few = few.replace("1 seed", "2 seeds")
    if seeds == 1 and name in ("returns", "families", "best_composition"):
        few = "sweep `seed in 0..<5`"
    assert few in lines


@pytest.mark.parametrize("name", WORDS)
def test_missing_runs_are_no_obstacle(name):
    ds = made()
    running = ds.where((ds.width < 4) & (ds.seed < 4))
    text = " ".join(told(running, name).lines)
    assert "averages are over 2 of 6 points" in text
    assert "1 seed left out" in text
    assert "nan" not in text


@pytest.mark.parametrize("name", WORDS)
def test_nothing_finished_says_so(name):
    found = told(made() * np.nan, name)
    assert found.title == "not found: `test_error` has no values"


@pytest.mark.parametrize("name", WORDS)
@pytest.mark.parametrize("place", [0, [0]])
def test_one_point_is_told_without_averages(name, place):
    lines = told(made().isel(width=place, samples=place), name).lines
    text = " ".join(lines).replace("percentage points", "")
    assert " points" not in text
    assert " on average" not in text.replace("on average the best", "")


@pytest.mark.parametrize("name", WORDS)
def test_a_term_of_all_compositions_is_told(name):
    lines = told(made().isel(reg=HAS[:, 2]), name).lines
    assert "norm is in every composition" in lines


@pytest.mark.parametrize("name", ["main_effects", "interactions", "shapley"])
def test_missing_subsets_are_told(name):
    found = told(made().isel(reg=slice(None, -1)), name)
    assert found.title == (
        "not found: `reg` has not every subset of its terms: missing are decay + drop + norm"
    )
    ds = made()
    found = told(ds.where(ds.reg != "drop"), name)
    assert found.lines[0] == "their runs are missing or diverged"


@pytest.mark.parametrize("name", ["main_effects", "interactions"])
def test_the_correction_is_told(name):
    found = told(made().isel(reg=slice(None, -1)), name, correct="ols")
    assert found.lines[-1] == (
        "not every subset is there: least squares, main effects and 3 two-way interactions "
        "fitted to 7 of 8 compositions"
    )


@pytest.mark.parametrize("name", WORDS)
def test_every_number_has_a_name_and_a_unit(name):
    data = told(made(), name).data
    for variable in data.data_vars.values():
        assert variable.attrs["long_name"]
        assert "units" in variable.attrs or variable.dtype.kind == "U"
    assert {"method", "whole_seeds", "level", "resamples"} <= data.attrs.keys()
    assert data.attrs["whole_seeds"] == 5
    assert data.attrs["resamples"] == 0
    assert told(made(8), name).data.attrs["resamples"] == 128


def test_no_clear_effect_may_be_clear_alone():
    ds = made(noise=0.0045)
    lines = told(ds, "interactions").lines
    alone = [line for line in lines if "among all of these, by Holm's method)" in line]
    data = told(ds, "interactions").data
    unclear = (data.effect_overall_p <= 0.05) & (data.effect_overall_p_holm > 0.05)
    assert len(alone) == int(unclear.sum())
