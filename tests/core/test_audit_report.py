# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""An audit as CSV and as a page: complete, escaped, and free of anything from elsewhere."""

from __future__ import annotations

import csv
import datetime as dt
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from core.granules import name_of, write_day, write_days
from hypothesis import given
from hypothesis import strategies as st

from smos_ib_explorer.plugin.core.archive import Archive, DayRange, Granule
from smos_ib_explorer.plugin.core.audit import Audit, audit
from smos_ib_explorer.plugin.core.audit_calendar import calendar_svg, states_of
from smos_ib_explorer.plugin.core.audit_file import FileAudit
from smos_ib_explorer.plugin.core.audit_report import MOST_ROWS, audit_html, write_audit_html
from smos_ib_explorer.plugin.core.audit_table import COLUMNS, audit_rows, days_text, write_audit_csv
from smos_ib_explorer.plugin.core.engine import Engine
from smos_ib_explorer.plugin.core.errors import BadRequest
from smos_ib_explorer.plugin.core.findings import Finding, Kind, printable
from smos_ib_explorer.plugin.core.names import Orbit
from smos_ib_explorer.plugin.core.products import SMOS_IB
from smos_ib_explorer.plugin.core.reader import Reader

SOFTWARE, WHEN = "SMOS-IB Explorer 0.1.0", dt.date(2026, 11, 25)
HOSTILE = "<script>alert('1')</script> & \"quoted\" \n# x: y,\udcff.nc"


class Page(HTMLParser):
    """What a browser makes of a page: its tags with their attributes, and its text."""

    VOID = ("meta", "path", "i")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def invented(*findings: Finding, days: int = 3, name: str = "archive") -> Audit:
    """An audit of files that are not there."""
    root = Path("/data") / name
    dates = [dt.date(2019, 12, 30) + dt.timedelta(days=number) for number in range(days)]
    granules = tuple(Granule(root / name_of(day), day, Orbit.ASCENDING, 2_500_000, 1) for day in dates)
    files = tuple(FileAudit(one.path.name, one.date, one.orbit, one.size, one.modified) for one in granules)
    return Audit(
        Archive(root, granules), files, findings, SMOS_IB, "Placed by the file's coordinates.", notes=("A note.",)
    )


def read_csv(path: Path) -> tuple[dict[str, str], list[dict[str, str]]]:
    lines = path.read_text("utf-8").splitlines(keepends=True)
    about = dict(line[2:].rstrip("\n").split(": ", 1) for line in lines if line.startswith("# "))
    return about, list(csv.DictReader(line for line in lines if not line.startswith("# ")))


@pytest.fixture
def found(tmp_path: Path, engine: Engine) -> Audit:
    """The audit of a small folder with three kinds of findings."""
    folder = tmp_path / "archive"
    write_days(folder, "2019-12-30/2020-01-02", "2020-01-05")
    write_day(folder, dt.date(2020, 1, 1), without=("RMSE",))
    (folder / name_of(dt.date(2019, 12, 31))).write_bytes(b"")
    return audit(Reader(engine), folder)


def test_all_lines_of_the_csv_end_alike(found: Audit, tmp_path: Path) -> None:
    write_audit_csv(tmp_path / "audit.csv", found, SOFTWARE, WHEN)
    assert b"\r" not in (tmp_path / "audit.csv").read_bytes()


def test_months_are_english_in_any_country(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calendar.month_abbr", ["", *("mois",) * 12])  # as a process under a French locale has them
    picture = calendar_svg({dt.date(2020, 1, 1): "sound"}, "days")
    assert re.findall(r">([A-Z][a-z]+)</text>", picture) == [
        "Jan",
        "Feb",
        "Mar",
        "Apr",
        "May",
        "Jun",
        "Jul",
        "Aug",
        "Sep",
        "Oct",
        "Nov",
        "Dec",
    ]


def test_the_csv_holds_every_finding_and_says_where_it_comes_from(found: Audit, tmp_path: Path) -> None:
    write_audit_csv(tmp_path / "audit.csv", found, SOFTWARE, WHEN)
    about, rows = read_csv(tmp_path / "audit.csv")
    assert about["audited"] == "2026-11-25" and about["source_folder"] == str(found.root)
    assert about["findings"] == "1 error, 2 warnings" and about["software"] == SOFTWARE
    assert about["days_A"] == "5 of 7 days have a file, 2019-12-30 → 2020-01-05; 2 missing in 1 gap"
    assert sum(key.startswith("citation_") for key in about) == 3 and "CC BY" in about["licence"]
    assert tuple(rows[0]) == COLUMNS
    assert [(one["severity"], one["kind"], one["first_date"], one["last_date"]) for one in rows] == [
        ("warning", "missing_days", "2020-01-03", "2020-01-04"),
        ("error", "empty", "2019-12-31", "2019-12-31"),
        ("warning", "no_rmse", "2020-01-01", "2020-01-01"),
    ]
    assert rows[1]["file"] == name_of(dt.date(2019, 12, 31)) and rows[1]["size"] == "0" and rows[0]["size"] == ""


def test_the_page_holds_summary_days_and_findings(found: Audit, tmp_path: Path) -> None:
    write_audit_html(tmp_path / "audit.html", found, SOFTWARE, WHEN)
    page = Page((tmp_path / "audit.html").read_text("utf-8"))
    assert page.open == []
    words = re.sub(r"\s+", " ", page.words)
    for expected in (
        "Audit of archive",
        "5 files, read whole: 1 error, 2 warnings.",
        "ascending: 5 of 7 days have a file",
        "a file with a warning: 1",
        "a file that cannot be used: 1",
        "no file: 2",
        "Gaps of days without a file (1)",
        "2020-01-03 → 2020-01-04",
        "This day has no TB-RMSE layer.",
        "What was recognised",
        "Scene_Flags",
        "by its name",
        "SMOS-IB Explorer 0.1.0, 2026-11-25.",
        "Remote Sensing of Environment",
    ):
        assert expected in words
    links = {attributes["href"] for tag, attributes in page.tags if tag == "a"}
    ids = {attributes["id"] for tag, attributes in page.tags if "id" in attributes}
    assert links == {f"#{one}" for one in ids} == {"#missing_days", "#empty", "#no_rmse"}


def test_days_are_drawn_where_they_belong() -> None:
    page = Page(audit_html(invented(Finding(Kind.MISSING_DAYS, "")), SOFTWARE, WHEN))
    (path,) = (attributes for tag, attributes in page.tags if tag == "path")
    # 30 and 31 December are days 364 and 365 of 2019; 1 January begins the next row.
    assert path["class"] == "sound" and path["d"] == "M1133 16h6v11h-6zM44 30h3v11h-3z"


def test_every_day_of_the_span_has_a_state(found: Audit) -> None:
    states = states_of(found, Orbit.ASCENDING)
    assert list(states) == [dt.date(2019, 12, 30) + dt.timedelta(days=number) for number in range(7)]
    assert list(states.values()) == ["sound", "unusable", "warned", "sound", "missing", "missing", "sound"]


def test_hostile_names_do_no_harm(tmp_path: Path) -> None:
    text = printable(HOSTILE)  # as findings of files have it
    findings = [Finding(kind, text, text, 1, DayRange(WHEN, WHEN)) for kind in Kind]
    hostile = invented(*findings, name="<script>bad</script>\n\"'&\udcff")
    page = Page(audit_html(hostile, SOFTWARE, WHEN))
    assert page.open == [] and "script" not in {tag for tag, _ in page.tags}
    assert page.words.count(r"<script>alert('1')</script> & " + '"quoted" ') == 2 * len(Kind)
    write_audit_html(tmp_path / "audit.html", hostile, SOFTWARE, WHEN)
    write_audit_csv(tmp_path / "audit.csv", hostile, SOFTWARE, WHEN)
    about, rows = read_csv(tmp_path / "audit.csv")
    assert len(rows) == len(Kind) and "x" not in about
    assert {row["file"] for row in rows} == {printable(HOSTILE)} and r"\n# x: y,\udcff.nc" in rows[0]["file"]


@given(st.text(st.characters(exclude_categories=())), st.text(st.characters(exclude_categories=())))
def test_any_text_is_shown_as_text(file: str, detail: str) -> None:
    usual = audit_html(invented(Finding(Kind.EMPTY, "detail", "file")), SOFTWARE, WHEN)
    page = Page(audit_html(invented(Finding(Kind.EMPTY, detail, file)), SOFTWARE, WHEN))
    assert page.open == []
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in Page(usual).tags]


def test_the_page_needs_nothing_from_elsewhere(found: Audit) -> None:
    text = audit_html(found, SOFTWARE, WHEN)
    page = Page(text)
    assert not {"script", "link", "img", "iframe", "object", "embed", "form"} & {tag for tag, _ in page.tags}
    for _, attributes in page.tags:
        assert not {"src", "srcset", "action", "onload", "style"} & set(attributes)
        assert (attributes.get("href") or "#").startswith("#")
    assert "url(" not in text and "@import" not in text and "prefers-color-scheme: dark" in text


def test_a_page_of_thousands_of_findings_stays_short() -> None:
    days = [DayRange(day, day) for day in (dt.date(2010, 1, 1) + dt.timedelta(days=number) for number in range(5479))]
    findings = [Finding(Kind.DUPLICATE, "A second file.", name_of(day.first), 1, day) for day in days]
    text = audit_html(invented(*findings, days=5479), SOFTWARE, WHEN)
    assert text.count("A second file.") == MOST_ROWS and f"And {5479 - MOST_ROWS:,} more" in text
    assert len(text) < 200_000 and len(list(audit_rows(invented(*findings)))) == 5479


def test_a_folder_without_findings_and_without_days() -> None:
    sound, empty = invented(), Audit(Archive(Path("/data"), ()), (), (), SMOS_IB)
    assert "Nothing is wrong" in audit_html(sound, SOFTWARE, WHEN) and "nothing is wrong" in audit_html(
        sound, SOFTWARE, WHEN
    )
    assert "<svg" not in audit_html(empty, SOFTWARE, WHEN) and days_text(empty, Orbit.UNKNOWN) == "no day"


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for write in (write_audit_html, write_audit_csv):
        with pytest.raises(BadRequest):
            write(tmp_path / "file" / "audit", invented(), SOFTWARE, WHEN)
