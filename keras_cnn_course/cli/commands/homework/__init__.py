"""`kcnn homework`: exercises for students, grading for instructors. One module per command."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from keras_cnn_course.cli.commands.homework.options import EXERCISES_VARIABLE
from keras_cnn_course.cli.groups import SectionGroup
from keras_cnn_course.cli.options import UserPath
from keras_cnn_course.errors import CourseError, GraderError
from keras_cnn_course.homework.authoring.exercise import list_exercises, using_exercises

__all__ = ["command"]

_SECTIONS = {
    "For students": ("start", "list", "check", "hint", "explain", "solution", "reset", "upgrade", "submit", "quiz"),
    "For instructors": (
        "grade",
        "marks",
        "stats",
        "quiz-marks",
        "similar",
        "verify",
        "new",
        "calibrate",
        "pack",
        "doctor",
    ),
}
_OF_CLICK = (click.ClickException, click.Abort, click.exceptions.Exit)


class HomeworkGroup(SectionGroup):
    """The homework commands; a bug in the grader ends with exit code 3, so that no student is blamed for it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the command line. --exercises may also follow the command, whose arguments may name such exercises."""
        if args and args[-1] == "--exercises":
            ctx.fail("--exercises needs the folder of your exercises: --exercises DIR")
        return super().parse_args(ctx, _move_to_front(args, "--exercises"))

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; turn an unexpected exception into a GraderError."""
        try:
            return super().invoke(ctx)
        except (CourseError, *_OF_CLICK):
            raise
        except Exception as error:
            own = _find_own_line(error)
            if own:
                raise GraderError(f"The exercise itself failed in {own}: {type(error).__name__}: {error}.") from error
            raise GraderError(
                f"The grader itself failed ({type(error).__name__}: {error}). This is a bug in kcnn, not in your work. "
                "Please report it, with the output of: kcnn --debug homework ..."
            ) from error


@click.group(cls=HomeworkGroup, package=__name__, sections=_SECTIONS)
@click.option(
    "--exercises",
    "folder",
    metavar="DIR",
    envvar=EXERCISES_VARIABLE,
    show_envvar=True,
    type=UserPath(file_okay=False),
    help="Folder with exercises of your own, in addition to those of the course. May follow the command.",
)
@click.pass_context
def command(ctx: click.Context, folder: Path | None) -> None:
    """Solve and grade the lecture's exercises.

    There are fifteen exercises, from a convolution by hand to a network that you train. Instructors can add exercises
    of their own: see docs/exercises.md.

    Exit codes: 0 everything passed, 1 something failed, 2 wrong use, 3 the grader itself failed.

    \b
    Example:  kcnn homework start
              kcnn homework check convolution
    """
    ctx.obj = folder
    if folder is None or ctx.invoked_subcommand == "new":  # that one creates the folder
        return
    from keras_cnn_course.homework.authoring.own_exercises import read_own_exercises

    ctx.with_resource(using_exercises(read_own_exercises(folder)))


def _move_to_front(args: Sequence[str], option: str) -> list[str]:
    """Return the words of a command line with an option and its value first."""
    for place, word in enumerate(args):
        length = 2 if word == option else 1
        if (word == option or word.startswith(f"{option}=")) and place + length <= len(args):
            return [*args[place : place + length], *args[:place], *args[place + length :]]
    return [*args]  # not list(args): the command `list` is a module of this package


def _find_own_line(error: BaseException) -> str:
    """Return the last line of an instructor's own exercise that an exception passed through, or an empty text."""
    folders = [Path(str(exercise.folder)) for exercise in list_exercises() if exercise.is_own]
    found = ""
    trace = error.__traceback__
    while trace is not None:
        file = Path(trace.tb_frame.f_code.co_filename)
        if any(file.is_relative_to(folder) for folder in folders):
            found = f"line {trace.tb_lineno} of {file}"
        trace = trace.tb_next
    return found
