"""How a grading went: the marks as text, the rows of their file, and who has no mark."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from keras_cnn_course.cli.commands.homework.progress import one_line, tell
from keras_cnn_course.cli.output import count
from keras_cnn_course.errors import GraderError, HomeworkError
from keras_cnn_course.homework.authoring.exercise import Exercise

if TYPE_CHECKING:
    from keras_cnn_course.homework.grading.roster import Roster
    from keras_cnn_course.homework.grading.submission_results import SubmissionResult

__all__ = ["check_marks", "describe_file", "name_missing", "render"]


def name_missing(roster: "Roster", present: Collection[str]) -> None:
    """Print who is in the roster and has no submission.

    Args:
        present: ids of those who have one, as they are or as cells of a table.
    """
    from keras_cnn_course.homework.grading.reports import plain_cell

    for person in roster.people:
        if not {person.student, plain_cell(person.student)} & set(present):
            tell(f"  nothing handed in: {one_line(person.student)} {one_line(person.name)}".rstrip())


def describe_file(path: Path, replaced: int, kept: int, *, number: int) -> str:
    """Return what happened to the rows of a file of marks when a number of rows was written."""
    if not replaced + kept:
        return f"{path}: {count(number, 'row')}"
    return f"{path}: {count(replaced, 'row')} replaced, {number - replaced} added, {kept} kept as they were"


def check_marks(results: "Sequence[SubmissionResult]", *, is_upload: bool) -> None:
    """Print how many submissions have a mark, and name the others.

    Args:
        is_upload: whether results.json shows the reason to the student, so that the command has done its work.

    Raises:
        GraderError: the grader failed at a submission.
        HomeworkError: a submission could not be read.
    """
    failed = [result for result in results if result.status == "grader error"]
    unmarked = [result for result in results if result.score is None]
    entries = "1 entry" if len(results) == 1 else f"{len(results)} entries"
    tell(f"{entries}: {len(results) - len(unmarked)} graded, {len(unmarked)} without a mark")
    for result in unmarked:
        tell(f"  no mark: {one_line(result.name)}: {one_line(result.message)}")
    if failed:
        raise GraderError(
            f"{len(failed)} of {len(results)} submissions have no mark, because the grader itself failed. "
            f"The first is {one_line(failed[0].name)}: {one_line(failed[0].message)}"
        )
    if unmarked and not is_upload:
        raise HomeworkError(
            f"{len(unmarked)} of {len(results)} submissions have no mark, because they cannot be read. "
            "Their rows give the reason."
        )


def render(
    results: "Sequence[SubmissionResult]", exercises: Sequence[Exercise], *, file_format: str, isolation: str
) -> str:
    """Return all results as a table or as JSON."""
    from keras_cnn_course.homework.grading.reports import json_entry, render_csv, render_json

    if file_format == "csv":
        return render_csv(results, exercises)
    return render_json([json_entry(result) for result in results], isolation=isolation)
