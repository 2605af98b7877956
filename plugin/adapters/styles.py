# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""How variables look on the map: colour-blind-safe ramps with units, differences, anomalies and trends around zero, RMSE in steps at 6 and 8 K, scene
flags as named categories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from qgis.core import (
    QgsColorRampShader,
    QgsGradientColorRamp,
    QgsGradientStop,
    QgsPalettedRasterRenderer,
    QgsRasterLayer,
    QgsRasterShader,
    QgsSingleBandPseudoColorRenderer,
)
from qgis.PyQt.QtGui import QColor

from ..core.many_days import AROUND_FIFTY, AROUND_ZERO, COUNT, SPREAD
from ..core.quality import SCENE_FLAG_BITS, Float32s
from ..core.variables import Variable
from .options import Options

# Dry brown to wet blue, light to dark green: lightness runs one way and hues stay apart for the colour-blind.
RAMPS: dict[str, tuple[str, ...]] = {
    "moisture": ("#6b3d0a", "#b9792f", "#e8d3a2", "#a9d3dc", "#3f8fc4", "#08306b"),
    "vegetation": ("#fbf9d4", "#d5e59b", "#8cc56c", "#3d9a50", "#0b6b3a", "#00361d"),
    "inferno": ("#000004", "#420a68", "#932667", "#dd513a", "#fca50a", "#fcffa4"),
    "viridis": ("#440154", "#414487", "#2a788e", "#22a884", "#7ad151", "#fde725"),
    "cividis": ("#00224e", "#35456c", "#666970", "#948e77", "#c8b866", "#fee838"),
}
"""Those to choose from for a variable."""
# Less is brown and more is blue, zero the lightest: the two ends differ in hue for every kind of sight.
DIVERGING = ("#5c3306", "#b0702a", "#e6c391", "#f3f1ec", "#a3cfe3", "#3a87bd", "#0a3a72")
# Blue is within the stricter limit, yellow within the usual one, red beyond.
RMSE_CLASSES: tuple[tuple[float, str, str], ...] = (
    (2.0, "#08519c", "≤ 2 K"),
    (4.0, "#4292c6", "2–4 K"),
    (6.0, "#9ecae1", "4–6 K"),
    (8.0, "#fdd870", "6–8 K"),
    (12.0, "#e8743b", "8–12 K"),
    (float("inf"), "#8c0d26", "> 12 K"),
)
FLAG_COLOURS: tuple[str, ...] = ("#2c7fb8", "#f2c14e", "#a65628", "#984ea3", "#9fd8ef")
"""Good, then one colour a bit; the highest bit of a combination decides."""


def apply_default_style(
    layer: QgsRasterLayer, variable: Variable, values: Float32s, ramps: Mapping[str, str] | None = None
) -> None:
    """Give a layer the look of its variable. `values` are used only where the variable has no display range of its own.

    `ramps` holds names of `RAMPS` by role id, for roles with a continuous ramp; None: what the options say.
    """
    ramp = variable.role.ramp if variable.role else "viridis"
    if variable.role and ramp in RAMPS:
        chosen = (Options.read().ramps if ramps is None else ramps).get(variable.role.id, ramp)
        ramp = chosen if chosen in RAMPS else ramp
    if ramp == "flags":
        layer.setRenderer(QgsPalettedRasterRenderer(layer.dataProvider(), 1, flag_classes()))
    elif ramp == "rmse":
        layer.setRenderer(_stepped(layer, RMSE_CLASSES))
    elif ramp == AROUND_ZERO:
        limit = symmetric_limit(values)
        layer.setRenderer(_continuous(layer, DIVERGING, -limit, limit, variable.units))
    elif ramp == AROUND_FIFTY:
        layer.setRenderer(_continuous(layer, DIVERGING, 0.0, 100.0, variable.units))
    elif ramp in (COUNT, SPREAD):
        low, high = (0.0, _largest(values)) if ramp == COUNT else _spread(values)
        layer.setRenderer(_continuous(layer, RAMPS["viridis"], low, high, variable.units))
    else:
        low, high = variable.role.display_range if variable.role else _spread(values)
        layer.setRenderer(_continuous(layer, RAMPS[ramp], low, high, variable.units))


def flag_classes() -> list[Any]:
    """Return the sixteen combinations of scene-flag bits as named categories."""
    classes = []
    for value in range(16):
        bits = [number for number, bit in enumerate(SCENE_FLAG_BITS) if value & bit]
        names = [SCENE_FLAG_BITS[1 << number] for number in bits]
        colour = QColor(FLAG_COLOURS[bits[-1] + 1 if bits else 0])
        if len(bits) > 1:
            colour = colour.darker(100 + 18 * (len(bits) - 1))
        classes.append(QgsPalettedRasterRenderer.Class(value, colour, f"{value}: {' + '.join(names) or 'good'}"))
    return classes


def _continuous(layer: QgsRasterLayer, colours: Sequence[str], low: float, high: float, units: str) -> Any:
    stops = [QgsGradientStop(number / (len(colours) - 1), QColor(colour)) for number, colour in enumerate(colours)]
    shader = QgsColorRampShader(
        low, high, QgsGradientColorRamp(QColor(colours[0]), QColor(colours[-1]), False, stops[1:-1])
    )
    shader.setColorRampType(QgsColorRampShader.Type.Interpolated)
    shader.setColorRampItemList(
        [
            QgsColorRampShader.ColorRampItem(
                low + stop.offset * (high - low), stop.color, f"{low + stop.offset * (high - low):.3g}"
            )
            for stop in stops
        ]
    )
    legend = shader.legendSettings()
    legend.setSuffix(f" {units}" if units not in ("", "–", "-") else "")
    shader.setLegendSettings(legend)
    return _renderer(layer, shader, low, high)


def _stepped(layer: QgsRasterLayer, steps: Sequence[tuple[float, str, str]]) -> Any:
    shader = QgsColorRampShader(0.0, steps[-2][0])
    shader.setColorRampType(QgsColorRampShader.Type.Discrete)
    shader.setColorRampItemList(
        [QgsColorRampShader.ColorRampItem(limit, QColor(colour), label) for limit, colour, label in steps]
    )
    return _renderer(layer, shader, 0.0, steps[-2][0])


def _renderer(layer: QgsRasterLayer, function: QgsColorRampShader, low: float, high: float) -> Any:
    shader = QgsRasterShader()
    shader.setRasterShaderFunction(function)
    renderer = QgsSingleBandPseudoColorRenderer(layer.dataProvider(), 1, shader)
    renderer.setClassificationMin(low)
    renderer.setClassificationMax(high)
    return renderer


def symmetric_limit(values: Float32s) -> float:
    """Return where a ramp around zero ends: the 98th percentile of the sizes, up to the next of 1, 1.5, 2, 3, 4, 5, 6, 8 times a power of ten."""
    sizes = np.abs(values[np.isfinite(values)])
    edge = float(np.percentile(sizes, 98)) if sizes.size else 0.0
    if edge <= 0.0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(edge))
    return float(next(step for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10, 15) if step * power >= edge) * power)


def _largest(values: Float32s) -> float:
    """Return the largest value, 1 where there is none."""
    known = values[np.isfinite(values)]
    return max(float(known.max()), 1.0) if known.size else 1.0


def _spread(values: Float32s) -> tuple[float, float]:
    """Return the 2nd and 98th percentile, widened where all values are one."""
    known = values[np.isfinite(values)]
    if not known.size:
        return 0.0, 1.0
    low, high = (float(edge) for edge in np.percentile(known, (2, 98)))
    return (low, high) if high > low else (low - 0.5, high + 0.5)
