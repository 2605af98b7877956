# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Each product of the family is known for what it is, and its days are read as the truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from core.conformance import land_of
from core.dialects import grid_named
from core.products_table import DAYS, PRODUCT_FILES, ProductFiles, values_of

from smos_ib_explorer.plugin.core.archive import scan
from smos_ib_explorer.plugin.core.engine import Engine
from smos_ib_explorer.plugin.core.products import CITATIONS, LICENCE
from smos_ib_explorer.plugin.core.reader import Reader


@pytest.fixture(scope="module", params=PRODUCT_FILES)
def product(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[ProductFiles, Path]:
    """Each product, and the folder that holds its two days."""
    files = PRODUCT_FILES[request.param]
    root = tmp_path_factory.mktemp("product")
    files.write(root)
    return files, root


def test_a_product_is_known_with_its_grid_roles_days_and_orbits(
    product: tuple[ProductFiles, Path], engines: list[Engine]
) -> None:
    files, root = product
    for engine in engines:
        opened = Reader(engine, land_of).learn(scan(root))
        recognition, archive = opened.recognition, opened.archive
        columns = {column.role: column for some in files.files.values() for column in some if column.role}
        assert recognition.product.key == files.key
        assert recognition.product.citations == (CITATIONS if files.cites else ())
        assert (LICENCE in recognition.product.licence) == files.cites
        assert recognition.grid is grid_named(files.grid) and not recognition.is_cut and not recognition.doubtful
        assert tuple(one.id for one in recognition.variables if one.role) == files.roles
        for role, column in columns.items():
            variable = recognition.variable(role)
            assert variable.stored_name == column.name
            assert variable.stored_units == column.attributes.get("units", "")
        assert archive.kinds == files.kinds and not archive.problems and not opened.notes
        assert [(one.date, one.orbit.value) for one in archive.granules] == [
            (day, o) for day in DAYS for o in files.orbits
        ]
        lacking = {"scene flags": "SF", "RMSE": "RMSE"}
        assert {lacking[one] for one in recognition.missing_quality_layers} == set(lacking.values()) - set(files.roles)
        check_evidence({one.what: (one.found, one.why) for one in opened.evidence}, files)


def check_evidence(told: dict[str, tuple[str, str]], files: ProductFiles) -> None:
    assert told["Dates"][0] == "from file names" and files.date_form in told["Dates"][1]
    if "Days" in [column.name for some in files.files.values() for column in some]:
        assert "agrees" in told["Dates"][1]
    assert told["Position"][0] == ("by the match with land" if files.coordinates == "none" else "by coordinates")
    for orbit in filter(None, files.orbits):
        words = {"o": orbit, "folder": {"A": "ASC", "D": "DES"}[orbit], "half": {"A": "A", "D": "P"}[orbit]}
        assert files.orbit_told.format(**words) in told["Orbit"][1]
    if files.orbits == ("",):
        assert told["Orbit"][0] == "orbit not stated"


def test_each_day_and_orbit_is_read_as_the_truth(product: tuple[ProductFiles, Path], engines: list[Engine]) -> None:
    files, root = product
    for engine in engines:
        reader = Reader(engine, land_of)
        opened = reader.learn(scan(root))
        for granule in opened.archive.granules:
            variables = [opened.recognition.variable(role) for role in files.roles]
            found = reader.values(granule, opened.recognition, variables)
            for number, role in enumerate(files.roles):
                whole = np.full(opened.recognition.grid.shape, np.nan, dtype=np.float32)
                whole.flat[found.cells] = found.values[:, number]
                truth = values_of(role, opened.recognition.grid, granule.date, granule.orbit.value)
                np.testing.assert_array_equal(whole, truth.astype(np.float32))
