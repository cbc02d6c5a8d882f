"""Arguments and options that several homework commands share."""

from collections.abc import Callable
from os.path import realpath
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from keras_cnn_course.cli.options import UserPath
from keras_cnn_course.errors import UsageError, reporting_os_errors
from keras_cnn_course.homework.authoring.exercise import Exercise, find_exercise, find_exercises, list_exercises

if TYPE_CHECKING:
    from keras_cnn_course.homework.student.workspace import Workspace

__all__ = [
    "EXERCISES_VARIABLE",
    "assignment_option",
    "exercise_argument",
    "exercises_argument",
    "only_option",
    "optional_workspace_option",
    "policy_option",
    "read_secret",
    "refuse_input_as_out",
    "report_unknown_files",
    "roster_option",
    "secret_option",
    "workspace_option",
    "zip_option",
]

Command = TypeVar("Command", bound=Callable[..., Any])

EXERCISES_VARIABLE = "KCNN_EXERCISES"
"""Environment variable with the folder of an instructor's own exercises, instead of --exercises."""

_FOLDERS = f"{__name__}.folders"  # in the context: the folders of the exercises that were named by their files
_SHORTEST_SECRET = 16
_LONGEST_SECRET = 4096
_MAKE_SECRET = (
    "Create one, keep it from students, and use it for everybody in the course: "
    'python -c "import secrets; print(secrets.token_hex())" > secret.txt'
)


class ExerciseName(click.ParamType):
    """An exercise, given by name, number or file; completes to the names."""

    name = "exercise"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Exercise:
        """Find the exercise. The path of a file, such as hw/ex05_relu.py, also names the homework folder."""
        if isinstance(value, Exercise):
            return value
        path = Path(str(value))
        if ctx is not None and path.suffix in (".py", ".ipynb") and path.name != str(path):
            folders = ctx.meta.setdefault(_FOLDERS, [])
            folders.append(path.parent)
            return find_exercise(path.name)
        return find_exercise(str(value))

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the exercises whose names begin with the text so far."""
        return [
            CompletionItem(exercise.name, help=exercise.title)
            for exercise in list_exercises()
            if exercise.name.startswith(incomplete)
        ]


def exercise_argument(command: Command) -> Command:
    """Add the argument EX, as `exercise`."""
    return click.argument("exercise", metavar="EX", type=ExerciseName(), is_eager=True)(command)


def exercises_argument(command: Command) -> Command:
    """Add the argument [EX]..., as `exercises`."""
    return click.argument("exercises", metavar="[EX]...", type=ExerciseName(), nargs=-1, is_eager=True)(command)


def only_option(what: str) -> Callable[[Command], Command]:
    """Add --only with names, numbers and ranges of exercises, as the list `exercises`; empty: all."""
    return click.option(
        "--only",
        "exercises",
        metavar="EX,EX",
        callback=lambda _ctx, _param, text: find_exercises(text) if text else [],
        help=f"Exercises {what}, by name or number, such as 1-6,relu.  [default: all]",
    )


def workspace_option(command: Command) -> Command:
    """Add --folder and open that homework folder, as `workspace`."""
    return _add_folder(command, _open_workspace)


def optional_workspace_option(command: Command) -> Command:
    """Add --folder and open that homework folder, as `workspace`; None if no folder is given and none is found."""
    return _add_folder(command, _open_workspace_if_found)


def _add_folder(command: Command, callback: Callable[..., "Workspace | None"]) -> Command:
    return click.option(
        "--folder",
        "workspace",
        metavar="DIR",
        type=UserPath(file_okay=False),
        callback=callback,
        help="Homework folder.  [default: the current folder, one of its parents, or ./hw]",
    )(command)


def _open_workspace(ctx: click.Context, _: click.Parameter, folder: Path | None) -> "Workspace | None":
    if ctx.resilient_parsing:  # the shell asks for completions
        return None
    from keras_cnn_course.homework.student.workspace import find_workspace

    folder = _agree_on_folder(folder, ctx.meta.get(_FOLDERS, []))
    with reporting_os_errors(UsageError, "open", folder or Path()):
        return find_workspace(folder)


def _open_workspace_if_found(ctx: click.Context, param: click.Parameter, folder: Path | None) -> "Workspace | None":
    from keras_cnn_course.homework.student.workspace import locate_workspace

    named = folder is not None or _FOLDERS in ctx.meta
    return None if not named and locate_workspace() is None else _open_workspace(ctx, param, folder)


def _agree_on_folder(folder: Path | None, named: list[Path]) -> Path | None:
    """Return the folder of --folder and of the files that name exercises.

    Raises:
        UsageError: they differ.
    """
    folders = {path.resolve(): path for path in ([folder] if folder is not None else []) + named}
    if len(folders) > 1:
        raise UsageError(f"These are several homework folders: {', '.join(map(str, folders.values()))}. Name one.")
    return next(iter(folders.values()), None)


def zip_option(default: str, *, or_else: str = "") -> Callable[[Command], Command]:
    """Add -o and --out for a zip file, as `out`.

    Args:
        or_else: another default, which the command chooses; then `out` is None if it is not given.
    """
    return click.option(
        "-o",
        "--out",
        metavar="ZIP",
        type=UserPath(dir_okay=False),
        default=None if or_else else Path(default),
        show_default=not or_else,
        help="Zip file to write." + (f"  [default: {default}; {or_else} with --instructor]" if or_else else ""),
    )


def roster_option(what: str) -> Callable[[Command], Command]:
    """Add --roster FILE."""
    return click.option("--roster", metavar="FILE", type=UserPath(dir_okay=False), help=what)


def assignment_option(command: Command) -> Command:
    """Add --assignment NAME."""
    return click.option(
        "--assignment", metavar="NAME", default="Homework", show_default=True, help="Column in Canvas's gradebook."
    )(command)


def policy_option(command: Command) -> Command:
    """Add --policy FILE."""
    return click.option(
        "--policy",
        metavar="FILE",
        type=UserPath(dir_okay=False),
        help="Rules for late days and dropped exercises (TOML); see docs/grading.md.",
    )(command)


def secret_option(command: Command) -> Command:
    """Add --secret FILE."""
    return click.option(
        "--secret",
        metavar="FILE",
        type=UserPath(dir_okay=False),
        callback=_require_secret,
        help="File with at least 16 secret bytes, from which the graded cases are drawn. Never give it to students.  "
        "[required]",
    )(command)


def _require_secret(ctx: click.Context, _: click.Parameter, path: Path | None) -> Path | None:
    if path is None and not ctx.resilient_parsing and not ctx.params.get("instructor"):  # solutions need no secret
        raise UsageError(f"Missing option '--secret': a file from which the graded cases are drawn. {_MAKE_SECRET}")
    return path


def report_unknown_files(workspace: "Workspace", done: str) -> None:
    """Print the files of exercises that are not known to stderr, and how to name these exercises.

    Args:
        done: what happens to the files, such as `Not checked`.
    """
    if workspace.unknown_files:
        click.echo(
            f"{done}: {', '.join(workspace.unknown_files)}. Exercises that your instructor wrote need --exercises DIR.",
            err=True,
        )


def refuse_input_as_out(out: Path, *inputs: Path | None) -> None:
    """Check that the file to write is none of the files that are read.

    Raises:
        UsageError: it is one of them, and would be lost.
    """
    if out.is_file() and any(path is not None and realpath(path) == realpath(out) for path in inputs):
        raise UsageError(f"--out {out} would overwrite a file that this command reads. Choose another --out.")


def read_secret(path: Path) -> bytes:
    """Return the secret in a file, without surrounding whitespace.

    Raises:
        UsageError: the file cannot be read, or the secret is too short or too long.
    """
    with reporting_os_errors(UsageError, "read the secret in", path, hint=_MAKE_SECRET), path.open("rb") as stream:
        secret = stream.read(_LONGEST_SECRET + 1).strip()
    if not _SHORTEST_SECRET <= len(secret) <= _LONGEST_SECRET:
        raise UsageError(
            f"The secret in {path} must have {_SHORTEST_SECRET} to {_LONGEST_SECRET} bytes; it has {len(secret)}. "
            f"{_MAKE_SECRET}"
        )
    return secret
