"""`disagreement_estimate`: the test error told from how seeds disagree, beside the real one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr

from ddspec.analysis.amounts import amount, interval
from ddspec.analysis.evidence import Evidence, Finding
from ddspec.analysis.laws.disagreement import disagreement_estimate
from ddspec.analysis.points import point_lines
from ddspec.vocabulary.reports.disagreement_estimate import DisagreementEstimate


def find(evidence: Evidence, _: DisagreementEstimate) -> Finding:
    """Disagreement beside the error at every design point, how well it does over all first."""
    data = disagreement_estimate(evidence.risk)
    classes = data.attrs["kind"] == "classes"
    summary = _of_classes(data) if classes else _of_reals(data)
    told = _class_sentence if classes else _real_sentence
    title = "disagreement of seeds beside their test error" if classes else (
        "disagreement of seeds beside their squared error")  # fmt: skip
    return Finding(title, data, (*summary, *point_lines(data, told)))


def _of_classes(data: xr.Dataset) -> Iterator[str]:
    there = data.difference.notnull().values
    if not there.any():
        yield "no design point has two runs"
        return
    apart, error = data.disagreement.values[there], data.risk.values[there]
    mean = amount(float(np.abs(apart - error).mean()), percent=True)
    under = int((apart < error).sum())
    yield (
        f"disagreement is {mean} from the error on average, below it at {under:,} of"
        f" {there.sum():,} points"
    )
    if there.sum() > 2 and np.ptp(apart) > 0 and np.ptp(error) > 0:  # noqa: PLR2004
        yield f"over points the two correlate by {np.corrcoef(apart, error)[0, 1]:.3f} (Pearson)"
    yield (
        "equal means that the vote of the seeds is calibrated, aggregated over classes; without"
        " labels nothing tells whether it is, and under a shift of the inputs it is not"
    )


def _of_reals(_: xr.Dataset) -> Iterator[str]:
    yield (
        "disagreement E (f - f')^2 is twice the variance: bias and noise, which it cannot see, are"
        " the rest of the risk"
    )


def _class_sentence(values: dict[str, Any]) -> str:
    told = {name: _bounded(values, name) for name in ("disagreement", "risk", "difference")}
    return (
        f"disagreement {told['disagreement']}, test error {told['risk']};"
        f" difference {told['difference']}"
    )


def _real_sentence(values: dict[str, Any]) -> str:
    apart, risk = values["disagreement"], values["risk"]
    bounds = [values[f"disagreement{end}"] for end in ("", "_low", "_high")]
    share = amount(apart / 2 / risk, percent=True) if risk > 0 else "unknown"
    return f"disagreement {interval(*bounds)}, risk {amount(risk)}: {share} of it is variance"


def _bounded(values: dict[str, Any], name: str) -> str:
    bounds = (values.get(f"{name}{end}", float("nan")) for end in ("", "_low", "_high"))
    return interval(*bounds, percent=True)
