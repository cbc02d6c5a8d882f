"""Where submissions to grade come from, and whether their results can be written."""

import tempfile
from collections.abc import Collection
from os.path import realpath
from pathlib import Path
from typing import TYPE_CHECKING

from keras_cnn_course.errors import HomeworkError, UsageError, reporting_os_errors

if TYPE_CHECKING:
    from keras_cnn_course.homework.grading.class_archive import Places
    from keras_cnn_course.homework.grading.finding import Found

__all__ = ["check_out", "find_to_grade"]


def find_to_grade(places: "Places", *, is_upload: bool, own_files: Collection[Path]) -> "tuple[Found, str]":
    """Return the submissions, and the reason why they cannot be graded, if there is one.

    Args:
        is_upload: whether Gradescope waits for the result of a single upload. Then no submission, or several, is a
            mistake to report to the student.
        own_files: what the command itself reads and writes, which may be in the folder of the class.

    Raises:
        HomeworkError: a path does not exist, or there is no submission.
    """
    from keras_cnn_course.homework.grading.finding import Found, find_submissions
    from keras_cnn_course.homework.grading.ownership import Submission
    from keras_cnn_course.homework.grading.submissions import list_names

    paths = places.paths
    try:
        found = find_submissions(places, is_upload=is_upload)
    except HomeworkError as error:
        if not is_upload or not all(path.exists() for path in paths):
            raise
        return Found([Submission(paths[0], paths[0].name)]), str(error)
    if is_upload and len(found.submissions) > 1:
        names = list_names([each.label for each in found.submissions])
        reason = f"This upload contains {len(found.submissions)} submissions ({names}). Hand in a single zip."
        return Found([Submission(paths[0], paths[0].name)]), reason
    own = {_locate(path) for path in own_files}
    others = [each for each in found.submissions if each.files or _locate(each.path) not in own]
    if not others:
        return found, ""
    ignored = [f"{each.path}: this command reads or writes it" for each in found.submissions if each not in others]
    return Found(others, [*found.ignored, *ignored]), ""


def _locate(path: Path) -> Path:
    """Return where an entry of a folder is; if it is a link, it is not followed."""
    return Path(realpath(path.parent)) / path.name


def check_out(out: Path | None, *, several: bool, number: int) -> None:
    """Check that the results can be written, before hours of grading.

    Args:
        out: the file, or the folder for several files, which is created; None means standard output.

    Raises:
        HomeworkError: they cannot be written.
        UsageError: there are several files, but no folder.
    """
    if out is None:
        if several:
            raise UsageError(
                f"Gradescope's format needs one file for each of the {number} submissions. Give a folder: --out DIR"
            )
        return
    if out.is_dir() and not several:
        raise HomeworkError(f"Cannot write {out}: Is a directory. Choose another --out.")
    folder = out if several else out.parent
    with reporting_os_errors(HomeworkError, "write", folder, hint="Choose another --out."):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
