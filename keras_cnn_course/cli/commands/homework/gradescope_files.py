"""Gradescope's results.json: one file per submission, written as soon as its result exists."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keras_cnn_course.errors import HomeworkError, reporting_os_errors

if TYPE_CHECKING:
    from keras_cnn_course.homework.grading.finding import Submission
    from keras_cnn_course.homework.grading.submission_results import SubmissionResult

__all__ = ["GradescopeFiles"]

_LONGEST_NAME = 100


class GradescopeFiles:
    """The files of a grading.

    Args:
        submissions: that are graded.
        out: the file, or the folder for several files; None means standard output.
        visibility: when students see the tests with graded cases.
    """

    def __init__(
        self, submissions: "Sequence[Submission]", out: Path | None, *, isolation: str, visibility: str
    ) -> None:
        self._names = _name_files(submissions)
        self._out, self._isolation, self._visibility = out, isolation, visibility

    def refuse_other_file(self) -> None:
        """Check that the only file may be written: nothing is there, or a results.json.

        Raises:
            HomeworkError: it is some other file, such as the marks of a class.
        """
        from keras_cnn_course.homework.grading.spreadsheets import read_utf

        if len(self._names) != 1 or self._out is None or not self._out.is_file() or not self._out.stat().st_size:
            return
        try:
            json.loads(read_utf(self._out))["tests"]
        except (HomeworkError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise HomeworkError(
                f"{self._out} exists and is not a results.json for Gradescope. Choose another --out, or move the file "
                "away."
            ) from error

    def write(self, result: "SubmissionResult") -> None:
        """Write the file of a result. It replaces an earlier one of the same submission.

        A submission at which the grader failed is skipped. One that cannot be read shows the reason to the student.

        Raises:
            HomeworkError: it cannot be written.
        """
        from keras_cnn_course.homework.grading.reports import render_gradescope

        if result.status == "grader error":
            return
        text = render_gradescope(result, isolation=self._isolation, graded_visibility=self._visibility)
        if self._out is None:
            click.echo(text, nl=False)
        elif len(self._names) == 1:
            _write(self._out, text)
        else:
            _write(self._out / self._names[result.source, result.label], text)


def _write(path: Path, text: str) -> None:
    """Write text to a file, completely or not at all."""
    from keras_cnn_course.files.atomic import atomic_file

    with (
        reporting_os_errors(HomeworkError, "write", path, hint="Choose another --out."),
        atomic_file(path) as temporary,
    ):
        temporary.write_text(text, encoding="utf-8")


def _name_files(submissions: "Sequence[Submission]") -> dict[tuple[Path, str], str]:
    """Return the file name of each submission: its path, which usually contains the student's name.

    A submission has the same name in a later grading of the same class. A number distinguishes equal names.
    """
    names: dict[tuple[Path, str], str] = {}
    taken: Counter[str] = Counter()
    for each in submissions:
        stem = re.sub(r"[^\w.@+-]", "_", f"{each.path.parent.name}-{each.path.stem}")[-_LONGEST_NAME:]
        taken[stem.casefold()] += 1
        number = taken[stem.casefold()]
        names[each.path, each.label] = f"{stem}.json" if number == 1 else f"{stem}-{number}.json"
    return names
