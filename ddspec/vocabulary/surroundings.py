"""The example of a word within a spec that can be run."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Final

from ddspec.vocabulary.kinds import Word

TEXT: Final = """dd 1
experiment example {{
  dataset:      {dataset}
  architecture: {architecture}
  regularizer:  {regularizer}
  train:        {train}
  sweep {{ {sweep} }}
  measure {{ {measure} }}
  report {{ {report} }}
  theory {{ {theory} }}
}}
"""
DESCENT: Final = (
    "gradient_descent(optimizer: {optimizer}, loss: {loss}, batch: {batch}, "
    "for: {length}{start}{stopping}{precision})"
)
PLAIN: Final = {
    "dataset": "mnist1d(samples: 200, test: 100, validation: 100)",
    "architecture": "mlp(hidden: [width])",
    "regularizer": "none",
    "optimizer": "sgd(lr: 0.01)",
    "loss": "cross_entropy",
    "batch": "10 samples",
    "length": "2_000 epochs",
    **dict.fromkeys(("sweep", "measure", "report", "theory", "start", "stopping", "train"), ""),
    "precision": "",
}  # what an example stands in, by part
ON_LABELS: Final = {"corruption": "label_noise", "transform": "transform"}


def example(word: type[Word]) -> str:
    """The example of a word, as its docstring ends with it; empty without one."""
    found = re.search(r"^Example: ((?:.|\n)*)", inspect.cleandoc(word.__doc__ or ""), re.MULTILINE)
    return " ".join(found[1].split()) if found else ""


def surrounded(word: type[Word], within: Mapping[str, str]) -> str:
    """A spec with the example of a word in it. within: parts in place of the plain ones; `EXAMPLE`
    in a dataset stands for the example.
    """
    written, kind = example(word), word.kind
    parts: dict[str, str] = dict(PLAIN)
    if kind in ON_LABELS:
        parts["dataset"] = f"mnist1d(samples: 200, {ON_LABELS[kind]}: EXAMPLE)"
    parts |= within
    if kind == "schedule":
        parts["optimizer"] = f"sgd(lr: {written})"
    elif kind in ("start", "stopping"):
        parts[kind] = f", {'start' if kind == 'start' else 'until'}: {written}"
    elif kind in ("measure", "report", "theory"):
        parts[kind] = f"found: {written}"
    elif kind in parts:
        parts[kind] = written
    parts["dataset"] = parts["dataset"].replace("EXAMPLE", written)
    if re.search(r"\bwidth\b(?!:)", parts["architecture"]) and "width" not in parts["sweep"]:
        parts["sweep"] = f"width in {{8}}\n{parts['sweep']}"
    if not parts["train"]:
        parts["train"] = DESCENT.format(**parts)
    return TEXT.format(**parts)
