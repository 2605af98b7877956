# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The audit in the dock: a button that starts it, its progress, and what was found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QStyle,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..plugin.core.audit import Audit
from ..plugin.core.findings import Finding, Severity
from . import texts
from .texts import tr

MOST_ROWS = 300
"""Findings listed of one severity, so that QGIS does not stand still; the report has all."""
DAY, WHAT, SIZE, FILE = range(4)
LEAST_TEXT = 180  # pixels of the column that says what is wrong
_FINDING = Qt.ItemDataRole.UserRole
_ICONS = {
    Severity.ERROR: QStyle.StandardPixmap.SP_MessageBoxCritical,
    Severity.WARNING: QStyle.StandardPixmap.SP_MessageBoxWarning,
    Severity.NOTE: QStyle.StandardPixmap.SP_MessageBoxInformation,
}


class AuditPanel(QWidget):
    """Starts, stops and shows an audit. `has_findings` tells whoever lists files beside it whether its own list is shown."""

    audit_requested = pyqtSignal()
    stop_requested = pyqtSignal()
    save_requested = pyqtSignal(object)  # Path: of a page, or of a CSV file
    day_requested = pyqtSignal(object, object)  # dt.date, Orbit
    has_findings = pyqtSignal(bool)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._audit: Audit | None = None
        self.start = _button(
            "smosibAudit", tr("Audit Folder"), tr("Reads every file once and whole, and lists what is wrong")
        )
        self.halt = _button(
            "smosibAuditStop", tr("Stop"), tr("What was found is kept; the next audit goes on from there")
        )
        self.save = _button(
            "smosibAuditSave", tr("Save Report…"), tr("Writes all findings as a page, or as a CSV file")
        )
        self.progress = QProgressBar()
        self.progress.setObjectName("smosibAuditProgress")
        self.progress.setAccessibleName(tr("Progress of the audit"))
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)  # a dark theme's would not be readable; the line says it
        self.summary = QLabel(wordWrap=True)
        self.summary.setObjectName("smosibAuditSummary")
        self.findings = self._make_list()
        buttons = QHBoxLayout()
        for one in (self.start, self.progress, self.halt, self.save):
            buttons.addWidget(one, 1 if one is self.progress else 0)
        buttons.addStretch(0)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addLayout(buttons)
        rows.addWidget(self.summary)
        rows.addWidget(self.findings, 1)
        self.start.clicked.connect(lambda: self.audit_requested.emit())
        self.halt.clicked.connect(lambda: self.stop_requested.emit())
        self.save.clicked.connect(self._save)
        self.show_audit(None)

    def show_audit(self, audit: Audit | None) -> None:
        """Show what was found; None before an audit."""
        self._audit = audit
        self._show_running(False)
        self.summary.setText(texts.audit_summary(audit) if audit else "")
        self.summary.setVisible(audit is not None)
        self._fill(audit.findings if audit else ())
        there = bool(audit and audit.findings)
        self.findings.setVisible(there)
        self.has_findings.emit(there)

    def show_progress(self, share: float, what: str, seconds_left: float) -> None:
        """Show how far an audit is; `seconds_left` is negative while it is not known."""
        if not self.halt.isVisibleTo(self):
            self.show_audit(None)
            self._show_running(True)
        self.progress.setValue(round(1000 * share))
        self.summary.setText(texts.audit_progress(share, what, seconds_left))
        self.summary.setVisible(True)

    def show_stopped(self, goes_on: bool) -> None:
        """Show that an audit ended early."""
        self._show_running(False)
        self.summary.setText(tr("Stopped. The next audit goes on from there.") if goes_on else "")
        self.summary.setVisible(goes_on)

    def _show_running(self, running: bool) -> None:
        for one in (self.progress, self.halt):
            one.setVisible(running)
        self.start.setVisible(not running)
        self.save.setVisible(not running and self._audit is not None)

    def _make_list(self) -> QTreeWidget:
        tree = QTreeWidget()
        tree.setObjectName("smosibFindings")
        tree.setAccessibleName(tr("What the audit found"))
        tree.setHeaderLabels([tr("Day"), tr("What"), tr("Size"), tr("File")])
        tree.setTextElideMode(Qt.TextElideMode.ElideRight)
        tree.setUniformRowHeights(True)
        tree.header().setResizeContentsPrecision(100)  # rows that are measured: names are of a length anyway
        tree.setIndentation(tree.indentation() // 2)
        tree.setSortingEnabled(True)
        tree.sortByColumn(DAY, Qt.SortOrder.AscendingOrder)
        tree.itemActivated.connect(self._activated)
        return tree

    def _fill(self, findings: tuple[Finding, ...]) -> None:
        tree = self.findings
        tree.setSortingEnabled(False)
        tree.clear()
        for severity in Severity:
            of_it = [one for one in findings if one.severity is severity]
            if of_it:
                group = self._group(severity, of_it)
                tree.addTopLevelItem(group)
                group.setFirstColumnSpanned(True)
        tree.setSortingEnabled(True)
        tree.expandAll()
        for column in (DAY, SIZE, FILE):
            tree.resizeColumnToContents(column)
        self._fit()

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Let what is wrong take the width that the day leaves; size and file are beyond, where one scrolls."""
        tree = self.findings
        tree.setColumnWidth(WHAT, max(LEAST_TEXT, tree.viewport().width() - tree.columnWidth(DAY)))

    def _group(self, severity: Severity, findings: list[Finding]) -> QTreeWidgetItem:
        group = _Row([texts.severity_count(severity, len(findings))], rank=severity.rank)
        group.setIcon(DAY, self.style().standardIcon(_ICONS[severity]))
        rows = [self._row(finding) for finding in findings[:MOST_ROWS]]
        if len(findings) > MOST_ROWS:
            more = tr("{} more are not listed here; a saved report has them all").format(
                f"{len(findings) - MOST_ROWS:,}"
            )
            last = _Row(["…", more], rank=1)
            last.setToolTip(WHAT, more)
            rows.append(last)
        group.addChildren(rows)
        return group

    def _row(self, finding: Finding) -> QTreeWidgetItem:
        name, size = finding.file.rpartition("/")[2], finding.size
        first = finding.days.first.toordinal() if finding.days else 0
        row = _Row(
            [texts.finding_day(finding), finding.detail, "" if size is None else texts.size(size), name],
            (first, finding.detail, -1 if size is None else size, finding.file),
        )
        path = str(self._audit.root / finding.file) if self._audit and finding.file else ""
        for column, tip in enumerate((texts.finding_days(finding), finding.detail, path, path)):
            row.setToolTip(column, tip)
        row.setData(DAY, _FINDING, finding)
        return row

    def _activated(self, item: QTreeWidgetItem, column: int) -> None:
        finding = item.data(DAY, _FINDING)
        if finding is not None and finding.days is not None:
            self.day_requested.emit(finding.days.first, finding.orbit)

    def _save(self) -> None:
        path = self.ask_file()
        if path is not None:
            self.save_requested.emit(path)

    def ask_file(self) -> Path | None:
        """Ask where to write the report, and so in which form; None if the user thinks better of it."""
        page, table = tr("Page (*.html)"), tr("CSV (*.csv)")
        suggestion = f"audit of {self._audit.root.name}.html" if self._audit else ""
        name, chosen = QFileDialog.getSaveFileName(self, tr("Save the report"), suggestion, f"{page};;{table}")
        if not name:
            return None
        wanted = (".csv",) if chosen == table else (".html", ".htm")
        return Path(name if name.lower().endswith(wanted) else name + wanted[0])


class _Row(QTreeWidgetItem):
    """Sorted by what a text means, a key for each column. Those of a higher `rank` come later, whichever way the list is sorted."""

    def __init__(self, shown: list[str], keys: tuple[Any, ...] = (), rank: int = 0) -> None:
        super().__init__(shown)
        self.keys, self.rank = keys, rank

    def __lt__(self, other: Any) -> bool:
        tree = self.treeWidget()
        if self.rank != other.rank:
            is_descending = tree.header().sortIndicatorOrder() == Qt.SortOrder.DescendingOrder
            return bool(self.rank > other.rank if is_descending else self.rank < other.rank)
        column = tree.sortColumn()
        return bool(self.keys[column : column + 1] < other.keys[column : column + 1])


def _button(name: str, text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setToolTip(tip)
    return button
