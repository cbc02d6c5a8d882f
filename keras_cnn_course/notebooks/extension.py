"""`%load_ext keras_cnn_course` in a notebook: `%kcnn` runs a command, and an exercise can import another's notebook.

A command runs in a process of its own with the notebook's Python, so it leaves nothing behind in the notebook. It
reads the notebook as it is on the disk. If the code that was run last is not saved, `%kcnn check` says so.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from keras_cnn_course.errors import CourseError, HomeworkError
from keras_cnn_course.files.command_line import split_line
from keras_cnn_course.homework.authoring.exercise import FOLDER_NAME, Exercise, find_exercise
from keras_cnn_course.homework.student.notebook_code import list_code_cells, read_code
from keras_cnn_course.homework.student.work_files import LARGEST_FILE, decode_text, largest_size, read_plain_file
from keras_cnn_course.homework.student.workspace import locate_workspace

__all__ = ["ExerciseFinder", "describe_unsaved", "load_ipython_extension"]

_SHORT = ("check", "hint")  # these are homework commands only


def load_ipython_extension(shell: Any) -> None:
    """Add the magic `%kcnn` to a running IPython, which calls this for `%load_ext keras_cnn_course`."""

    def kcnn(line: str) -> None:
        """Run a command: `%kcnn check relu` is short for `kcnn homework check relu`, and `%kcnn ...` is `kcnn ...`."""
        try:
            words = split_line(line)
        except ValueError as error:
            sys.stdout.write(f"This line cannot be read: {error}.\n")
            return
        if words[:1] == ["check"]:
            sys.stdout.writelines(describe_unsaved(words[1:], shell.history_manager.input_hist_raw))
        _run(["homework", *words] if words[:1] and words[0] in _SHORT else words)

    shell.register_magic_function(kcnn, "line", "kcnn")
    if not any(isinstance(finder, ExerciseFinder) for finder in sys.meta_path):
        sys.meta_path.append(ExerciseFinder())


class ExerciseFinder(importlib.abc.MetaPathFinder):
    """Finds the notebook of an exercise in the current folder, for `from ex01_convolution import convolve`."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return how to import an exercise; None if this is no exercise, or there is no notebook."""
        file = Path(f"{fullname}.ipynb").absolute()
        if not FOLDER_NAME.fullmatch(fullname) or not file.is_file():
            return None
        return importlib.util.spec_from_loader(fullname, _NotebookLoader(file), origin=str(file))


class _NotebookLoader(importlib.abc.InspectLoader):
    """Imports the code of a notebook as the grader does: without checks, and without anything that is not Python."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def get_source(self, fullname: str) -> str:
        """Return the code of the notebook.

        Raises:
            ImportError: it cannot be read.
        """
        try:
            content = read_plain_file(self._file, limit=largest_size(self._file.name)) or b""
            return read_code(decode_text(content), limit=LARGEST_FILE).text
        except HomeworkError as error:
            raise ImportError(f"{self._file.name} {error}.") from error


def describe_unsaved(names: Sequence[str], history: Sequence[str]) -> list[str]:
    """Return a line for each exercise whose function was last defined by a cell that its notebook does not have.

    Args:
        names: of the exercises, and options of the command.
        history: the code cells that were run, in their order.
    """
    folder = locate_workspace() or Path()
    lines = []
    for name in names:
        try:
            exercise = find_exercise(Path(name).name)
            content = read_plain_file(folder / exercise.notebook, limit=largest_size(exercise.notebook))
            saved = list_code_cells(decode_text(content)) if content is not None else None
        except CourseError:  # an option, or something that the command itself reports
            continue
        last = _last_definition(exercise, history)
        if saved is not None and last and last not in map(str.strip, saved):
            lines.append(
                f"{exercise.notebook} is not saved: the code that you ran last is not in it. "
                "Save it (Ctrl+S or Cmd+S), then run this cell again.\n"
            )
    return lines


def _last_definition(exercise: Exercise, history: Sequence[str]) -> str:
    """Return the cell that defined one of an exercise's functions last, or an empty text."""
    defines = re.compile(rf"^def ({'|'.join(exercise.functions)})\b", re.MULTILINE)
    return next((cell.strip() for cell in reversed(history) if defines.search(cell)), "")


def _run(words: Sequence[str]) -> None:
    """Run kcnn and print what it prints, as it comes."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "keras_cnn_course", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    with process:
        try:
            for line in process.stdout or ():
                sys.stdout.write(line)
                sys.stdout.flush()
        finally:  # the cell was interrupted
            if process.poll() is None:
                process.terminate()
