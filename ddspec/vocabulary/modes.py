"""Modes of deep linear networks under gradient flow."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.integrate import solve_ivp
from scipy.special import gammaincinv

QUANTILES: Final = 200  # of the random strength before training
TWO: Final = 2


def learned(times: np.ndarray, mode: float, start: float, layers: int, units: int) -> np.ndarray:
    """The strength of a mode after each time of flow on half the squared error, (draws, times).

    du/dt = layers u^(2 - 2/layers) (mode - u), u(0) = start, or a multiple of chi-squared of
    `units` degrees of freedom with that mean. A `mode` below zero, of two layers, decays.
    """
    if layers != TWO:
        return _flow(times, mode, start, layers)[None]
    starts = np.asarray([start])
    if units:
        middle = (np.arange(QUANTILES) + 0.5) / QUANTILES
        starts = start * gammaincinv(units / 2, middle) * 2 / units
    if mode == 0:
        return np.asarray(starts[:, None] / (1 + 2 * starts[:, None] * times))
    grown = np.exp(-2 * abs(mode) * times)
    share = mode / starts[:, None]
    if mode > 0:
        return np.asarray(mode / (1 + (share - 1) * grown))
    return np.asarray(mode * grown / (grown + share - 1))


def _flow(times: np.ndarray, mode: float, start: float, layers: int) -> np.ndarray:
    order = np.argsort(times)
    power = 2 - 2 / layers
    found = solve_ivp(
        lambda _, u: layers * np.maximum(u, 0) ** power * (mode - u),
        (0.0, max(float(times.max()), 1e-12)),
        [start],
        t_eval=times[order],
        method="LSODA",
        rtol=1e-9,
        atol=1e-12,
    )
    grown = np.empty_like(times)
    grown[order] = found.y[0]
    return grown
