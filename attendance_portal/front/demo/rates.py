"""How much of school invented pupils miss, and with which codes: shaped by national figures (national.json).

National figures: contains public sector information licensed under the Open Government Licence v3.0,
Department for Education (absence distributions 2022/23; Pupil attendance in schools 2025/26).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ABSENCE_CODES: Final = ("I", "O", "G", "M", "C", "C1", "C2", "E", "J1", "N", "R", "S", "T", "U")
ACTIVITY_CODES: Final = ("L", "V", "B", "P", "W", "K")
# Fewer pupils stand high in a band than low in it; the top band is 50 to 95%.
_SLOPE: Final = 1.7
_TOP: Final = (0.50, 0.95)


@cache
def national() -> Mapping[str, Any]:
    """The national figures by phase, as derived from the publications that the file names."""
    text = Path(__file__).with_name("national.json").read_text(encoding="utf-8")
    phases: Mapping[str, Any] = json.loads(text)["phases"]
    return phases


def figures_for(phase: str, year_group: int) -> str:
    """The phase whose national figures fit a year group of a school."""
    if phase in ("special", "alternative"):
        return "special"
    return "primary" if year_group <= 6 else "secondary"


def rates_at(phase: str, year_group: int, quantile: Floats) -> Floats:
    """Share of sessions missed (0 to 1) by pupils at these quantiles (0 to 1) of their year group."""
    return _rates(_band_shares(phase, year_group), quantile, *_shape(phase))


def code_shares(phase: str, codes: tuple[str, ...]) -> Floats:
    """Share of possible sessions (0 to 1) under each of these codes, England."""
    shares = national()[phase]["codes"]
    return np.array([float(shares.get(code, 0.0)) / 100 for code in codes])


def _band_shares(phase: str, year_group: int) -> Floats:
    bands = national()[phase]["bands"]
    nearest = min(bands, key=lambda year: abs(int(year) - year_group))
    counts = np.array(bands[nearest], dtype=np.float64)
    shares: Floats = counts / counts.sum()
    return shares


def _rates(shares: Floats, quantile: Floats, scale: float, power: float) -> Floats:
    edges = np.append(0.0, np.cumsum(shares))
    band = np.clip(np.searchsorted(edges, quantile, side="right") - 1, 0, 10)
    within = np.clip((quantile - edges[band]) / np.maximum(edges[band + 1] - edges[band], 1e-12), 0, 1)
    lowest = 0.05 * within**power
    usual = 0.05 * (band + within**_SLOPE)
    top = _TOP[0] + (_TOP[1] - _TOP[0]) * within**_SLOPE
    rates: Floats = np.where(band == 10, top, scale * np.where(band == 0, lowest, usual))
    return rates


@cache
def _shape(phase: str) -> tuple[float, float]:
    """What brings the bands of 2022/23 to 2025/26: a scale, for the share of pupils persistently absent,
    and a power within the lowest band, for overall absence."""
    target = national()[phase]
    scale = _halved(
        0.5, 1.5, lambda s: 100 * float(np.mean(_sample(phase, s, 1.0) >= 0.1)) - target["persistent_percent"]
    )
    power = _halved(3.0, 0.2, lambda p: 100 * float(np.mean(_sample(phase, scale, p))) - target["absence_percent"])
    return scale, power


def _sample(phase: str, scale: float, power: float) -> Floats:
    quantile = (np.arange(2000) + 0.5) / 2000
    years = national()[phase]["bands"]
    return np.concatenate([_rates(_band_shares(phase, int(y)), quantile, scale, power) for y in years])


def _halved(low: float, high: float, error: Callable[[float], float]) -> float:
    """Where `error`, which grows from `low` to `high`, passes nought; the nearer end if it does not."""
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if error(middle) < 0 else (low, middle)
    return (low + high) / 2
