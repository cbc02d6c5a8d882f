"""`kcnn homework`: exercises for students, and the grader for their instructor; one module a command."""

from typing import Any

import click

from keras_cnn_course.cli.lazy_group import LazyGroup
from keras_cnn_course.errors import CourseError, GraderError

__all__ = ["command"]

_FOR_STUDENTS = ("start", "list", "check", "hint", "explain", "solution", "reset", "upgrade", "submit")
_FOR_INSTRUCTORS = ("grade", "stats", "verify", "calibrate", "doctor", "pack")
_OF_CLICK = (click.ClickException, click.Abort, click.exceptions.Exit)


class HomeworkGroup(LazyGroup):
    """A group that lists the commands of students and instructors apart, and tells its own failures from theirs."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands in two sections."""
        room = formatter.width - max(map(len, self.names)) - 6
        for title, names in (("For students", _FOR_STUDENTS), ("For instructors", _FOR_INSTRUCTORS)):
            commands = {name: self.get_command(ctx, name) for name in names}
            with formatter.section(title):
                formatter.write_dl(
                    [(name, found.get_short_help_str(room)) for name, found in commands.items() if found]
                )

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


@click.group(cls=HomeworkGroup, package=__name__, names=(*_FOR_STUDENTS, *_FOR_INSTRUCTORS))
def command() -> None:
    """Do the homework, check it, grade it: thirteen exercises from the lecture.

    Exit codes: 0 all right, 1 not yet, 2 wrong use, 3 the grader itself failed.

    \b
    Example:  kcnn homework start
              kcnn homework check convolution
    """
