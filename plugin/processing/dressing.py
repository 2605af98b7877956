# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""How results that QGIS loads after a run look: style, metadata and day, given on the main thread."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qgis.core import QgsProcessingContext, QgsProcessingLayerPostProcessorInterface, QgsRasterLayer

from ..adapters.layer_metadata import describe_layer, set_days
from ..adapters.styles import apply_default_style
from ..core.content import MapContent
from ..core.files import replacing
from ..core.provenance import Provenance


class _Dresser(QgsProcessingLayerPostProcessorInterface):
    """Dresses one layer. `wanted` until it has done so."""

    def __init__(self, shown: MapContent, provenance: Provenance) -> None:
        super().__init__()
        self._what: tuple[MapContent, Provenance] | None = (shown, provenance)

    @property
    def wanted(self) -> bool:
        return self._what is not None

    def postProcessLayer(self, layer: Any, context: Any, feedback: Any) -> None:
        if self._what is not None and isinstance(layer, QgsRasterLayer):
            shown, provenance = self._what
            apply_default_style(layer, shown.variable, shown.kept)
            set_days(layer, *shown.period)
            layer.temporalProperties().setIsActive(True)
            describe_layer(layer, layer.name(), provenance)
        self._what = None


def dress_raster(
    algorithm: Any, context: QgsProcessingContext, output: str, shown: MapContent, provenance: Provenance
) -> None:
    """Let a map that will be loaded get its variable's look.

    QGIS does not own what it calls then, and in a batch the algorithm is gone before: so the provider keeps it.
    """
    if context.willLoadLayerOnCompletion(output):
        dresser = _Dresser(shown, provenance)
        algorithm.provider().keep(dresser)
        context.layerToLoadOnCompletionDetails(output).setPostProcessor(dresser)


def keep_table_provenance(output: str, context: QgsProcessingContext, provenance: Provenance) -> None:
    """Write `NAME.provenance.txt` beside a table that is a file; a table in memory carries it in its metadata."""
    layer = context.temporaryLayerStore().mapLayer(output)
    if layer is not None:
        describe_layer(layer, layer.name(), provenance)
        return
    _write_beside(output, provenance.items())


def keep_items(output: str, context: QgsProcessingContext, items: Sequence[tuple[str, str]]) -> None:
    """Keep keys and texts as `keep_table_provenance` does, for a table that is made of no variable; in memory they are its abstract."""
    layer = context.temporaryLayerStore().mapLayer(output)
    if layer is not None:
        metadata = layer.metadata()
        metadata.setAbstract("\n".join(f"{key}: {text}" for key, text in items))
        layer.setMetadata(metadata)
        return
    _write_beside(output, items)


def _write_beside(output: str, items: Sequence[tuple[str, str]]) -> None:
    path = Path(output.split("|")[0])
    if path.is_file():
        with replacing(path.with_name(f"{path.name}.provenance.txt")) as part:
            part.write_text("".join(f"{key}: {text}\n" for key, text in items), encoding="utf-8")
