"""`kcnn homework`: exercises for students, grading for instructors. One module per command."""

from typing import Any

import click

from keras_cnn_course.cli.groups import SectionGroup
from keras_cnn_course.errors import CourseError, GraderError

__all__ = ["command"]

_SECTIONS = {
    "For students": ("start", "list", "check", "hint", "explain", "solution", "reset", "upgrade", "submit"),
    "For instructors": ("grade", "marks", "stats", "verify", "calibrate", "pack", "doctor"),
}
_OF_CLICK = (click.ClickException, click.Abort, click.exceptions.Exit)


class HomeworkGroup(SectionGroup):
    """The homework commands; a bug in the grader ends with exit code 3, so that no student is blamed for it."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; turn an unexpected exception into a GraderError."""
        try:
            return super().invoke(ctx)
        except (CourseError, *_OF_CLICK):
            raise
        except Exception as error:
            raise GraderError(
                f"The grader itself failed ({type(error).__name__}: {error}). This is a bug in kcnn, not in your work. "
                "Please report it, with the output of: kcnn --debug homework ..."
            ) from error


@click.group(cls=HomeworkGroup, package=__name__, sections=_SECTIONS)
def command() -> None:
    """Solve and grade the lecture's exercises.

    There are thirteen exercises, from a convolution by hand to a network that you train.

    Exit codes: 0 everything passed, 1 something failed, 2 wrong use, 3 the grader itself failed.

    \b
    Example:  kcnn homework start
              kcnn homework check convolution
    """
