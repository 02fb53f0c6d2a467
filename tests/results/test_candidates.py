"""The risks of every candidate are kept, whichever was chosen."""

import attrs
import numpy as np
import pytest
import xarray as xr

import ddspec
from ddspec.errors import DdspecError
from ddspec.plan.expand import expand
from ddspec.publication import publish
from ddspec.results.candidates import candidates
from ddspec.results.store import open_store
from ddspec.spec.model import Spec, Table, Trajectory
from tests.results.made import VALIDATED, axis, curve, record, tuned
from tests.results.test_rounds import changing, halved, search
from tests.results.test_tuning import WORTH, records

CHOSEN = "l2_strength_tuned"


def tried(tmp_path, experiment, records=records):
    plan = expand(experiment)
    with open_store(tmp_path) as store:
        store.write(records(plan))
        return candidates(plan, store, provenance={"spec": "dd 1\n"})


def test_every_candidate_is_at_its_place(tmp_path):
    found = tried(tmp_path, tuned())
    assert found.validation_loss.dims == ("width", "reg", "seed", CHOSEN)
    assert found.validation_loss.dtype == np.float32
    for (width, strength, seed), worth in WORTH.items():
        place = {"width": width, "reg": "l2(tuned)", "seed": seed, CHOSEN: strength}
        assert found.validation_loss.sel(place) == worth
        assert found.test_loss.sel(place) == worth + 100


def test_a_composition_without_the_tuned_number_is_the_same_everywhere_and_marked(tmp_path):
    found = tried(tmp_path, tuned())
    assert (found.test_loss.sel(reg="none") == 100).all()
    assert found[f"reads_{CHOSEN}"].to_series().to_dict() == {"none": False, "l2(tuned)": True}


def test_the_tuned_axis_has_a_role_a_criterion_and_a_readable_name(tmp_path):
    about = tried(tmp_path, tuned())[CHOSEN].attrs
    assert about == {
        "role": "tuned",
        "criterion": "validation_loss",
        "long_name": "l2 strength, candidates",
        "units": "1",
    }


def test_nothing_tuned_gives_none(tmp_path):
    assert tried(tmp_path, curve()) is None


def test_only_the_end_of_a_run_is_kept(tmp_path):
    def along(plan):
        """Readings are 0.1 and 0.4, but of one cell that stopped after the first."""
        found = [record(cell, names=VALIDATED) for cell in plan.ids]
        early = record(plan.ids[1], points=(1,), names=VALIDATED, status="stopped", stop=1)
        return [*found[:1], early, *found[2:]]

    found = tried(tmp_path, attrs.evolve(tuned(), trajectory=Trajectory("epochs", (1, 4))), along)
    ends = np.unique(found.test_loss)
    np.testing.assert_allclose(ends, [0.1, 0.4], rtol=1e-6)
    assert "epochs" not in found.coords


def test_candidates_that_are_not_trained_are_missing(tmp_path):
    found = tried(tmp_path, tuned(), lambda plan: records(plan)[:4])
    assert (found.test_loss.isnull() == (found.status == 0)).all()
    assert (found.status == 0).any()


def test_a_number_that_is_tuned_at_some_widths_only_is_marked_there(tmp_path):
    plain = tuned()
    terms = plain.regularizer.values[3:]
    only_wide = [()] * len(terms) + list(terms)
    experiment = attrs.evolve(
        plain,
        axes=(plain.axes[0], *plain.axes[2:]),
        regularizer=Table(("width", CHOSEN), tuple(only_wide)),
    )
    reads = tried(tmp_path, experiment)[f"reads_{CHOSEN}"]
    assert reads.to_series().to_dict() == {2: False, 4: True}


def test_excluded_points_say_so(tmp_path):
    keep = Table(("width", CHOSEN), (True, True, False, True, True, True))
    found = tried(tmp_path, attrs.evolve(tuned(), keep=(keep,)))
    assert (found.status.sel({"width": 2, CHOSEN: 10.0}) == 5).all()
    assert found.test_loss.sel({"width": 2, CHOSEN: 10.0}).isnull().all()
    assert (found.status.sel(width=4) == 1).all()


def run_folder(tmp_path, experiment):
    plan = expand(experiment)
    with open_store(tmp_path) as store:
        store.write(records(plan))
        publish([plan], store, Spec("made.dd", "dd 1\n", (experiment,)), tmp_path)
    return plan


def test_published_candidates_are_the_cells_of_the_store(tmp_path):
    plan = run_folder(tmp_path, tuned())
    with xr.open_dataset(tmp_path / "candidates" / "curve.nc") as found:
        with open_store(tmp_path, readonly=True) as store:
            stored = {each.cell: each for each in store.read(plan.ids)}
        for place, number in np.ndenumerate(plan.index):
            cell = stored[plan.ids[number]]
            for name in VALIDATED:
                assert found[name].values[place] == cell.values[cell.names.index(name), -1]
        assert found.attrs["spec"] == "dd 1\n"
    with ddspec.candidates(tmp_path) as again:
        assert again.sizes[CHOSEN] == 3
    with ddspec.open(tmp_path) as shown:
        assert CHOSEN not in shown.dims


def test_a_spec_that_no_longer_tunes_leaves_no_candidates(tmp_path):
    run_folder(tmp_path, tuned())
    publish_again = attrs.evolve(tuned(), axes=tuned().axes[:3], regularizer=Table((), ((),)))
    run_folder(tmp_path, publish_again)
    with pytest.raises(DdspecError, match="holds no candidates"):
        ddspec.candidates(tmp_path)


def test_two_tuned_numbers_of_one_kind_are_told_apart(tmp_path):
    plain = tuned()
    axes = [
        axis(name, (0.5, 0.6), "tuned", criterion="validation_loss", across=("seed",))
        for name in (CHOSEN, f"{CHOSEN}_2")
    ]
    term = plain.regularizer.values[3]
    experiment = attrs.evolve(
        plain,
        axes=(*plain.axes[:3], *axes),
        regularizer=Table(
            (f"{CHOSEN}_2",), tuple((attrs.evolve(term[0], strength=s),) for s in (0.1, 1.0))
        ),
    )
    found = tried(tmp_path, experiment)
    assert found[CHOSEN].long_name == "l2 strength, candidates"
    assert found[f"{CHOSEN}_2"].long_name == "l2 strength 2, candidates"
    assert not found[f"reads_{CHOSEN}"]
    assert found[f"reads_{CHOSEN}_2"]


def test_candidates_that_lost_a_round_have_no_end(tmp_path):
    experiment = halved()
    search(tmp_path, experiment, changing)
    with open_store(tmp_path / "run", readonly=True) as store:
        found = candidates(expand(experiment), store, provenance={})
    ends = found.validation_loss.sel(width=2, reg="l2(tuned)", seed=0)
    assert (found.status.sel(width=2, reg="l2(tuned)", seed=0) == [1, 5, 5, 5]).all()
    np.testing.assert_allclose(ends, [0.1, np.nan, np.nan, np.nan], rtol=1e-6)
