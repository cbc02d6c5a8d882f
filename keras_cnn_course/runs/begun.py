"""A run that an earlier call of a sweep or an ensemble has begun, and that the next call continues."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keras_cnn_course.errors import RunError
from keras_cnn_course.files.command_line import join_words
from keras_cnn_course.runs.finding import is_run
from keras_cnn_course.runs.new_folder import holds_nothing

__all__ = ["advising_to_force", "is_begun"]


def is_begun(path: Path) -> bool:
    """Return whether a folder is a run that can continue. One that failed at once is trained again instead."""
    return is_run(path) and not holds_nothing(path)


@contextmanager
def advising_to_force(path: Path) -> Iterator[None]:
    """Name the command that continues this run anyway where the body's error recommends `force=True`.

    A sweep and an ensemble have no such argument.
    """
    try:
        yield
    except RunError as error:
        command = join_words(["kcnn", "train", "--resume", path, "--force"])
        raise RunError(str(error).replace("`force=True`", f"`{command}`")) from error
