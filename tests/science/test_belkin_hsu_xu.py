"""Least squares on the first p of D Gaussian features has the exact risk of Belkin, Hsu & Xu."""

import numpy as np
import pytest

from ddspec import pipeline

D, N, SIGNAL, NOISE = 100, 40, 1.0, 0.5


def exact_risk(p):
    """E (y - prediction)^2, theorem 1 of "Two models of double descent for weak features"."""
    signal, noise = SIGNAL**2, NOISE**2
    if p <= N - 2:
        return ((1 - p / D) * signal + noise) * (1 + p / (N - p - 1))
    if p >= N + 2:
        interpolated = signal * (1 - (N / D) * (2 - (D - N - 1) / (p - N - 1)))
        return interpolated + noise * (1 + N / (p - N - 1))
    return np.inf


@pytest.fixture(scope="module")
def risk(tmp_path_factory):
    out = tmp_path_factory.mktemp("belkin_hsu_xu")
    outcome = pipeline.run("specs/belkin_hsu_xu.dd", out, local=True)
    return outcome.datasets["belkin_hsu_xu"].test_loss


def test_risk_is_exact_within_three_standard_errors_away_from_the_threshold(risk):
    far = risk.sel(p=np.abs(risk.p - N) >= 6)
    assert far.sizes["p"] >= 40
    assert far.sizes["seed"] == 200
    error = far.std("seed", ddof=1) / np.sqrt(far.sizes["seed"])
    score = (far.mean("seed") - [exact_risk(int(p)) for p in far.p]) / error
    assert np.abs(score).max() < 3, score.to_series()


def test_the_scores_would_see_a_wrong_theory(risk):
    """Six percent more noise variance is far outside the same bounds somewhere."""
    far = risk.sel(p=np.abs(risk.p - N) >= 6)
    error = far.std("seed", ddof=1) / np.sqrt(far.sizes["seed"])
    wrong = np.array([exact_risk(int(p)) for p in far.p]) * 1.06
    assert (np.abs((far.mean("seed") - wrong) / error) > 3).any()


def test_the_peak_is_at_the_interpolation_threshold(risk):
    assert int(risk.mean("seed").idxmax("p")) == N
