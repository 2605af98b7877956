# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What all algorithms share: their parameters, and how these become values of the core."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)
from qgis.PyQt.QtCore import QCoreApplication

from ..adapters.engines import default_engine, make_reader
from ..adapters.land import Land
from ..adapters.settings import Settings
from ..adapters.stores import Stores
from ..core.archive import Problem, Progress, part_of, scan
from ..core.copy_as import NOT_APPLIED
from ..core.corrections import Corrections
from ..core.errors import BadRequest, Cancelled, SmosIbError
from ..core.names import Orbit, parse_day
from ..core.profile import read_profile
from ..core.quality import RAW, SCENE_FLAG_BITS, QualityCriteria
from ..core.reader import Opened, Reader
from ..core.variables import Variable

FOLDER, VARIABLE, VARIABLES, ORBIT = "FOLDER", "VARIABLE", "VARIABLES", "ORBIT"
DATE, START, END = "DATE", "START", "END"
PROFILE = "PROFILE"
QUALITY, MAX_SCENE_FLAG, MAX_RMSE, OUTPUT = "QUALITY", "MAX_SCENE_FLAG", "MAX_RMSE", "OUTPUT"
QUALITIES = ("provider", "raw")
REJECTED_FLAGS, VALID_RANGES = "REJECTED_FLAGS", "VALID_RANGES"
OPENED = 0.1
"""Share of the progress of a run whose archive is open."""

QUALITY_HELP = (
    "Quality control as the data provider asks for it: scene flags of at most MAX_SCENE_FLAG (1), TB-RMSE of at most MAX_RMSE (8 or 6 K), SM within 0–1 and VOD "
    "within 0–2. A threshold of −1 is not applied. REJECTED_FLAGS rejects by single bits of the scene flag beside the threshold: 1 moderate topography, 2 strong topography, "
    "4 polluted scene, 8 frozen, or their sum. RMSE and scene flags themselves are given as they are. An archive without one of the two layers gives a warning."
)


class SmosIbAlgorithm(QgsProcessingAlgorithm):
    """Base of the plugin's algorithms."""

    def createInstance(self) -> SmosIbAlgorithm:
        return type(self)()

    def group(self) -> str:
        return ""

    def groupId(self) -> str:
        return ""

    def add_folder(self) -> None:
        """Add FOLDER, and the optional PROFILE of it."""
        behaviour = QgsProcessingParameterFile.Behavior.Folder
        self.addParameter(QgsProcessingParameterFile(FOLDER, tr("Folder of daily files"), behavior=behaviour))
        text = tr("Profile of the folder (empty: what was corrected for it in the dock)")
        profile = QgsProcessingParameterFile(PROFILE, text, extension="json", optional=True)
        profile.setFlags(profile.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced)
        self.addParameter(profile)

    def add_variable(self, many: bool) -> None:
        """Add VARIABLE, or VARIABLES for several."""
        if many:
            text = tr("Variables (SM, VOD, TBH, TBV, TB, RMSE, SF or netCDF names, comma-separated)")
            self.addParameter(QgsProcessingParameterString(VARIABLES, text, defaultValue="SM,VOD"))
        else:
            text = tr("Variable (SM, VOD, TBH, TBV, TB, RMSE, SF or a netCDF name)")
            self.addParameter(QgsProcessingParameterString(VARIABLE, text, defaultValue="SM"))

    def add_orbit(self) -> None:
        """Add ORBIT."""
        text = tr("Orbit (A or D; empty for the only one there is)")
        self.addParameter(QgsProcessingParameterString(ORBIT, text, defaultValue="", optional=True))

    def add_day(self, name: str, text: str, optional: bool = False) -> None:
        """Add a calendar day."""
        self.addParameter(QgsProcessingParameterString(name, f"{text} (YYYY-MM-DD)", optional=optional))

    def add_quality(self) -> None:
        """Add QUALITY, the two thresholds, and the optional REJECTED_FLAGS and VALID_RANGES."""
        quality = QgsProcessingParameterEnum(
            QUALITY, tr("Quality control"), list(QUALITIES), defaultValue="provider", usesStaticStrings=True
        )
        self.addParameter(quality)
        kinds, number = QgsProcessingParameterNumber.Type, QgsProcessingParameterNumber
        text = tr("Highest scene flag (−1: not applied)")
        self.addParameter(number(MAX_SCENE_FLAG, text, kinds.Integer, 1, minValue=NOT_APPLIED))
        text = tr("Highest TB-RMSE in K (−1: not applied)")
        self.addParameter(number(MAX_RMSE, text, kinds.Double, 8.0, minValue=NOT_APPLIED))
        text = tr("Scene-flag bits that reject whatever the threshold (1, 2, 4, 8 or their sum)")
        most = sum(SCENE_FLAG_BITS)
        self.addParameter(number(REJECTED_FLAGS, text, kinds.Integer, 0, optional=True, minValue=0, maxValue=most))
        text = tr("Reject values outside the valid range")
        self.addParameter(QgsProcessingParameterBoolean(VALID_RANGES, text, defaultValue=True, optional=True))

    def add_source(self, many: bool) -> None:
        """Add what is read of which archive: FOLDER with PROFILE, VARIABLE or VARIABLES, and ORBIT."""
        self.add_folder()
        self.add_variable(many)
        self.add_orbit()

    def add_period(self) -> None:
        """Add START and END, which may be left out."""
        self.add_day(START, tr("First day, empty for the archive's first"), optional=True)
        self.add_day(END, tr("Last day, empty for the archive's last"), optional=True)

    def folder(self, parameters: dict[str, Any], context: Any) -> Path:
        """Return FOLDER. Raises BadRequest where it is empty."""
        text = self.parameterAsFile(parameters, FOLDER, context)
        if not text:
            raise BadRequest("No folder was given.", "Choose the folder that holds the daily files.")
        return Path(text)

    def corrections(self, parameters: dict[str, Any], folder: Path, context: Any) -> Corrections:
        """Return what PROFILE says of the folder, else what the user corrected for it. Raises BadRequest where it is no profile."""
        profile = self.parameterAsFile(parameters, PROFILE, context)
        return read_profile(Path(profile)) if profile else Settings().corrections(folder)

    def opened(self, parameters: dict[str, Any], context: Any, progress: Progress) -> tuple[Reader, Opened]:
        """Return a reader and the archive in FOLDER, with what the user corrected for it.

        Raises BadRequest where its orientation is doubtful: nobody looks at a batch's maps one by one.
        """
        folder = self.folder(parameters, context)
        reader = make_reader(default_engine(), Land())
        archive = scan(folder, part_of(progress, 0.0, 0.5))
        opened = reader.learn(archive, self.corrections(parameters, folder, context), part_of(progress, 0.5, 1.0))
        if opened.recognition.doubtful:
            raise BadRequest(opened.recognition.evidence, "Open the folder in the dock once and choose it under Roles.")
        return reader, opened

    def prepareAlgorithm(self, parameters: dict[str, Any], context: Any, feedback: QgsProcessingFeedback) -> bool:
        """Look (on the main thread) where the project is: its folder may hold a store."""
        self.stores = Stores(default_engine())
        self.stores.note_project()
        return True

    def day(self, parameters: dict[str, Any], name: str, context: Any) -> dt.date | None:
        """Return a calendar day, None where it is left out. Raises BadRequest where it is none."""
        text = self.parameterAsString(parameters, name, context).strip()
        if not text:
            return None
        day = parse_day(text)
        if day is None:
            raise BadRequest(f"{name} is {text!r}.", "Write a day as YYYY-MM-DD, such as 2020-02-29.")
        return day

    def days(
        self, parameters: dict[str, Any], context: Any, start: str = START, end: str = END
    ) -> tuple[dt.date | None, dt.date | None]:
        """Return two calendar days, None for what is left out. Raises BadRequest where they are none, or the wrong way round."""
        first, last = self.day(parameters, start, context), self.day(parameters, end, context)
        if first and last and first > last:
            raise BadRequest(f"{start} is {first} and {end} is {last}.", "The end must not lie before the start.")
        return first, last

    def variables(self, parameters: dict[str, Any], opened: Opened, context: Any) -> list[Variable]:
        """Return VARIABLES. Raises BadRequest where there is none, NotInArchive for one that the archive lacks."""
        names = [name.strip() for name in self.parameterAsString(parameters, VARIABLES, context).split(",")]
        found = [opened.recognition.variable(name) for name in names if name]
        if not found:
            raise BadRequest("No variable was given.", "Write ids such as SM,VOD.")
        return found

    def orbit(self, parameters: dict[str, Any], opened: Opened, context: Any) -> Orbit:
        """Return ORBIT, or the only one there is. Raises SmosIbError where there are two, or another one."""
        return opened.archive.only_orbit(self.parameterAsString(parameters, ORBIT, context).strip())

    def needed_day(self, parameters: dict[str, Any], name: str, context: Any) -> dt.date:
        """Return a calendar day. Raises BadRequest where it is missing or none."""
        day = self.day(parameters, name, context)
        if day is None:
            raise BadRequest(f"{name} was not given.", "Write a day as YYYY-MM-DD, such as 2020-02-29.")
        return day

    def choice(self, parameters: dict[str, Any], name: str, choices: Sequence[str], context: Any) -> str:
        """Return a choice. Raises BadRequest for what is none: QGIS would take the default in its place."""
        given = parameters.get(name)
        if isinstance(given, (str, int)) and given != "" and given not in choices:
            raise BadRequest(f"{name} is {given!r}.", f"Choose one of {', '.join(choices)}.")
        return str(self.parameterAsEnumString(parameters, name, context))

    def criteria(self, parameters: dict[str, Any], context: Any) -> QualityCriteria:
        """Return the quality criteria. Raises BadRequest for a QUALITY that is none."""
        if self.choice(parameters, QUALITY, QUALITIES, context) == "raw":
            return RAW
        flag = self.parameterAsInt(parameters, MAX_SCENE_FLAG, context)
        rmse = self.parameterAsDouble(parameters, MAX_RMSE, context)
        return QualityCriteria(
            None if flag < 0 else flag,
            None if rmse < 0 else rmse,
            self.parameterAsBool(parameters, VALID_RANGES, context),
            self.parameterAsInt(parameters, REJECTED_FLAGS, context),
        )


def tr(text: str) -> str:
    """Return the text in the user's language."""
    return QCoreApplication.translate("SmosIbProcessing", text)


@contextmanager
def reporting(feedback: QgsProcessingFeedback, cancelled: str | Callable[[], str] = "") -> Iterator[Progress]:
    """Give a progress callable over a feedback, and turn our errors into those of Processing. `cancelled` says what a cancelled run leaves."""

    def progress(share: float, what: str) -> None:
        if feedback.isCanceled():
            raise Cancelled
        feedback.setProgress(100 * share)
        if what:
            feedback.setProgressText(what)

    try:
        yield progress
    except SmosIbError as error:
        raise QgsProcessingException(str(error)) from error
    except Cancelled:
        left = cancelled if isinstance(cancelled, str) else cancelled()
        raise QgsProcessingException(left or tr("Cancelled; nothing was written.")) from None


def tell_evidence(opened: Opened, feedback: QgsProcessingFeedback) -> None:
    """Say what the archive was taken for, and why."""
    for one in opened.evidence:
        feedback.pushInfo(f"{one.what}: {one.found} ({one.why})")
    for note in opened.notes:
        feedback.pushInfo(note)


def tell_problems(problems: Sequence[Problem], days_read: int, feedback: QgsProcessingFeedback) -> None:
    """Say which files could not be read. Raises BadRequest where none could."""
    for problem in problems:
        feedback.reportError(f"{problem.path.name}: {problem.reason}")
    if not days_read:
        raise BadRequest("None of the files in this period can be read.", f"{len(problems)} files were tried.")


def warn_of_missing_layers(unapplied: tuple[str, ...], feedback: QgsProcessingFeedback) -> None:
    """Say loudly which criteria could not be applied."""
    for name in unapplied:
        feedback.reportError(
            tr(
                "The archive has no {name} layer: this criterion was NOT applied, the result is not filtered by it."
            ).format(name=name)
        )
