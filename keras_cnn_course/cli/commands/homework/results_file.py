"""Writing results: check first that they can be written, and never leave half a file."""

import tempfile
from pathlib import Path

import click

from keras_cnn_course.errors import HomeworkError, reporting_os_errors

__all__ = ["check_file", "check_folder", "write_text"]


def check_file(path: Path | None) -> None:
    """Check that a file can be written; None means standard output.

    Raises:
        HomeworkError: it cannot be written.
    """
    if path is None:
        return
    if path.is_dir():
        raise HomeworkError(f"Cannot write {path}: Is a directory. Choose another --out.")
    check_folder(path.parent)


def check_folder(path: Path) -> None:
    """Check that files can be written into a folder; create the folder if it does not exist.

    Raises:
        HomeworkError: they cannot be written.
    """
    with reporting_os_errors(HomeworkError, "write", path, hint="Choose another --out."):
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass


def write_text(path: Path | None, text: str) -> None:
    """Write text to a file; None means standard output.

    Raises:
        HomeworkError: it cannot be written.
    """
    from keras_cnn_course.files.atomic import atomic_file

    if path is None:
        click.echo(text, nl=False)
        return
    with (
        reporting_os_errors(HomeworkError, "write", path, hint="Choose another --out."),
        atomic_file(path) as temporary,
    ):
        temporary.write_text(text, encoding="utf-8")
