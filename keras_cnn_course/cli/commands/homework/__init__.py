"""`kcnn homework`: exercises for students, and the grader for their instructor; one module a command."""

from typing import Any

import click

from keras_cnn_course.cli.groups import SectionGroup
from keras_cnn_course.errors import CourseError, GraderError

__all__ = ["command"]

_SECTIONS = {
    "For students": ("start", "list", "check", "hint", "explain", "solution", "reset", "upgrade", "submit"),
    "For instructors": ("grade", "stats", "verify", "calibrate", "doctor", "pack"),
}
_OF_CLICK = (click.ClickException, click.Abort, click.exceptions.Exit)


class HomeworkGroup(SectionGroup):
    """A group that tells its own failures from those of students."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; a mistake of the grader's ends with exit code 3, as no student's work does."""
        try:
            return super().invoke(ctx)
        except (CourseError, *_OF_CLICK):
            raise
        except Exception as error:
            raise GraderError(
                f"Expected the homework's own code to work. Received: {type(error).__name__}: {error}. "
                "Please report it, with what `kcnn --debug homework ...` shows."
            ) from error


@click.group(cls=HomeworkGroup, package=__name__, sections=_SECTIONS)
def command() -> None:
    """Do the homework, check it, grade it: thirteen exercises from the lecture.

    Exit codes: 0 all right, 1 not yet, 2 wrong use, 3 the grader itself failed.

    \b
    Example:  kcnn homework start
              kcnn homework check convolution
    """
