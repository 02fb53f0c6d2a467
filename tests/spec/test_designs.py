"""Warnings about designs: numbers that the analysis works with are the ones that are warned of."""

import pytest

from ddspec.analysis.phenomena.verdicts import FEWEST
from ddspec.analysis.statistics.seeds_needed import least_seeds
from ddspec.spec.check import check
from ddspec.vocabulary import registry

LOG = """\
dd 1
experiment e {{
  dataset: linear_gaussian(samples: 40, features: 300)
  architecture: linear(features: p)
  train: least_squares()
  sweep {{ p in log 1..256 points {points} }}
}}
"""


def codes(text):
    return [each.code for each in check(text, "a.dd")[1]]


@pytest.mark.parametrize("level", [0.01, 0.05, 0.1, 0.4])
def test_the_seeds_of_a_verdict_are_those_of_the_analysis(level):
    word = registry.find("report", "monotone")(level=level)
    assert word.fewest_seeds == max(FEWEST, least_seeds(level))


def test_a_log_range_that_loses_a_tenth_of_its_points_is_told():
    (problem,) = check(LOG.format(points=25), "a.dd")[1]
    assert problem.title == "`log 1..256 points 25` gives 22 different whole numbers"
    assert codes(LOG.format(points=9)) == []
