# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the canvas asks of any kind of picture."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..plugin.core.points import Point
from ..plugin.core.variables import Variable
from .plot_legend import Heading, Legend
from .plot_theme import Theme
from .series_view import SeriesView


@dataclass(frozen=True, eq=False)
class Dots:
    """Values that the mouse can find in a panel: places `x`, `y` in its units (1-d, NaN for none), their days, and what to tell of each."""

    x: Any
    y: Any
    days: Any
    tell: Callable[[int], str]


class Picture(Protocol):
    """A view drawn into a figure. Paper, axes and grid stay; what moves is drawn over them by the canvas, in the order of `moving`, then `marks`.

    `time_axis` is the axes whose x is days since 1970-01-01, shared by all panels; None where x is something else.
    """

    panels: list[tuple[Any, Variable]]
    legend: Legend
    headings: list[Heading]
    marks: list[Any]
    time_axis: Any

    def fits(self, view: SeriesView, theme: Theme) -> bool:
        """Return whether a view can be shown by moving what moves."""

    def show(self, view: SeriesView) -> None:
        """Put a view's numbers, which fit, into what moves."""

    def move_day(self, day: dt.date | None) -> None:
        """Mark a day as the one that the map shows."""

    def emphasise(self, point: Point | None) -> None:
        """Let all fade but a point's curves; None ends that."""

    def moving(self) -> Iterable[Any]:
        """Give what moves but the marks."""

    def dots(self, number: int) -> Sequence[Dots]:
        """Return what the mouse can find in the `number`-th panel."""
