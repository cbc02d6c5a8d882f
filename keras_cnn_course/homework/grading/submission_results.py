"""The result of grading one submission, and a note on those that share a student's id."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from keras_cnn_course.homework.grading.submissions import list_names
from keras_cnn_course.homework.judging.verdict import ExerciseResult

__all__ = ["GRADED", "GRADER_ERROR", "SHARED_ID", "UNREADABLE", "SubmissionResult", "mark_shared_ids"]

SHARED_ID = "Has the same student id as"
"""The beginning of the note on submissions that have one student id."""

GRADED, UNREADABLE, GRADER_ERROR = "graded", "unreadable", "grader error"


@dataclass(frozen=True)
class SubmissionResult:
    """The result of one submission.

    Args:
        source: path of the submission.
        student: the student's id; empty if it cannot be read.
        status: `graded`; `unreadable`, if there is no homework in it; or `grader error`. Only `graded` gives a mark.
        message: a note for the instructor.
        exercises: results of the exercises; after a grader error, of those that were judged nevertheless.
        seconds: time spent grading it.
        label: the name to print for it; usually its path below the folder that was graded.
        files: its files, if they are beside those of others in a folder.
    """

    source: Path
    student: str
    status: str
    message: str
    exercises: tuple[ExerciseResult, ...]
    seconds: float
    max_score: int
    label: str = ""
    files: tuple[Path, ...] = ()

    @property
    def name(self) -> str:
        """The label, or else the name of the file."""
        return self.label or self.source.name

    @property
    def score(self) -> float | None:
        """All points; None if it could not be graded."""
        if self.status != GRADED:
            return None
        return round(sum(result.score for result in self.exercises), 2)


def mark_shared_ids(results: Sequence[SubmissionResult]) -> list[SubmissionResult]:
    """Return the results, with a note on submissions that have the same student id, in whatever case."""
    names: dict[str, list[str]] = {}
    for result in results:
        names.setdefault(result.student.casefold(), []).append(result.name)
    marked = []
    for result in results:
        others = [name for name in names[result.student.casefold()] if name != result.name]
        note = f"{SHARED_ID} {list_names(others)}." if result.student and others else ""
        marked.append(replace(result, message=" ".join(filter(None, [result.message, note]))))
    return marked
