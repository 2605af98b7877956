# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A series that is no cell's record, in a panel of a figure: its band, its line and its marks. It gets the panel and imports no matplotlib."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..plugin.core.analysis.other_series import OtherSeries
from .curve_points import with_gaps

BAND_ALPHA, LINE_ALPHA = 0.18, 0.7
MARKER = "D"
"""Another shape than the dots of retrievals, so that it is told from them without its colour too."""


class OtherLines:
    """One other series in the panel of its variable; numbers are put in by `show`. With `animated`, whoever keeps the paper draws it."""

    def __init__(self, panel: Any, other: OtherSeries, animated: bool) -> None:
        self.name = other.name
        self._panel, self._colour, self._animated = panel, other.colour, animated
        self._share = 1.0
        self._band: Any = None
        (self._line,) = panel.plot([], [], "-", linewidth=0.8, color=other.colour, animated=animated)
        (self.key,) = panel.plot([], [], MARKER, markeredgewidth=0, color=other.colour, animated=animated)

    def show(self, other: OtherSeries) -> None:
        """Put the numbers of a series of the same name and colour into the panel."""
        days, there = other.days.astype(np.int64).astype(np.float64), np.isfinite(other.values)
        when, what = days[there], other.values[there].astype(np.float64)
        self._line.set_data(*with_gaps(when, what))
        self.key.set_data(when, what)
        self.key.set_markersize(3.6 if when.size < 800 else 1.8)
        if self._band is not None:
            self._band.remove()
            self._band = None
        if other.low is not None and other.high is not None:
            there = np.isfinite(other.low) & np.isfinite(other.high)
            band = with_gaps(days[there], other.low[there].astype(np.float64), other.high[there].astype(np.float64))
            self._band = self._panel.fill_between(
                *band, color=self._colour, linewidth=0, zorder=0.9, animated=self._animated
            )
        self.fade(self._share)

    def fade(self, share: float) -> None:
        """Show it with a share of its usual strength."""
        self._share = share
        self._line.set_alpha(LINE_ALPHA * share)
        self.key.set_alpha(share)
        if self._band is not None:
            self._band.set_alpha(BAND_ALPHA * share)

    def below(self) -> list[Any]:
        """Return what is drawn below the curves."""
        return [] if self._band is None else [self._band]

    def above(self) -> list[Any]:
        """Return what is drawn above them."""
        return [self._line, self.key]
