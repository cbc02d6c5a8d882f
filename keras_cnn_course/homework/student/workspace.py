"""A student's homework folder. A student's work is never overwritten.

hw/
  README.md             what to do first
  homework.toml         the student's id, and the versions of the course and of Python
  ex01_convolution.py   one file per exercise, or one notebook
  answers.toml          numbers to predict
  .kcnn/state.json      which exercises have passed, and how many hints were read
  .kcnn/old/            files that `reset` and `upgrade` replaced
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from keras_cnn_course.errors import GraderError, HomeworkError, reporting_os_errors
from keras_cnn_course.files.atomic import atomic_file, make_folder
from keras_cnn_course.files.foreign import read_bounded
from keras_cnn_course.homework.authoring.exercise import (
    ANSWERS_FILE,
    FOLDER_NAME,
    Exercise,
    digest_text,
    list_exercises,
)
from keras_cnn_course.homework.judging.answers import has_answers, judge_answers, render_answers
from keras_cnn_course.homework.judging.planning import PYTHON, Standing, Work
from keras_cnn_course.homework.student.notebook_code import read_code, render_starter
from keras_cnn_course.homework.student.state import STATE_FILE, State, parse_state, render_state
from keras_cnn_course.homework.student.work_files import (
    IDENTITY_FILE,
    LARGEST_FILE,
    README_FILE,
    check_student,
    decode_text,
    largest_size,
    list_file_names,
    read_folder,
    read_plain_file,
)

__all__ = [
    "Workspace",
    "find_workspace",
    "locate_workspace",
    "open_workspace",
    "start_workspace",
]

_OLD_FOLDER = ".kcnn/old"
_LARGEST_STATE = 1 << 20
_DEFAULT_FOLDER = "hw"
_PYTHON_LINE = re.compile(r"\s*python\s*=")
_EXERCISE_FILE = re.compile(rf"({FOLDER_NAME.pattern})\.(py|ipynb)")
_README = """# Homework

Each file `{pattern}` is one exercise. The text at its top says what to do.{questions}

1. Open `{file}` and replace the line `raise NotImplementedError` with your code.
2. {check}
   It shows what is wrong and what to run next.
3. When you are stuck: `kcnn homework hint convolution`. To see all exercises: `kcnn homework list`.
4. To hand in: `kcnn homework submit`. It writes `hw.zip`. Hand in this file as it is, without unpacking it.

Keep the names of the files. `homework.toml` holds your student id: hand it in with your exercises.
"""
_QUESTIONS = f" Some exercises also have questions in\n`{ANSWERS_FILE}`."
_CHECK = "In a terminal in this folder, run `kcnn homework check {name}`."
_CHECK_NOTEBOOK = "Save the notebook, and run its last cell, or in a terminal `kcnn homework check {name}`."


@dataclass(frozen=True)
class Workspace:
    """A student's homework folder.

    Args:
        work: its files, as they were when the folder was read.
        state: the contents of .kcnn/state.json.
    """

    folder: Path
    work: Work
    state: State

    @property
    def exercises(self) -> tuple[Exercise, ...]:
        """The exercises that the folder was made for."""
        chosen = self.state.chosen
        return tuple(exercise for exercise in list_exercises() if not chosen or exercise.name in chosen)

    @property
    def started(self) -> tuple[Exercise, ...]:
        """The exercises whose file is changed, or a question of which is answered."""
        work = self.work
        return tuple(
            exercise
            for exercise in list_exercises()
            if work.is_started(exercise) or has_answers(exercise, work.student, work.answers)
        )

    @property
    def unknown_files(self) -> list[str]:
        """Names of the files of exercises that are not known, such as an instructor's own without `--exercises`.

        Besides those that were given out, these are the files with a number that no exercise has.
        """
        numbers = {exercise.number for exercise in list_exercises()}
        with reporting_os_errors(HomeworkError, "read", self.folder):
            names = sorted(entry.name for entry in self.folder.iterdir() if _is_of_unknown_exercise(entry.name))
        return [name for name in names if name in self.state.given or int(name[2:4]) not in numbers]

    @property
    def has_notebooks(self) -> bool:
        """Whether the exercises were given out as notebooks."""
        return any(name.endswith(".ipynb") for name in self.state.given)

    @property
    def passed(self) -> set[str]:
        """Stems of the exercises whose files have passed and have not changed since, and whose answers are correct."""
        return {
            exercise.stem
            for exercise in list_exercises()
            if self.state.passed.get(exercise.name) == digest_text(self.work.sources.get(exercise.stem, ""))
            and all(check.passed for check in judge_answers(exercise, self.work.student, self.work.answers))
        }

    @property
    def standings(self) -> dict[str, Standing]:
        """What later exercises use of the files that have passed, by stem; the others have to be judged first."""
        return dict.fromkeys(self.passed, Standing.OWN)

    def describe(self, exercise: Exercise) -> str:
        """Return an exercise's progress: `passed`, `started` or `not started`."""
        if exercise.stem in self.passed:
            return "passed"
        return "started" if exercise in self.started else "not started"

    def read_again(self) -> "Workspace":
        """Return the folder as it is now."""
        return open_workspace(self.folder)

    def remember(self, state: State) -> "Workspace":
        """Write the state to disk and return the folder with it."""
        self._write(STATE_FILE, render_state(state))
        return replace(self, state=state)

    def record_python(self) -> "Workspace":
        """Write into homework.toml with which Python the homework passes, and return the folder with it.

        All other lines stay as they are.
        """
        if self.work.python == PYTHON:
            return self
        content = read_plain_file(self.folder / IDENTITY_FILE, limit=LARGEST_FILE) or b""
        lines = [line for line in decode_text(content).splitlines() if not _PYTHON_LINE.match(line)]
        # Before all others, because after the name of a table it would belong to this table.
        self._write(IDENTITY_FILE, "\n".join([_render_python(), *lines, ""]))
        return replace(self, work=replace(self.work, python=PYTHON))

    def reset(self, exercise: Exercise) -> Path | None:
        """Replace an exercise's file with its starter; return where the old file was moved to, if there was one."""
        file = self.file_of(exercise)
        old = self.folder / file
        kept = None
        if old.is_file():
            kept = self._set_aside(old)
        starter = render_starter(exercise) if old.suffix == ".ipynb" else exercise.read("starter.py")
        self._write(file, starter)
        self.remember(self.state.with_given({file: _digest(file, starter)}).with_pass(exercise.name, None))
        return kept

    def file_of(self, exercise: Exercise) -> str:
        """Return the name of the file that counts for an exercise, or that the folder would have for it."""
        reading = self.work.readings.get(exercise.stem)
        missing = exercise.notebook if self.has_notebooks else exercise.file
        return reading.file if reading is not None else missing

    def upgrade(self) -> dict[Path, Path | None]:
        """Update the folder to this version of the course.

        A file that the student has changed stays as it is. Its new version is written next to it, with the suffix
        `.new`. Of a notebook, only the code is compared, so an old one, which may have notes in it, is kept.

        Returns:
            The files that were written, each with the place to which the old one was moved, if it was.

        Raises:
            HomeworkError: the folder was made for exercises that are not known, or it cannot be written.
        """
        unknown = sorted(filter(_is_of_unknown_exercise, self.state.given))
        if unknown and not any(exercise.is_own for exercise in list_exercises()):
            raise HomeworkError(
                f"{self.folder} was made for exercises that are not known here: {', '.join(unknown)}. "
                "Name the folder with your instructor's exercises: --exercises DIR"
            )
        written: dict[Path, Path | None] = {}
        given = {}
        work = self.work
        files = _render_files(work.student, self.exercises, id_from=work.id_from, as_notebooks=self.has_notebooks)
        for name, text in files.items():
            given[name] = _digest(name, text)
            if name == IDENTITY_FILE or self.state.given.get(name) == given[name]:
                continue
            current = read_plain_file(self.folder / name, limit=largest_size(name))
            is_untouched = current is not None and _digest(name, decode_text(current)) == self.state.given.get(name)
            target = name if is_untouched or current is None else f"{name}.new"
            is_replaced = is_untouched and name.endswith(".ipynb")
            written[self.folder / target] = self._set_aside(self.folder / name) if is_replaced else None
            self._write(target, text)
        self._write(IDENTITY_FILE, _render_identity(work.student, id_from=work.id_from))
        self.remember(self.state.with_given(given))
        return written

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        with reporting_os_errors(HomeworkError, "write", path), atomic_file(path) as temporary:
            temporary.write_text(text, encoding="utf-8")

    def _set_aside(self, file: Path) -> Path:
        """Move a file to the folder for old ones, and return where it is."""
        kept = self._free_name(f"{_OLD_FOLDER}/{file.stem}-{{:03d}}{file.suffix}")
        with reporting_os_errors(HomeworkError, "move", f"{file} to {kept}"):
            kept.parent.mkdir(parents=True, exist_ok=True)
            file.rename(kept)
        return kept

    def _free_name(self, pattern: str) -> Path:
        number = 1
        while (self.folder / pattern.format(number)).exists():
            number += 1
        return self.folder / pattern.format(number)


def start_workspace(
    folder: Path,
    student: str,
    *,
    id_from: str = "",
    exercises: Sequence[Exercise] = (),
    as_notebooks: bool = False,
) -> Workspace:
    """Create a homework folder with the starters, the questions and the student's id.

    Args:
        id_from: `login` if the id is only the login name; recorded in homework.toml.
        exercises: those to give out; empty: all.
        as_notebooks: give out one notebook per exercise instead of one Python file.

    Raises:
        HomeworkError: the folder exists and is not empty, or the id is not valid.
    """
    files = _render_files(
        check_student(student), exercises or list_exercises(), id_from=id_from, as_notebooks=as_notebooks
    )
    state = State(chosen=[exercise.name for exercise in exercises])
    state = state.with_given({name: _digest(name, text) for name, text in files.items()})
    with reporting_os_errors(HomeworkError, "write", folder):
        try:
            make_folder(folder, {**files, STATE_FILE: render_state(state)})
        except FileExistsError as error:
            raise HomeworkError(
                f"{folder} is not empty, and homework is never overwritten. "
                "Choose another folder: kcnn homework start DIR"
            ) from error
    return open_workspace(folder)


def open_workspace(folder: Path) -> Workspace:
    """Read a homework folder.

    Raises:
        HomeworkError: it is not a homework folder, or a file in it cannot be read.
    """
    state = folder / STATE_FILE
    with reporting_os_errors(HomeworkError, "read", state):
        try:
            text = read_bounded(state, limit=_LARGEST_STATE).decode("utf-8", "replace")
        except FileNotFoundError:
            text = render_state(State())
    try:
        return Workspace(folder, read_folder(folder), parse_state(text))
    except GraderError as error:  # students can repair their own files; this is no failure of the grader
        raise HomeworkError(str(error)) from error


def locate_workspace(start: Path | None = None) -> Path | None:
    """Return `start`, or else the current folder, one of its parents, or `hw` in it: the first with homework in it."""
    here = Path.cwd()
    candidates = [start] if start else [here, *here.parents, here / _DEFAULT_FOLDER]
    return next((folder for folder in candidates if (folder / IDENTITY_FILE).is_file()), None)


def find_workspace(start: Path | None = None) -> Workspace:
    """Read the homework folder that `locate_workspace` finds.

    Raises:
        HomeworkError: there is no such folder.
    """
    folder = locate_workspace(start)
    if folder is None:
        raise HomeworkError(
            f"{start or Path.cwd()} is not a homework folder: it has no {IDENTITY_FILE}. "
            "Create one with: kcnn homework start"
        )
    return open_workspace(folder)


def _render_files(
    student: str, exercises: Sequence[Exercise], *, id_from: str, as_notebooks: bool
) -> Mapping[str, str]:
    """Return the files of a new homework folder: texts by name."""
    names = [exercise.notebook if as_notebooks else exercise.file for exercise in exercises]
    starters = [render_starter(each) if as_notebooks else each.read("starter.py") for each in exercises]
    has_questions = any(exercise.asks for exercise in exercises)
    readme = _README.format(
        pattern="ex..._....ipynb" if as_notebooks else "ex..._....py",
        questions=_QUESTIONS if has_questions else "",
        file=names[0],
        check=(_CHECK_NOTEBOOK if as_notebooks else _CHECK).format(name=exercises[0].name),
    )
    return {
        IDENTITY_FILE: _render_identity(student, id_from=id_from),
        README_FILE: readme,
        **dict(zip(names, starters, strict=True)),
        **({ANSWERS_FILE: render_answers(student, exercises=exercises)} if has_questions else {}),
    }


def _is_of_unknown_exercise(name: str) -> bool:
    return _EXERCISE_FILE.fullmatch(name) is not None and name not in list_file_names()


def _digest(name: str, text: str) -> str:
    """Return the digest of a file; of a notebook, that of its code, because running it changes the file."""
    if not name.endswith(".ipynb"):
        return digest_text(text)
    try:
        return digest_text(read_code(text, limit=LARGEST_FILE).text)
    except HomeworkError:
        return ""


def _render_identity(student: str, *, id_from: str) -> str:
    origin = f'id_from = "{id_from}"\n' if id_from else ""
    return (
        "# Your cases and questions depend on your id. Don't change it after you have started.\n"
        f'course = "{version("keras-cnn-course")}"\n{_render_python()}\n'
        f'student = "{student}"\n{origin}'
    )


def _render_python() -> str:
    return f'python = "{PYTHON}"'
