"""What `kcnn homework grade` does with each result as it comes: keep it on the disk, then print a line."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from keras_cnn_course.errors import CourseError, UsageError

if TYPE_CHECKING:
    from keras_cnn_course.homework.grading.marks import Marks
    from keras_cnn_course.homework.grading.ownership import Submission
    from keras_cnn_course.homework.grading.submission_results import SubmissionResult
    from keras_cnn_course.homework.grading.unfinished import GradedEntry, UnfinishedGrading

__all__ = ["Progress", "describe_result", "one_line", "tell"]


class Progress:
    """The results so far. Each is on the disk before its line is printed, so that an end of any kind loses none.

    Args:
        number: of all submissions.
        marks: the file of marks; None if there is none in this format.
    """

    def __init__(self, number: int, marks: "Marks | None", *, quiet: bool) -> None:
        self.marks = marks
        self._done: list[SubmissionResult] = []
        self._number, self._earlier, self._quiet = number, 0, quiet
        self._record: UnfinishedGrading | None = None
        self._next_write = 0.0

    def open_record(
        self, submissions: "Sequence[Submission]", conditions: Mapping[str, str], *, resume: bool, restart: bool
    ) -> "list[Submission]":
        """Keep a record of the results from now on; return the submissions that are not graded yet.

        Args:
            conditions: of this grading.
            resume: continue an unfinished grading.
            restart: discard it.

        Raises:
            UsageError: neither is chosen, but there is an unfinished grading; or there is none to resume.
            HomeworkError: it cannot be resumed, or the record cannot be written.
        """
        from keras_cnn_course.homework.grading.unfinished import UnfinishedGrading, unfinished_path

        marks = self.marks
        if marks is None:
            return list(submissions)
        record = UnfinishedGrading(unfinished_path(marks.path), conditions)
        remaining, kept = _split_graded(record, submissions, resume=resume, restart=restart)
        if resume:
            order = [each.label for each in submissions]
            self.marks = replace(marks.with_rows([entry.row for entry in kept]), order=order)
            self._earlier = len(kept)
            tell(f"{len(kept)} of {len(submissions)} submissions are graded already.")
        record.start(kept)
        self._record = record
        return remaining

    def close_record(self) -> None:
        """Remove the record: the grading has finished."""
        if self._record is not None:
            self._record.remove()

    def add(self, result: "SubmissionResult") -> None:
        """Take a result.

        Raises:
            HomeworkError: it cannot be written.
        """
        from keras_cnn_course.homework.grading.submissions import list_names
        from keras_cnn_course.homework.grading.unfinished import GradedEntry, fingerprint

        before: list[str] = []
        if self._record is not None and self.marks is not None:
            row = self.marks.make_row(result)
            self._record.append(GradedEntry(result.name, fingerprint(result.source, result.files), row))
            before = self.marks.find_resubmitted(row)
        self._done.append(result)
        if not self._quiet:
            tell(f"{self._count}/{self._number}  {describe_result(result)}")
        if before:
            tell(f"  {one_line(result.name)} replaces {list_names(before)}, which the same student handed in before")
        began = time.monotonic()
        if self.marks is not None and began >= self._next_write:
            self.marks.write(self._done)
            # A long file is written less often, so that writing takes at most a tenth of the time.
            self._next_write = time.monotonic() + 9 * (time.monotonic() - began)

    def describe_stop(self, print_marks: "Callable[[Sequence[SubmissionResult]], None]") -> str:
        """Write the results so far; return what is done and how to continue.

        Args:
            print_marks: prints them, if there is no file.
        """
        from keras_cnn_course.homework.grading.unfinished import unfinished_path

        if not self._count:
            self.close_record()
            return "Stopped. No submission is graded."
        counts = f"{self._count} of {self._number} submissions are graded"
        if self.marks is None:
            print_marks(self._done)
            return f"Stopped. {counts}, and their marks are printed above."
        place = self.marks.path
        try:
            self.marks.write(self._done)
        except CourseError as error:
            tell(str(error))
            place = unfinished_path(place)
        return (
            f"Stopped. {counts}, and their marks are in {place}. Continue with the same command and --resume, or grade "
            "all of them again with --restart."
        )

    @property
    def _count(self) -> int:
        return self._earlier + len(self._done)


def _split_graded(
    record: "UnfinishedGrading", submissions: "Sequence[Submission]", *, resume: bool, restart: bool
) -> "tuple[list[Submission], list[GradedEntry]]":
    """Return the submissions to grade, and the entries of those that an unfinished grading has graded.

    Raises:
        UsageError: there is an unfinished grading and nothing says what to do with it, or there is none to resume.
        HomeworkError: it cannot be resumed.
    """
    from keras_cnn_course.homework.grading.submission_results import GRADED
    from keras_cnn_course.homework.grading.unfinished import fingerprint

    exists = record.path.exists()
    if resume and not exists:
        raise UsageError(f"There is no unfinished grading to resume: {record.path} does not exist. Omit --resume.")
    if exists and not resume and not restart:
        raise UsageError(
            f"{record.path} has the results of a grading that did not finish. Continue it with --resume, or grade all "
            "submissions again with --restart."
        )
    entries = {entry.submission: entry for entry in record.read()} if resume else {}
    kept = [
        entry
        for each in submissions
        if (entry := entries.get(each.label)) is not None
        and entry.row["status"] == GRADED
        and entry.fingerprint == fingerprint(each.path, each.files)
    ]
    names = {entry.submission for entry in kept}
    return [each for each in submissions if each.label not in names], kept


def tell(line: str) -> None:
    """Print a line to stderr. If nobody reads it any more, grading goes on."""
    with suppress(OSError, ValueError, click.ClickException, click.exceptions.Exit):
        click.echo(line, err=True)


def describe_result(result: "SubmissionResult") -> str:
    """Return one line about a submission."""
    who = f"{one_line(result.name)} ({result.student or 'unknown'})"
    message = one_line(result.message)
    if result.score is None:
        return f"{who}: no mark: {message}"
    note = f": {message}" if message else ""
    return f"{who}: {result.score:g}/{result.max_score} in {result.seconds:.1f} s{note}"


def one_line(text: str) -> str:
    """Return a stranger's text as one line without control characters."""
    from keras_cnn_course.homework.sandbox.messages import printable

    return printable(" ".join(text.split()))
