# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What of a record the plot works out, in one value: the kind of picture, what lies over the values, and how it is computed."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass

from ..plugin.core.analysis.anomaly import AnomalyMethod
from ..plugin.core.analysis.climatology import LEAST, WINDOW, Baseline
from ..plugin.core.analysis.periods import LEAST_IN_MEAN, PeriodLength
from ..plugin.core.analysis.trend import MIN_STEPS
from .texts import tr


class PlotKind(enum.Enum):
    """The kinds of picture; each has its drawing in `pictures.py`."""

    VALUES = "values"
    ANOMALY = "anomaly"
    YEAR = "year"
    SCATTER = "scatter"


class Overlay(enum.Enum):
    """What may lie over the values."""

    CLIMATOLOGY = "climatology"
    MOVING_MEAN = "moving_mean"
    MONTHS = "months"
    YEARS = "years"
    TREND = "trend"


@dataclass(frozen=True)
class PlotAnalysis:
    """The choices of an analysis; all of it is of kept values under the view's criteria.

    `baseline` None is the whole record of each series. `window` is the number of days, odd, of climatology and moving mean. `least` is the
    fewest kept values of a monthly or annual mean. The trend is of `trend_of` means, by calendar month where `seasonal`.
    """

    kind: PlotKind = PlotKind.VALUES
    overlays: frozenset[Overlay] = frozenset()
    baseline: Baseline | None = None
    window: int = WINDOW
    method: AnomalyMethod = AnomalyMethod.DIFFERENCE
    least: int = LEAST_IN_MEAN
    trend_of: PeriodLength = PeriodLength.MONTH
    seasonal: bool = False

    @property
    def reference(self) -> Baseline:
        """The baseline as days; where it is the whole record, all days there are."""
        return self.baseline or Baseline(dt.date.min, dt.date.max)

    @property
    def is_seasonal(self) -> bool:
        """Whether the trend is by calendar month; annual means have none."""
        return self.seasonal and self.trend_of is PeriodLength.MONTH

    @property
    def about(self) -> str:
        """How the picture's numbers are computed, in sentences for a caption; empty where it shows values alone."""
        usual = (
            f"climatology: all kept values of the baseline ({self.baseline_text}) within ± {self.window // 2} days of the day of the year, "
            f"at least {LEAST}"
        )
        if self.kind is PlotKind.ANOMALY:
            what = {
                AnomalyMethod.DIFFERENCE: "value − climatological mean",
                AnomalyMethod.ZSCORE: "(value − climatological mean) / standard deviation",
                AnomalyMethod.PERCENTILE: "percentile among the values of the climatology",
            }[self.method]
            return f"Anomaly: {what}; {usual}."
        if self.kind is PlotKind.YEAR:
            return f"Years as colours; line and band: mean and 10–90 % of the {usual}."
        if self.kind is PlotKind.SCATTER:
            return "Pairs of kept values of one day, coloured by date; R: Pearson."
        means = f"of at least {self.least} kept values"
        said = {
            Overlay.CLIMATOLOGY: f"dashed line and band: mean and 10–90 % of the {usual}",
            Overlay.MOVING_MEAN: f"thick line: centred moving mean of {self.window} days, at least 3 kept values",
            Overlay.MONTHS: f"squares: monthly means {means}{_lacking(PeriodLength.MONTH)}",
            Overlay.YEARS: f"bars: annual means {means}{_lacking(PeriodLength.YEAR)}",
            Overlay.TREND: f"straight line: {self.trend_text}",
        }
        parts = [text for overlay, text in said.items() if overlay in self.overlays]
        text = "; ".join(parts)
        return f"{text[0].upper()}{text[1:]}." if text else ""

    @property
    def trend_text(self) -> str:
        """How a trend is computed, in words."""
        trend = "seasonal Kendall" if self.is_seasonal else "Mann–Kendall"
        of = "monthly" if self.trend_of is PeriodLength.MONTH else "annual"
        return (
            f"Theil–Sen trend of at least {MIN_STEPS} {of} means ({trend} p) of at least {self.least} kept values"
            f"{_lacking(self.trend_of)}"
        )

    @property
    def baseline_text(self) -> str:
        """The baseline in words."""
        return str(self.baseline) if self.baseline is not None else "whole record"


def _lacking(length: PeriodLength) -> str:
    return f", where the record lacks at most {length.longest_gap} days of a {length.value} in a row"


VALUES = PlotAnalysis()
"""The values as they are."""


def overlay_title(overlay: Overlay) -> str:
    """Return an overlay's name in menus."""
    return {
        Overlay.CLIMATOLOGY: tr("Climatology with 10–90 % Envelope"),
        Overlay.MOVING_MEAN: tr("Moving Mean"),
        Overlay.MONTHS: tr("Monthly Means"),
        Overlay.YEARS: tr("Annual Means"),
        Overlay.TREND: tr("Trend"),
    }[overlay]


def overlay_label(overlay: Overlay, analysis: PlotAnalysis) -> str:
    """Return an overlay's name in the plot's legend."""
    return {
        Overlay.CLIMATOLOGY: tr("climatology, 10–90 %"),
        Overlay.MOVING_MEAN: tr("moving mean {} d").format(analysis.window),
        Overlay.MONTHS: tr("monthly means"),
        Overlay.YEARS: tr("annual means"),
        Overlay.TREND: tr("trend"),
    }[overlay]
