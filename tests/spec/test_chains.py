"""Weights of one network that begin another: where they would mean something else."""

from pathlib import Path

import pytest

from ddspec.spec.check import check

SPEC = (Path(__file__).parent / "golden" / "DD612" / "right.dd").read_text()
TEXT = 'plain_text("text.txt", samples: 200, test: 20, length: 6, vocabulary: 70)'
MODEL = "language_model(d_model: width, heads: 2, parametrization: {})"


def codes(architecture, dataset="mnist1d(samples: 1_000)"):
    text = SPEC.replace("mlp(hidden: [width])", architecture)
    text = text.replace("mnist1d(samples: 1_000)", dataset)
    return {problem.code for problem in check(text, "reuse.dd")[1]}


@pytest.mark.parametrize("law", ["ntk", "mup", "mup_adam"])
def test_multiplied_weights_begin_no_network_of_another_width(law):
    assert codes(MODEL.format(law), TEXT) == {"DD612"}
    assert "DD612" in codes(f"low_rank(mlp(hidden: [width], parametrization: {law}), rank: 2)")


def test_weights_that_act_as_they_are_do():
    assert not codes(MODEL.format("standard"), TEXT)
    assert not codes("low_rank(mlp(hidden: [width]), rank: 2)")
