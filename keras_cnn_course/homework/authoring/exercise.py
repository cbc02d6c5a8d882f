"""The exercises, read from their folders. Importing this module does not import NumPy, so that completion stays fast.

exercises/ex01_convolution/
  spec.toml     title, slide, points, libraries, functions, and the exercises it builds on
  starter.py    the student's file at the beginning: a docstring, signatures, TODOs
  solution.py   a correct solution, shown after a pass
  checks.py     the checks and the mistakes they recognize (see `cases`)
  mutants.py    wrong versions of the solution, each with the diagnosis it must get
  accepted/     other correct solutions
  hints.md      three hints
"""

import hashlib
import importlib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Any

from keras_cnn_course.errors import HomeworkError, UsageError, unknown_name
from keras_cnn_course.homework.authoring.starter_cells import starter_code
from keras_cnn_course.lecture.contents import SLIDES, Slide

if TYPE_CHECKING:
    from keras_cnn_course.homework.authoring.cases import Checks, Mutant

__all__ = [
    "ANSWERS_FILE",
    "FOLDER_NAME",
    "Exercise",
    "digest_text",
    "find_exercise",
    "find_exercises",
    "list_exercises",
    "make_exercise",
    "order_by_need",
    "using_exercises",
]

ANSWERS_FILE = "answers.toml"
FOLDER_NAME = re.compile(r"ex\d\d_[a-z_]+")
"""What the folder of an exercise is called."""

_EXERCISES = "keras_cnn_course.homework.exercises"


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Args:
        stem: name of its folder and of the student's module, such as `ex01_convolution`.
        slide_key: key of its slide in the lecture.
        kind: the libraries that student code may use: `numpy` or `keras`.
        functions: names of those that the student writes.
        builds_on: stems of the exercises whose modules it may import.
        seconds: CPU time for one run of its checks.
        asks: whether it has questions in answers.toml.
        former_starters: SHA-256 of the starters that earlier versions of the course gave out.
        folder: the folder with its files.
        package: name under which Python imports the folder that this folder is in.
    """

    stem: str
    title: str
    slide_key: str
    points: int
    kind: str
    functions: tuple[str, ...]
    builds_on: tuple[str, ...]
    seconds: int
    asks: bool
    former_starters: tuple[str, ...]
    folder: Traversable = field(compare=False)
    package: str = _EXERCISES

    @property
    def is_own(self) -> bool:
        """Whether an instructor wrote it, outside this package."""
        return self.package != _EXERCISES

    @property
    def number(self) -> int:
        """Position in the homework, from 1."""
        return int(self.stem[2:4])

    @property
    def name(self) -> str:
        """Its name on the command line, such as `convolution`."""
        return self.stem[5:]

    @property
    def file(self) -> str:
        """Name of the student's file."""
        return f"{self.stem}.py"

    @property
    def notebook(self) -> str:
        """Name of the student's file if it is a notebook."""
        return f"{self.stem}.ipynb"

    @property
    def slide(self) -> Slide:
        """Its slide in the lecture."""
        return SLIDES[self.slide_key]

    def read(self, name: str) -> str:
        """Return the text of one of its files."""
        return (self.folder / name).read_text(encoding="utf-8")

    def is_starter(self, source: str) -> bool:
        """Return whether a text is the starter, of this version of the course or of an earlier one.

        Spaces at the ends of lines and empty lines at the end, which editors add and delete, change nothing.

        Args:
            source: of a file, or the code of a notebook.
        """
        starter = self.read("starter.py")
        bare = _strip_ends(source)
        if bare in (_strip_ends(starter), _strip_ends(starter_code(starter))):
            return True
        return any(digest_text(text) in self.former_starters for text in (source, bare))

    @property
    def hints(self) -> list[str]:
        """Three hints, from a nudge to almost the solution."""
        return [part.strip() for part in re.split(r"^## .*$", self.read("hints.md"), flags=re.MULTILINE)[1:]]

    @property
    def accepted(self) -> dict[str, str]:
        """Other correct solutions: texts by name."""
        folder = self.folder / "accepted"
        entries = sorted(folder.iterdir() if folder.is_dir() else (), key=lambda entry: entry.name)
        return {entry.name[:-3]: entry.read_text(encoding="utf-8") for entry in entries if entry.name.endswith(".py")}

    def load_checks(self) -> "Checks":
        """Return its checks.

        Raises:
            HomeworkError: they cannot be loaded, and the exercise is an instructor's own.
        """
        checks: Checks = self._load("checks", "CHECKS")
        return checks

    def load_mutants(self) -> "tuple[Mutant, ...]":
        """Return its mutants.

        Raises:
            HomeworkError: they cannot be loaded, and the exercise is an instructor's own.
        """
        mutants: tuple[Mutant, ...] = self._load("mutants", "MUTANTS")
        return mutants

    def _load(self, module: str, name: str) -> Any:
        try:
            return getattr(importlib.import_module(f"{self.package}.{self.stem}.{module}"), name)
        except Exception as error:
            if not self.is_own:
                raise
            raise HomeworkError(
                f"Cannot load {self.folder / (module + '.py')}: {type(error).__name__}: {error}. "
                f"It must define {name}; see docs/exercises.md."
            ) from error


_own: tuple[Exercise, ...] = ()


@contextmanager
def using_exercises(own: Sequence[Exercise]) -> Iterator[None]:
    """Add an instructor's own exercises to those of the course, in all threads."""
    global _own
    before, _own = _own, tuple(own)
    try:
        yield
    finally:
        _own = before


def list_exercises() -> tuple[Exercise, ...]:
    """Return all exercises: those of the course in the order of the lecture, then the instructor's own."""
    return (*_list_built_in(), *_own)


@cache
def _list_built_in() -> tuple[Exercise, ...]:
    folders = (entry for entry in files(_EXERCISES).iterdir() if FOLDER_NAME.fullmatch(entry.name))
    return tuple(
        make_exercise(folder, tomllib.loads((folder / "spec.toml").read_text(encoding="utf-8")))
        for folder in sorted(folders, key=lambda folder: folder.name)
    )


def find_exercise(text: str) -> Exercise:
    """Return the exercise with this name, number or file name.

    Raises:
        UsageError: there is no such exercise.

    >>> [find_exercise(text).stem for text in ("relu", "5", "ex05", "ex05_relu.py")]
    ['ex05_relu', 'ex05_relu', 'ex05_relu', 'ex05_relu']
    """
    for exercise in list_exercises():
        names = (exercise.name, exercise.stem, exercise.file, exercise.notebook)
        if text in (*names, str(exercise.number), exercise.stem[:4], exercise.stem[2:4]):
            return exercise
    raise unknown_name("exercise", text, [exercise.name for exercise in list_exercises()])


def find_exercises(text: str) -> list[Exercise]:
    """Return the exercises in a list of names, numbers and ranges, in the order of the homework and without duplicates.

    Raises:
        UsageError: there is no such exercise, or a range ends before it begins.

    >>> [exercise.number for exercise in find_exercises("4-6,convolution,5")]
    [1, 4, 5, 6]
    """
    chosen: set[Exercise] = set()
    for part in text.split(","):
        ends = re.fullmatch(r"\s*(\d+)\s*-\s*(\d+)\s*", part)
        if not ends:
            chosen.add(find_exercise(part.strip()))
            continue
        first, last = (find_exercise(str(int(end))).number for end in ends.groups())
        if first > last:
            raise UsageError(f"The range {part.strip()} ends before it begins. Write {last}-{first}.")
        chosen.update(exercise for exercise in list_exercises() if first <= exercise.number <= last)
    return [exercise for exercise in list_exercises() if exercise in chosen]


def digest_text(text: str) -> str:
    """Return the SHA-256 of a text as hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _strip_ends(text: str) -> str:
    """Return a text without spaces at the ends of its lines, and with one line end at its own."""
    return "\n".join(line.rstrip() for line in text.rstrip().split("\n")) + "\n"


def order_by_need(exercises: "tuple[Exercise, ...]") -> list[Exercise]:
    """Return the exercises and all those they build on, in an order in which they can be solved."""
    by_stem = {exercise.stem: exercise for exercise in list_exercises()}
    needed: dict[str, Exercise] = {}

    def add(exercise: Exercise) -> None:
        for stem in exercise.builds_on:
            add(by_stem[stem])
        needed.setdefault(exercise.stem, exercise)

    for exercise in exercises:
        add(exercise)
    return list(needed.values())


def make_exercise(folder: Traversable, spec: Mapping[str, Any], *, package: str = _EXERCISES) -> Exercise:
    """Return the exercise in a folder.

    Args:
        spec: the contents of its spec.toml.
    """
    return Exercise(
        stem=folder.name,
        title=spec["title"],
        slide_key=spec["slide"],
        points=spec["points"],
        kind=spec["runs"],
        functions=tuple(spec["functions"]),
        builds_on=tuple(spec.get("builds_on", ())),
        seconds=spec["seconds"],
        asks=spec.get("asks", False),
        former_starters=tuple(spec.get("former_starters", ())),
        folder=folder,
        package=package,
    )
