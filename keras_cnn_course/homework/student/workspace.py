"""A student's homework folder. A student's work is never overwritten.

hw/
  README.md             what to do first
  homework.toml         the student's id, and the version of the course
  ex01_convolution.py   one file per exercise
  answers.toml          numbers to predict
  .kcnn/state.json      which exercises have passed, and how many hints were read
  .kcnn/old/            files that `reset` replaced
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path

from keras_cnn_course.errors import GraderError, HomeworkError, reporting_os_errors
from keras_cnn_course.files.atomic import atomic_file, make_folder
from keras_cnn_course.files.foreign import read_bounded
from keras_cnn_course.files.values import TEXT, check_values, table_of, whole_number
from keras_cnn_course.homework.authoring.exercise import ANSWERS_FILE, Exercise, digest_text, list_exercises
from keras_cnn_course.homework.judging.answers import render_answers
from keras_cnn_course.homework.judging.planning import Standing, Work
from keras_cnn_course.homework.student.work_files import (
    IDENTITY_FILE,
    LARGEST_FILE,
    README_FILE,
    check_student,
    decode_text,
    read_folder,
    read_plain_file,
)

__all__ = [
    "State",
    "Workspace",
    "find_workspace",
    "locate_workspace",
    "open_workspace",
    "start_workspace",
]

_STATE_FILE = ".kcnn/state.json"
_OLD_FOLDER = ".kcnn/old"
_LARGEST_STATE = 1 << 20
_DEFAULT_FOLDER = "hw"
_README = """# Homework

Each file `ex..._....py` is one exercise. The text at its top says what to do. Exercises 2, 7 and 8 also have questions
in `answers.toml`.

1. Open `ex01_convolution.py` and replace the line `raise NotImplementedError` with your code.
2. In a terminal in this folder, run `kcnn homework check convolution`. It shows what is wrong and what to run next.
3. When you are stuck: `kcnn homework hint convolution`. To see all exercises: `kcnn homework list`.
4. To hand in: `kcnn homework submit`. It writes `hw.zip`. Hand in this file as it is, without unpacking it.

Keep the names of the files. `homework.toml` holds your student id: hand it in with your exercises.
"""
_DIGESTS = table_of(TEXT, description="a table of SHA-256 digests by name")
_STATE_RULES = {
    "given": _DIGESTS,
    "passed": _DIGESTS,
    "hints": table_of(whole_number(0), description="a table of whole numbers by name"),
}


@dataclass(frozen=True)
class State:
    """The contents of .kcnn/state.json.

    Args:
        given: SHA-256 of each file as it was given out, by file name.
        passed: SHA-256 of each exercise's file when it last passed, by exercise.
        hints: number of hints read, by exercise.
    """

    given: Mapping[str, str] = field(default_factory=dict)
    passed: Mapping[str, str] = field(default_factory=dict)
    hints: Mapping[str, int] = field(default_factory=dict)

    def with_pass(self, exercise: str, digest: str | None) -> "State":
        """Return the state after a check: passed with the file of this digest; None: not passed."""
        others = {name: value for name, value in self.passed.items() if name != exercise}
        return replace(self, passed={**others, exercise: digest} if digest else others)

    def with_hint(self, exercise: str) -> "State":
        """Return the state with one more hint read."""
        return replace(self, hints={**self.hints, exercise: self.hints.get(exercise, 0) + 1})

    def with_given(self, digests: Mapping[str, str]) -> "State":
        """Return the state with more files given out."""
        return replace(self, given={**self.given, **digests})


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
    def passed(self) -> set[str]:
        """Stems of the exercises whose files have passed and have not changed since."""
        return {
            exercise.stem
            for exercise in list_exercises()
            if self.state.passed.get(exercise.name) == digest_text(self.work.sources.get(exercise.stem, ""))
        }

    @property
    def standings(self) -> dict[str, Standing]:
        """What later exercises use of the files that have passed, by stem; the others have to be judged first."""
        return dict.fromkeys(self.passed, Standing.OWN)

    def describe(self, exercise: Exercise) -> str:
        """Return an exercise's progress: `passed`, `started` or `not started`."""
        if exercise.stem in self.passed:
            return "passed"
        return "started" if self.work.is_started(exercise) else "not started"

    def read_again(self) -> "Workspace":
        """Return the folder as it is now."""
        return open_workspace(self.folder)

    def remember(self, state: State) -> "Workspace":
        """Write the state to disk and return the folder with it."""
        self._write(_STATE_FILE, _render_state(state))
        return replace(self, state=state)

    def reset(self, exercise: Exercise) -> Path | None:
        """Replace an exercise's file with its starter; return where the old file was moved to, if there was one."""
        old = self.folder / exercise.file
        kept = None
        if old.is_file():
            kept = self._free_name(f"{_OLD_FOLDER}/{exercise.stem}-{{:03d}}.py")
            with reporting_os_errors(HomeworkError, "move", f"{old} to {kept}"):
                kept.parent.mkdir(parents=True, exist_ok=True)
                old.rename(kept)
        starter = exercise.read("starter.py")
        self._write(exercise.file, starter)
        self.remember(self.state.with_given({exercise.file: digest_text(starter)}).with_pass(exercise.name, None))
        return kept

    def upgrade(self) -> list[Path]:
        """Update the folder to this version of the course, and return the files that were written.

        A file that the student has changed stays as it is. Its new version is written next to it, with the suffix
        `.new`.
        """
        written, given = [], {}
        current = {f"{stem}.py": source for stem, source in self.work.sources.items()}
        current[ANSWERS_FILE] = self.work.answers
        current[README_FILE] = decode_text(read_plain_file(self.folder / README_FILE, limit=LARGEST_FILE) or b"")
        for name, text in _render_files(self.work.student, id_from=self.work.id_from).items():
            given[name] = digest_text(text)
            if name == IDENTITY_FILE or self.state.given.get(name) == given[name]:
                continue
            is_untouched = digest_text(current.get(name, "")) == self.state.given.get(name)
            target = name if is_untouched or not (self.folder / name).exists() else f"{name}.new"
            self._write(target, text)
            written.append(self.folder / target)
        self._write(IDENTITY_FILE, _render_identity(self.work.student, id_from=self.work.id_from))
        self.remember(self.state.with_given(given))
        return written

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        with reporting_os_errors(HomeworkError, "write", path), atomic_file(path) as temporary:
            temporary.write_text(text, encoding="utf-8")

    def _free_name(self, pattern: str) -> Path:
        number = 1
        while (self.folder / pattern.format(number)).exists():
            number += 1
        return self.folder / pattern.format(number)


def start_workspace(folder: Path, student: str, *, id_from: str = "") -> Workspace:
    """Create a homework folder with the starters, the questions and the student's id.

    Args:
        id_from: `login` if the id is only the login name; recorded in homework.toml.

    Raises:
        HomeworkError: the folder exists and is not empty, or the id is not valid.
    """
    files = _render_files(check_student(student), id_from=id_from)
    state = State().with_given({name: digest_text(text) for name, text in files.items()})
    with reporting_os_errors(HomeworkError, "write", folder):
        try:
            make_folder(folder, {**files, _STATE_FILE: _render_state(state)})
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
    state = folder / _STATE_FILE
    with reporting_os_errors(HomeworkError, "read", state):
        try:
            text = read_bounded(state, limit=_LARGEST_STATE).decode("utf-8", "replace")
        except FileNotFoundError:
            text = _render_state(State())
    try:
        return Workspace(folder, read_folder(folder), _parse_state(text))
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


def _render_state(state: State) -> str:
    """Return a state as JSON."""
    return json.dumps(asdict(state), indent=1, sort_keys=True) + "\n"


def _parse_state(text: str) -> State:
    """Return the state in a text.

    Raises:
        HomeworkError: the text is not valid.

    >>> _parse_state(_render_state(State().with_hint("relu"))).hints
    {'relu': 1}
    """
    hint = "Delete it; only the list of passed exercises and the number of hints read are lost."
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise HomeworkError(f"{_STATE_FILE} is not valid JSON. {hint}") from error
    if not isinstance(values, dict):
        raise HomeworkError(f"{_STATE_FILE} does not hold a JSON object. {hint}")
    check_values(values, _STATE_RULES, source=_STATE_FILE, kind=HomeworkError, hint=hint)
    return State(**{name: values[name] for name in _STATE_RULES})


def _render_files(student: str, *, id_from: str) -> Mapping[str, str]:
    """Return the files of a new homework folder: texts by name."""
    starters = {exercise.file: exercise.read("starter.py") for exercise in list_exercises()}
    identity = {IDENTITY_FILE: _render_identity(student, id_from=id_from), README_FILE: _README}
    return {**identity, **starters, ANSWERS_FILE: render_answers(student)}


def _render_identity(student: str, *, id_from: str) -> str:
    origin = f'id_from = "{id_from}"\n' if id_from else ""
    return (
        "# Your cases and questions depend on your id. Don't change it after you have started.\n"
        f'course = "{version("keras-cnn-course")}"\n'
        f'student = "{student}"\n{origin}'
    )
