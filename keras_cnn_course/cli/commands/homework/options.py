"""Arguments and options that several homework commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from keras_cnn_course.errors import UsageError, reporting_os_errors
from keras_cnn_course.homework.authoring.exercise import Exercise, find_exercise, list_exercises

__all__ = ["exercise_argument", "exercises_argument", "folder_option", "json_option", "read_secret", "secret_option"]

Command = TypeVar("Command", bound=Callable[..., Any])

_SHORTEST_SECRET = 16
_LONGEST_SECRET = 4096


class ExerciseName(click.ParamType):
    """An exercise by name, number or file; completes to the names."""

    name = "exercise"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Exercise:
        """Find the exercise."""
        return value if isinstance(value, Exercise) else find_exercise(str(value))

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the exercises that begin with the text so far."""
        return [
            CompletionItem(exercise.name, help=exercise.title)
            for exercise in list_exercises()
            if exercise.name.startswith(incomplete)
        ]


def exercise_argument(command: Command) -> Command:
    """Add the argument EX."""
    return click.argument("exercise", metavar="EX", type=ExerciseName())(command)


def exercises_argument(command: Command) -> Command:
    """Add the argument [EX]..., as `exercises`."""
    return click.argument("exercises", metavar="[EX]...", type=ExerciseName(), nargs=-1)(command)


def folder_option(command: Command) -> Command:
    """Add --folder, the homework folder."""
    return click.option(
        "--folder",
        type=click.Path(path_type=Path, file_okay=False),
        help="The homework folder.  [default: this one, one above it, or hw in it]",
    )(command)


def json_option(command: Command) -> Command:
    """Add --json."""
    return click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")(command)


def secret_option(command: Command) -> Command:
    """Add --secret FILE."""
    return click.option(
        "--secret",
        type=click.Path(path_type=Path, dir_okay=False),
        required=True,
        help="File of at least 16 bytes that no student has; it decides the graded cases.",
    )(command)


def read_secret(path: Path) -> bytes:
    """Return the secret in a file, without spaces and line ends around it.

    Raises:
        UsageError: there is none, or it can be guessed.
    """
    with reporting_os_errors(UsageError, "read the secret in", path), path.open("rb") as stream:
        secret = stream.read(_LONGEST_SECRET + 1).strip()
    if not _SHORTEST_SECRET <= len(secret) <= _LONGEST_SECRET:
        raise UsageError(
            f"Expected a secret of {_SHORTEST_SECRET} to {_LONGEST_SECRET} bytes in {path}. Received: {len(secret)}. "
            'Make one with: python -c "import secrets; print(secrets.token_hex())"'
        )
    return secret
