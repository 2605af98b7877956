# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Text that comes from a file is shown as it is, and never taken for mark-up."""

from __future__ import annotations

import shutil

import netCDF4
from qgis.PyQt.QtGui import QTextDocument

from smos_ib_explorer.plugin.adapters.messages import Messages

NAME = "x<img src=x> & <b>bold"


def shown(rich: str) -> str:
    """Return what a label shows of rich text."""
    document = QTextDocument()
    document.setHtml(rich)
    return document.toPlainText()


def test_names_and_units_in_the_dock(demo_folder, open_folder, tmp_path):
    folder = tmp_path / "archive"
    folder.mkdir()
    source = sorted((demo_folder / "ASC").rglob("*.nc"))[-1]
    path = shutil.copy(source, folder / source.name)
    with netCDF4.Dataset(path, "a") as file:
        extra = file.createVariable(NAME, "f8", file["RMSE"].dimensions, zlib=True, chunksizes=file["RMSE"].shape)
        extra.units = "<i>K</i>\n" + "long " * 1000
        extra[:] = 1
    (folder / "<img src=y> 20240102.nc").write_bytes(b"no file")
    form = open_folder(folder).dock.form
    said = shown(form.smosibSummary.text())
    assert f"{NAME} (<i>K</i> long" in said and len(said) < 1500
    tips = [form.smosibProblems.topLevelItem(0).toolTip(column) for column in (0, 1)]
    assert "<img src=y>" in shown(tips[0]) or "<img" not in tips[0]


def test_names_in_the_message_bar(iface):
    Messages(iface).warning(f"{NAME} cannot be read.")
    assert f"{NAME} cannot be read." in shown(iface.said())
