"""Every published spec runs, as a much smaller copy of itself, to a whole dataset."""

import re
from pathlib import Path

import numpy as np
import pytest

from ddspec import pipeline
from tests.corpora import write_cifar10, write_iwslt, write_mnist

SPECS = sorted(Path("specs").glob("*.dd"))
# What is set to make each small; test sets are cut besides.
SMALL = {
    "belkin_forests": {"size": "60", "leaves": "{10, 2_000}", "trees": "{1, 2}", "seed": "{0}"},
    "belkin_fourier": {"size": "40", "ratio": "{0.1, 0.5, 2}", "seed": "{0}"},
    "belkin_hsu_xu": {"p": "{30, 40, 60}", "seed": "{0, 1}"},
    "belkin_weight_reuse": {"width": "{2, 3, 60}", "length": "2 epochs", "seed": "{0}"},
    "chen_concatenated": {"width": "{2, 3}", "size": "12", "length": "5 steps", "seed": "{0}"},
    "cnn5": {"width": "{1}", "noise": "{20%}", "steps": "{0}"},
    "composition": {"width": "{2, 3}", "samples": "{40} samples", "epochs": "{0, 2}",
                    "noise": "{15%}", "seed": "{0}"},
    "compositional": {"widths": "{3}", "sizes": "{40} samples", "seed": "{0}",
                      "length": "2 epochs"},
    "compositional_cifar10": {"widths": "{2}", "reg": "subsets(tuned_drop + norm)",
                              "sizes": "{40} samples", "seeds": "1", "held": "20",
                              "length": "2 epochs"},
    "gu_mnist4000": {"widths": "{2, 3}", "seeds": "1", "length": "3 epochs"},
    "hastie_ridgeless": {"p": "{20, 220}", "snr": "{1, 5}", "seed": "{0}"},
    "mnist1d": {"width": "{2, 3}", "noise": "{15%}", "epochs": "{0, 2}", "seed": "{0}"},
    "nakkiran_resnet18": {"width": "{1}", "noise": "{20%}", "size": "40", "seed": "{0}",
                          "length": "2 epochs", "epochs": "{1, 2}"},
    "nakkiran_samples": {"width": "{1}", "size": "100", "length": "3 steps", "seed": "{0}"},
    "nakkiran_transformer": {"width": "{8}", "samples": "{20} samples", "length": "2 steps",
                             "seed": "{0}"},
    "neyshabur_capacity": {"width": "{4}", "size": "40", "held": "20", "length": "3 epochs",
                           "seed": "{0}"},
    "neyshabur_labels": {"width": "{4}", "length": "1 epochs", "seed": "{0}"},
    "nichani_depth": {"depth": "{2, 3}", "width": "{2}", "length": "2 epochs", "seed": "{0}"},
    "optimal_ridge": {"n": "{20, 40} samples", "seed": "{0, 1}"},
    "quickstart": {"width": "{2, 3}", "epochs": "{0, 2}", "seed": "{0}"},
    "rademacher": {"width": "{2}", "samples": "{40} samples", "length": "20 steps", "seed": "{0}"},
    "zhang_random_labels": {"size": "40", "length": "2 epochs", "corrupted": "{50%}",
                            "epochs": "{1, 2}", "seed": "{0}"},
}  # fmt: skip
# Numbers that are no `let` and no axis.
CUT = [
    (r"\btest: +[\d_]+", "test: 20"),
    (r"\bsamples: +[\d_]{3,}", "samples: 40"),
    (r"\bvalidation: +[\d_]+", "validation: 20"),
    (r"\bfor: +[\d_]+ (epochs|steps)", "for: 2 epochs"),
    (r"\bvocabulary: [\d_]+", "vocabulary: 40"),
    (r"\blength: [\d_]+,", "length: 8,"),
    (r"\bpool: [\d_]+", "pool: 100"),
    (r"\[512, 512, 512\]", "[8, 8]"),
]


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpora")
    for write in (write_mnist, write_cifar10, write_iwslt):
        write(folder)
    return folder


def test_every_spec_has_its_small_copy():
    assert [spec.stem for spec in SPECS] == sorted(SMALL)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_a_published_spec_runs(spec, corpora, tmp_path):
    text = spec.read_text()
    for wide, narrow in CUT:
        text = re.sub(wide, narrow, text)
    small = tmp_path / spec.name
    small.write_text(text)
    overrides = SMALL[spec.stem]
    outcome = pipeline.run(
        str(small), tmp_path / "out", data=corpora, overrides=overrides, local=True
    )
    assert not outcome.failures
    assert set(outcome.counts) - {"missing", "failed"} <= {"done", "diverged", "stopped"}
    for name, dataset in outcome.datasets.items():
        loss = dataset.test_loss.values
        assert np.isfinite(loss[~np.isnan(loss)]).all(), name
        assert np.isfinite(loss).any(), name
        assert outcome.figures[name].stat().st_size > 10_000


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_the_comment_of_a_spec_says_how_many_cells_it_has(spec):
    comment = " ".join(re.findall(r"^# ?(.*)$", spec.read_text().split("\n\n")[1], re.MULTILINE))
    plans = pipeline.expand_all(pipeline.load(str(spec)))
    cells = len({cell for plan in plans for cell in plan.ids})
    assert f"{cells:,}" in re.findall(r"([\d,]+) (?:cells|fits)", comment)
