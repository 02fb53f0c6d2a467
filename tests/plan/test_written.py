"""A cell as a spec of its own: of the same id, whatever the spec says of it."""

from pathlib import Path

import pytest

from ddspec import pipeline
from ddspec.errors import DdspecError
from ddspec.language.formatting import format_text
from ddspec.plan.expand import expand
from ddspec.plan.written import write_cell
from ddspec.spec.check import check
from tests.spec.specs import solved, trained

SPECS = sorted(Path("specs").glob("*.dd"))


def plans_of(text):
    spec, problems, _ = check(text, "spec.dd")
    assert spec is not None, problems
    return [expand(experiment) for experiment in spec.experiments]


def alone(plan, number):
    (written,) = plans_of(format_text(write_cell(plan, number)))
    return written


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_cells_of_published_specs_keep_their_ids_alone(path):
    for experiment in pipeline.load(str(path)).experiments:
        plan = expand(experiment)
        for number in {0, len(plan) // 3, len(plan) - 1}:
            if plan.cell(number).before is None:
                written = alone(plan, number)
                assert written.ids == (plan.ids[number],)
                assert written.experiment.trajectory == plan.experiment.trajectory


@pytest.mark.parametrize(
    "text",
    [
        trained("width in {3}; seed.data in {4}; seed.init in {5}", hidden="[width]"),
        trained("lr in {0.1, 1e-3}; seed in {7}", lr="0.1 / 3 * lr"),
        trained("seed in {1}", lr="step(0.1, factor: 0.5, every: 3 epochs)", batch="full"),
        trained("seed in {1}", regularizer="dropout(20%, at: input) + dropout(10%) + l1(1e-4)"),
        trained("seed in {1}", length="7 steps"),
        trained("seed in {1}; epochs in restart({2, 5})"),
        solved("seed in {1}; lam in {0, 1e-3}", regularizer="l2(lam)"),
        solved("seed in {1}", regularizer="l2(tune({1, 2}, minimise: validation_loss))"),
        solved("seed.data in {3}; seed.init in {2}").replace(
            "linear(features: 20)", "random_features(features: 20)"
        ),
        solved("seed in {1}").replace(
            "linear_gaussian(samples: 40, features: 100, validation: 50)",
            'csv("a/b c.csv", features: 4, targets: species, classes: 3, samples: 100, test: 30)',
        ).replace("linear(features: 20)", "linear()"),
    ],
)  # fmt: skip
def test_every_kind_of_value_is_written_exactly(text):
    (plan,) = plans_of(text)
    assert [alone(plan, number).ids[0] for number in range(len(plan))] == list(plan.ids)


def test_measures_of_a_cell_are_kept_and_those_across_cells_are_not():
    body = "measure { norm: weight_norm()\n other: disagreement() }"
    (plan,) = plans_of(trained("seed in 0..<2", body=body))
    assert list(alone(plan, 0).experiment.measures) == ["norm"]


def test_a_cell_that_starts_from_another_is_refused_with_the_one_before():
    (plan,) = map(expand, pipeline.load("specs/belkin_weight_reuse.dd").experiments)
    number = int((plan.before >= 0).argmax())
    with pytest.raises(DdspecError, match="starts from the trained weights of cell") as caught:
        write_cell(plan, number)
    assert plan.ids[plan.before[number]][:12] in caught.value.help[0]


def test_the_length_is_written_in_epochs_where_it_is_a_whole_number_of_them():
    (plan,) = plans_of(trained("seed in {1}"))
    assert "for: 10 epochs" in write_cell(plan, 0)
    (plan,) = plans_of(trained("seed in {1}", length="7 steps"))
    assert "for: 7 steps" in write_cell(plan, 0)
