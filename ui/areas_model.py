# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The list of kept areas for a view."""

from __future__ import annotations

from ..plugin.adapters.kept_area import KeptArea
from . import texts
from .kept_list import KeptModel


class AreasModel(KeptModel):
    """One row an area. Main thread."""

    def identity(self, area: KeptArea) -> int:
        return area.shape.id

    def text(self, area: KeptArea) -> str:
        if area.refused is not None:
            return f"{area.name} · {texts.tr('no cells in this archive')}"
        return f"{area.name} · {texts.size_of_area(area.area)}" if area.area else area.name

    def tip(self, area: KeptArea) -> str:
        return texts.tip(str(area.refused) if area.refused is not None else self.text(area))
