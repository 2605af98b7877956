# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What is told beside the data, so that it hides none: the legend above all panels, a heading above one. It imports no matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .plot_theme import Theme
from .texts import tr

FONT_SIZE = 7
"""Points, as are all lengths in units of it below."""
HANDLE, HANDLE_PAD, COLUMN_GAP, BORDER = 2.2, 0.4, 1.0, 0.3
MOST_NAMED = 12
MOST_LETTERS = 24
LONGEST = 0.4
"""The share of a figure's width that a name may take; a longer one is cut."""
MOST_HIGH = 0.25
"""The share of a figure's height that the legend may take; of many records fewer are named then."""

Key = tuple[Any, str]


class Legend:
    """The legend of a figure: keys of records, then of what is drawn of them all, in as many columns as the figure's width holds.

    A key is an artist, which need not be in the figure, and its name. `fit` makes the legend for the size that the figure has then.
    """

    def __init__(self, figure: Any, theme: Theme, records: Sequence[Key], others: Sequence[Key] = ()) -> None:
        self._figure, self._theme = figure, theme
        self._records, self._others = list(records), list(others)
        self._made: Any = None
        self._fits: tuple[float, ...] = ()

    def fit(self, top: float = 1.0) -> float:
        """Make the legend where it does not fit the figure's size, its upper edge at a share of the height. Return its height as a share."""
        if not self._records and not self._others:
            return 0.0
        size = (*self._figure.bbox.size, top)
        if size != self._fits:
            self._fits = size
            if self._made is not None:
                self._made.remove()
            self._made = self._make(top)
        return float(self._made.get_window_extent(self._renderer).height / self._figure.bbox.height)

    @property
    def _renderer(self) -> Any:
        return self._figure.canvas.get_renderer()

    def _make(self, top: float) -> Any:
        em = FONT_SIZE * self._figure.dpi / 72
        room = self._figure.bbox.width - 2 * (BORDER + 0.5) * em
        rows = max(2, int(MOST_HIGH * self._figure.bbox.height / (1.5 * em)))
        beside = (HANDLE + HANDLE_PAD) * em
        short = {name: self._cut(name, LONGEST * room) for _, name in (*self._records, *self._others)}
        widths = {name: beside + self._width(text) for name, text in short.items()}
        for named in range(min(len(self._records), MOST_NAMED), -1, -1):
            keys = self._keys(named)
            across = [widths.get(name, 8 * em) for _, name in keys]
            columns = next(
                (count for count in range(len(keys), 1, -1) if _total(across, count, COLUMN_GAP * em) <= room), 1
            )
            if named <= 1 or -(-len(keys) // columns) <= rows:
                break
        theme = self._theme
        return self._figure.legend(
            [key for key, _ in keys],
            [short.get(name, name) for _, name in keys],
            loc="upper left",
            bbox_to_anchor=(0, top),
            ncol=columns,
            fontsize=FONT_SIZE,
            frameon=False,
            labelcolor=theme.ink,
            borderpad=BORDER,
            borderaxespad=0.3,
            handletextpad=HANDLE_PAD,
            handlelength=HANDLE,
            columnspacing=COLUMN_GAP,
            labelspacing=0.3,
        )

    def _keys(self, named: int) -> list[Key]:
        left = len(self._records) - named
        if left == 0:
            return [*self._records, *self._others]
        more = (_blank(self._records[0][0]), tr("and {} more").format(left))
        return [*self._records[:named], more, *self._others]

    def _cut(self, name: str, room: float) -> str:
        short = name
        while self._width(short) > room and len(short) > 2:
            short = f"{short[:-2].rstrip()}…"
        return short

    def _width(self, text: str) -> float:
        measured = self._figure.text(0, 0, text, fontsize=FONT_SIZE)
        width = float(measured.get_window_extent(self._renderer).width)
        measured.remove()
        return width


def _total(across: list[float], columns: int, gap: float) -> float:
    """Return how wide keys are in some columns, which matplotlib fills one after the other."""
    parts = np.array_split(np.array(across), columns)
    return sum(float(part.max()) for part in parts) + gap * (columns - 1)


def _blank(key: Any) -> Any:
    return type(key)([], [], linestyle="", marker="")


def detached(panel: Any, **look: Any) -> Any:
    """Return a line that is in no panel, for a legend's key."""
    (line,) = panel.plot([], [], **look)
    line.remove()
    return line


def dot_key(panel: Any, marker: str, colour: str) -> Any:
    """Return a dot that is in no panel, for a record's key in a legend."""
    return detached(panel, marker=marker, linestyle="", markersize=4.5, markeredgewidth=0, color=colour)


class Heading:
    """Text above a panel, at its right, over room that is kept free for so many lines. What it says moves; it is drawn last."""

    def __init__(self, panel: Any, theme: Theme, animated: bool, lines: int = 1) -> None:
        panel.set_title("\n".join([" "] * lines), fontsize=FONT_SIZE, pad=2)  # keeps the room
        self._panel = panel
        self._lines: list[list[str]] = []
        self.artist = panel.text(
            1,
            1,
            "",
            transform=panel.transAxes + panel.titleOffsetTrans,
            ha="right",
            va="bottom",
            fontsize=FONT_SIZE,
            color=theme.ink,
            animated=animated,
        )
        self.artist.set_in_layout(False)

    def say(self, *lines: Sequence[str]) -> None:
        """Say some lines, each of parts, of which those are left out at the end that the figure is too narrow for."""
        said = [list(line) for line in lines]
        if said != self._lines:
            self._lines = said
            self.fit()

    def fit(self) -> None:
        """Say as much as the figure's width holds."""
        self.artist.set_text("\n".join(self._fitting(line) for line in self._lines))

    def _fitting(self, parts: list[str]) -> str:
        for count in range(len(parts), 0, -1):
            left = len(parts) - count
            text = " · ".join([*parts[:count], *([tr("and {} more").format(left)] if left else [])])
            if self._holds(text):
                return text
        text = parts[0] if parts else ""
        while len(text) > 2 and not self._holds(text):
            text = f"{text[:-2].rstrip()}…"
        return text

    def _holds(self, text: str) -> bool:
        figure = self._panel.figure
        self.artist.set_text(text)
        width = self.artist.get_window_extent(figure.canvas.get_renderer()).width
        return bool(width <= self._panel.bbox.x1)


def short_name(name: str) -> str:
    """Return a name that leaves room beside it."""
    return name if len(name) <= MOST_LETTERS else f"{name[: MOST_LETTERS - 1].rstrip()}…"
