"""Gradescope's results.json: one file per submission, written as soon as its result exists."""

import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keras_cnn_course.errors import HomeworkError, reporting_os_errors

if TYPE_CHECKING:
    from keras_cnn_course.homework.grading.ownership import Submission
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
    """Return the file name of each submission: its label, so that it has the same one when the class is graded again.

    Where several classes have the same label, the names are those of the whole paths.
    """
    from keras_cnn_course.homework.grading.feedback import name_files

    labels = [each.label or each.path.name for each in submissions]
    if len(set(labels)) < len(labels):
        labels = [f"{each.path.as_posix()}-{each.label}" for each in submissions]
    texts = [_shorten(label) for label in labels]
    names = name_files(texts)
    return {(each.path, each.label): f"{names[text]}.json" for each, text in zip(submissions, texts, strict=True)}


def _shorten(text: str) -> str:
    """Return the end of a text that is too long for a file name, with a few digits of the hash of the whole."""
    if len(text) <= _LONGEST_NAME:
        return text
    return f"{text[-_LONGEST_NAME:]}-{sha256(text.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"
