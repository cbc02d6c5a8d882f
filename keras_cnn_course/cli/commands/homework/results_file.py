"""Where results go: tried before the work begins, and written whole or not at all."""

import tempfile
from pathlib import Path

import click

from keras_cnn_course.errors import HomeworkError, reporting_os_errors

__all__ = ["check_file", "check_folder", "write_text"]


def check_file(path: Path | None) -> None:
    """Check that a file could be written; None is stdout.

    Raises:
        HomeworkError: it could not.
    """
    if path is None:
        return
    if path.is_dir():
        raise HomeworkError(f"Cannot write {path}: Is a directory. Choose another --out.")
    check_folder(path.parent)


def check_folder(path: Path) -> None:
    """Check that files could be written into a folder, which is made where it is missing.

    Raises:
        HomeworkError: they could not.
    """
    with reporting_os_errors(HomeworkError, "write", path, hint="Choose another --out."):
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass


def write_text(path: Path | None, text: str) -> None:
    """Write a text to a file, or to stdout.

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
