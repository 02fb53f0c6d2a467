"""Short specs for tests: a solved and a trained experiment around the lines that matter."""

from ddspec.language.render import render
from ddspec.spec.check import check

SOLVED = """dd 1

{top}

experiment e {{
  dataset:      linear_gaussian(samples: {samples}, features: 100, validation: 50)
  architecture: linear(features: {features})
  regularizer:  {regularizer}
  train:        least_squares()
  {body}
  sweep {{
    {sweep}
  }}
}}
"""

TRAINED = """dd 1

{top}

train fit {{
  optimizer: sgd(lr: {lr})
  loss:      cross_entropy
  batch:     {batch}
  for:       {length}
}}

experiment e {{
  dataset:      mnist1d(samples: {samples}, label_noise: {noise})
  architecture: mlp(hidden: {hidden})
  regularizer:  {regularizer}
  train:        {train}
  {body}
  sweep {{
    {sweep}
  }}
}}
"""


def solved(sweep="", **changes):
    values = {"top": "", "samples": 40, "features": 20, "regularizer": "none", "body": ""}
    return SOLVED.format(**{**values, **changes}, sweep="\n    ".join(sweep.split("; ")))


def trained(sweep="", **changes):
    values = {
        "top": "",
        "lr": 0.1,
        "batch": 100,
        "length": "10 epochs",
        "samples": 1000,
        "noise": "0%",
        "hidden": "[8]",
        "regularizer": "none",
        "train": "fit",
        "body": "",
    }
    return TRAINED.format(**{**values, **changes}, sweep="\n    ".join(sweep.split("; ")))


def checked(text, **options):
    """The spec of a text without errors."""
    spec, diagnostics, sources = check(text, "spec.dd", **options)
    assert spec is not None, "\n".join(render(each, sources) for each in diagnostics)
    return spec


def experiment(text, **options):
    """The last experiment of a text without errors."""
    return checked(text, **options).experiments[-1]


def codes(text, **options):
    """The codes of a text's diagnostics."""
    return [each.code for each in check(text, "spec.dd", **options)[1]]
