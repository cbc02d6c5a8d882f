"""What `kcnn homework grade` does: find the submissions, grade them, write each result, and say how it went."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keras_cnn_course.cli.commands.homework.gradescope_files import GradescopeFiles
from keras_cnn_course.cli.commands.homework.grading_outcome import check_marks, describe_file, name_missing, render
from keras_cnn_course.cli.commands.homework.grading_places import check_out, find_to_grade
from keras_cnn_course.cli.commands.homework.progress import Progress, one_line, tell
from keras_cnn_course.errors import UsageError
from keras_cnn_course.homework.authoring.exercise import Exercise

if TYPE_CHECKING:
    from keras_cnn_course.homework.grading.class_archive import Places
    from keras_cnn_course.homework.grading.marks import Marks
    from keras_cnn_course.homework.grading.ownership import Submission
    from keras_cnn_course.homework.grading.roster import Roster
    from keras_cnn_course.homework.grading.submission_results import SubmissionResult

__all__ = ["Settings", "grade_places"]


@dataclass(frozen=True)
class Settings:
    """How to grade.

    Args:
        file_format: `csv`, `json` or `gradescope`.
        out: where the results go; None means standard output.
        visibility: when Gradescope shows the graded cases.
        own_files: what the command reads and writes besides the submissions.
        lists_missing: whether to name the people in the roster who have no submission.
    """

    secret: bytes
    exercises: Sequence[Exercise]
    jobs: int | None
    file_format: str
    out: Path | None
    visibility: str
    quiet: bool
    resume: bool
    restart: bool
    own_files: Collection[Path] = ()
    lists_missing: bool = True

    @property
    def for_gradescope(self) -> bool:
        """Whether each submission gets a file of its own."""
        return self.file_format == "gradescope"


def grade_places(places: "Places", settings: Settings, roster: "Roster | None") -> None:
    """Grade the submissions at these places, and write their results.

    Raises:
        GraderError: the grader failed at a submission.
        HomeworkError: a submission could not be read, or the results cannot be written.
    """
    out = settings.out
    is_upload = settings.for_gradescope and len(places.paths) == 1 and out is not None and out.suffix == ".json"
    found, refused = find_to_grade(places, is_upload=is_upload, own_files=settings.own_files)
    session = _Session(settings, found.submissions, roster=roster, ignored=found.ignored)
    for note in roster.notes if roster is not None else ():
        tell(one_line(note))
    results = session.refuse(refused) if refused else session.grade()
    session.write(results)
    if roster is not None and settings.lists_missing:
        name_missing(roster, session.list_students(results))
    check_marks(results, is_upload=is_upload)


class _Session:
    """The grading of these submissions, with the files that it writes.

    Args:
        ignored: entries that are not submissions, with the reasons.
    """

    def __init__(
        self,
        settings: Settings,
        submissions: "Sequence[Submission]",
        *,
        roster: "Roster | None",
        ignored: Sequence[str],
    ) -> None:
        from keras_cnn_course.homework.grading.unfinished import describe_conditions
        from keras_cnn_course.homework.sandbox.confinement import find_isolation

        number = len(submissions)
        check_out(settings.out, several=settings.for_gradescope and number > 1, number=number)
        self._settings, self._submissions, self._roster = settings, submissions, roster
        self._isolation = str(find_isolation())
        marks = self._read_marks()
        tell(self._isolation)
        for entry in ignored:
            tell(f"Not a submission: {entry}")
        if marks is None and (settings.resume or settings.restart):
            raise UsageError("--resume and --restart need a file of marks: --out FILE with --format csv or json.")
        self._progress = Progress(number, marks, quiet=settings.quiet)
        if marks is not None:
            conditions = describe_conditions(
                secret=settings.secret,
                exercises=settings.exercises,
                file_format=settings.file_format,
                roster=roster.path if roster is not None else None,
            )
            self._submissions = self._progress.open_record(
                submissions, conditions, resume=settings.resume, restart=settings.restart
            )
        self._files = GradescopeFiles(
            self._submissions, settings.out, isolation=self._isolation, visibility=settings.visibility
        )
        if settings.for_gradescope:
            self._files.refuse_other_file()

    def refuse(self, reason: str) -> "list[SubmissionResult]":
        """Return the result of an upload that cannot be graded."""
        from keras_cnn_course.homework.grading.batch import refuse_submission

        result = refuse_submission(self._submissions[0], reason, exercises=self._settings.exercises)
        self._report(result)
        return [result]

    def grade(self) -> "list[SubmissionResult]":
        """Grade the submissions that are not graded yet. If that is interrupted, say how to continue."""
        from keras_cnn_course.devices.backend import available_cores
        from keras_cnn_course.homework.grading.batch import grade_submissions

        try:
            return grade_submissions(
                self._submissions,
                secret=self._settings.secret,
                exercises=self._settings.exercises,
                jobs=self._settings.jobs or available_cores(),
                roster=self._roster,
                report=self._report,
            )
        except KeyboardInterrupt:
            raise KeyboardInterrupt(self._progress.describe_stop(self._print)) from None
        except BaseException:
            tell(self._progress.describe_stop(self._print))
            raise

    def write(self, results: "Sequence[SubmissionResult]") -> None:
        """Write the finished file of marks, or print the results if there is none."""
        marks = self._progress.marks
        if marks is None:
            self._print(results)
        else:
            tell(describe_file(marks.path, *marks.write(results), number=len(results)))
            self._progress.close_record()

    def list_students(self, results: "Sequence[SubmissionResult]") -> set[str]:
        """Return the ids of everybody who has a row now, also from an earlier grading."""
        marks = self._progress.marks
        return {result.student for result in results} if marks is None else marks.list_students(results)

    def _report(self, result: "SubmissionResult") -> None:
        if self._settings.for_gradescope and self._settings.out is not None:
            self._files.write(result)
        self._progress.add(result)

    def _print(self, results: "Sequence[SubmissionResult]") -> None:
        if self._settings.for_gradescope:
            for result in results:
                self._files.write(result)
            return
        exercises, file_format = self._settings.exercises, self._settings.file_format
        click.echo(render(results, exercises, file_format=file_format, isolation=self._isolation), nl=False)

    def _read_marks(self) -> "Marks | None":
        """Return the file of marks with the rows that it has now; None if there is no such file in this format."""
        from keras_cnn_course.homework.grading.marks import read_marks

        settings = self._settings
        if settings.out is None or settings.for_gradescope:
            return None
        return read_marks(
            settings.out,
            file_format=settings.file_format,
            exercises=settings.exercises,
            isolation=self._isolation,
            given=[each.label for each in self._submissions],
        )
