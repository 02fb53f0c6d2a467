"""`effective_complexity`: how many samples can be fitted, in sentences."""

from __future__ import annotations

from ddspec.analysis.evidence import Evidence, Finding
from ddspec.analysis.phenomena.complexity import effective_complexity
from ddspec.analysis.phenomena.crossing_lines import crossing_lines
from ddspec.analysis.statistics.crossing import BEFORE, BEYOND, INSIDE
from ddspec.vocabulary.reports.effective_complexity import EffectiveComplexity


def find(evidence: Evidence, word: EffectiveComplexity) -> Finding:
    """The complexity of every model, or that it is beyond the samples that were tried."""
    data = effective_complexity(evidence.risk, word.epsilon, along=word.along)
    words = {
        INSIDE: f"fits {{place}} {word.along}",
        BEFORE: f"fits fewer than {{first}} {word.along}, the fewest tried",
        BEYOND: f"fits {{last}} {word.along}, the most tried, or more",
    }
    lines = crossing_lines(data, "effective_complexity", words)
    return Finding(str(data.effective_complexity.long_name), data, lines)
