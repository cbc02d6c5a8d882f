"""An instructor's own exercises: folders outside the package, with the same files as those of the course.

exercises/
  ex16_mean_pooling/
    spec.toml, starter.py, solution.py, checks.py, mutants.py, hints.md, accepted/

They are the instructor's code: the grader imports their checks. Student code cannot read them, because the sandbox
receives the texts that it needs and keeps no access to this folder.
"""

import ast
import keyword
import re
import sys
import tomllib
from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

from keras_cnn_course.errors import HomeworkError, UsageError, reporting_os_errors
from keras_cnn_course.files.atomic import make_folder
from keras_cnn_course.files.values import BOOLEAN, TEXT, check_values, list_of, one_of, text, whole_number
from keras_cnn_course.homework.authoring.exercise import FOLDER_NAME, Exercise, list_exercises, make_exercise
from keras_cnn_course.homework.sandbox.confinement import is_readable_in_sandbox
from keras_cnn_course.lecture.contents import SLIDES

__all__ = ["create_exercise", "find_gaps", "read_own_exercises"]

_FILES = ("spec.toml", "starter.py", "solution.py", "checks.py", "mutants.py", "hints.md")
_TEMPLATE = "keras_cnn_course.homework.authoring.template"
_PLACEHOLDERS = ("template_name", "Template name", "99")
_MOST_EXERCISES = 99
_RULES = {
    "title": text(limit=80),
    "slide": one_of(*SLIDES),
    "points": whole_number(1, 1000),
    "runs": one_of("numpy", "keras"),
    "functions": list_of(TEXT, low=1, high=20, description="a list of the names of 1 to 20 functions"),
    "seconds": whole_number(1, 600),
}
_OPTIONAL_RULES = {
    "asks": BOOLEAN,
    "builds_on": list_of(TEXT, high=20, description="a list of folders such as ex05_relu"),
    "former_starters": list_of(TEXT, description="a list of SHA-256 digests"),
}


def read_own_exercises(folder: Path) -> list[Exercise]:
    """Return the exercises in a folder, in their order. Nothing in it is run yet.

    Raises:
        UsageError: there is no such folder, or student code could read it, or it has no exercise.
        HomeworkError: an exercise is incomplete, its spec.toml is not valid, its folder has another name than an
            exercise may have, or its number or name is taken.
    """
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}. Create an exercise in it with: kcnn homework new NAME")
    folder = folder.resolve()
    if is_readable_in_sandbox(folder):
        raise UsageError(
            f"{folder} is in a folder of Python, a library or the system, which student code can read. Move your "
            "exercises to another folder, such as one in your home folder."
        )
    entries = sorted(entry for entry in folder.iterdir() if entry.is_dir())
    places = [entry for entry in entries if FOLDER_NAME.fullmatch(entry.name)]
    misnamed = next((entry for entry in entries if entry not in places and (entry / "spec.toml").exists()), None)
    if misnamed is not None:
        raise HomeworkError(
            f"The name of {misnamed} must be ex, two digits, an underscore, and then only lowercase letters and "
            "underscores, such as ex16_mean_pooling. Rename the folder."
        )
    if not places:
        raise UsageError(
            f"{folder} has no exercises: no folder in it has a name such as ex16_mean_pooling. Create one with: "
            "kcnn homework new NAME"
        )
    package = _make_package(folder)
    own: list[Exercise] = []
    for place in places:
        exercise = make_exercise(place, _read_spec(place), package=package)
        _check_place(exercise, [*list_exercises(), *own])
        own.append(exercise)
    return own


def create_exercise(name: str, folder: Path) -> Path:
    """Create the folder of a new exercise: a small one that is complete, to be changed step by step.

    Args:
        name: letters and underscores; it also names the function that students write.
        folder: the folder of the instructor's exercises; it is created.

    Returns:
        The new folder, such as `exercises/ex16_mean_pooling`.

    Raises:
        UsageError: the name is not valid or taken, or there is no number left.
        HomeworkError: the folder cannot be written.
    """
    if not re.fullmatch(r"[a-z][a-z_]*[a-z]", name) or keyword.iskeyword(name):
        raise UsageError(
            f"An exercise's name must consist of lowercase letters and underscores, such as mean_pooling; got {name!r}."
        )
    others = list_exercises()
    present = [*folder.iterdir()] if folder.is_dir() else []
    stems = [exercise.stem for exercise in others]
    stems += [entry.name for entry in present if FOLDER_NAME.fullmatch(entry.name)]
    if name in [stem[5:] for stem in stems]:
        raise UsageError(f"There is already an exercise named {name}. Choose another name.")
    number = max(int(stem[2:4]) for stem in stems) + 1
    if number > _MOST_EXERCISES:
        raise UsageError(f"An exercise's number has two digits, and {_MOST_EXERCISES} is taken.")
    target = folder / f"ex{number:02d}_{name}"
    values = (name, name.replace("_", " ").capitalize(), str(number))
    contents = {}
    for path, content in _list_template():
        for placeholder, value in zip(_PLACEHOLDERS, values, strict=True):
            content = content.replace(placeholder, value)
        contents[path] = content
    with reporting_os_errors(HomeworkError, "write", target):
        folder.mkdir(parents=True, exist_ok=True)
        make_folder(target, contents)
    return target


def find_gaps(exercise: Exercise) -> list[str]:
    """Return what an exercise lacks that the proof of its checks cannot notice, as sentences."""
    gaps = []
    for name in ("starter.py", "solution.py"):
        try:
            tree = ast.parse(exercise.read(name))
        except SyntaxError as error:
            gaps.append(f"{name} is not valid Python: {error.msg} in line {error.lineno}.")
            continue
        defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        missing = [function for function in exercise.functions if function not in defined]
        gaps += [f"{name} does not define {function}, which spec.toml names." for function in missing]
    if not exercise.hints:
        gaps.append("hints.md has no hint. A hint begins with a line such as: ## 1")
    if not exercise.load_mutants():
        gaps.append("mutants.py has no mutant, so nothing shows that the checks find mistakes.")
    checks = exercise.load_checks()
    if exercise.asks != (checks.ask is not None):
        has = "does not have asks = true" if checks.ask else "has asks = true"
        gaps.append(f"spec.toml {has}, but checks.py has {'questions' if checks.ask else 'no questions'}.")
    names = [check.name for check in checks.checks]
    gaps += [f"checks.py has several checks named {name!r}." for name in sorted({*names}) if names.count(name) > 1]
    return gaps


def _list_template() -> list[tuple[str, str]]:
    """Return the files of the template: their paths and texts."""
    folder = files(_TEMPLATE)
    places = [(name, folder / name) for name in _FILES]
    places += [(f"accepted/{name}", folder / "accepted" / name) for name in ("interpolated.py", "subtracted.py")]
    return [(name, place.read_text(encoding="utf-8")) for name, place in places]


def _read_spec(folder: Path) -> Mapping[str, Any]:
    missing = [name for name in _FILES if not (folder / name).is_file()]
    if missing:
        raise HomeworkError(f"{folder} has no {' and no '.join(missing)}. See docs/exercises.md.")
    source = folder / "spec.toml"
    with reporting_os_errors(HomeworkError, "read", source):
        content = source.read_bytes()
    try:
        spec = tomllib.loads(content.decode("utf-8"))
    except ValueError as error:
        raise HomeworkError(f"{source} is not valid TOML: {error}.") from error
    check_values(spec, _RULES, source=str(source), kind=HomeworkError)
    present = {name: rule for name, rule in _OPTIONAL_RULES.items() if name in spec}
    check_values(spec, present, source=str(source), kind=HomeworkError)
    unknown = sorted({*spec} - {*_RULES, *_OPTIONAL_RULES})
    if unknown:
        raise HomeworkError(f"{source} has an unknown name: {unknown[0]}. See docs/exercises.md.")
    return spec


def _check_place(exercise: Exercise, earlier: list[Exercise]) -> None:
    """Check that an exercise does not collide with an earlier one, and builds on earlier ones only."""
    for other in earlier:
        if other.number == exercise.number or other.name == exercise.name:
            raise HomeworkError(
                f"{exercise.stem} has the number or the name of {other.stem}. Rename the folder {exercise.folder}."
            )
    unknown = [stem for stem in exercise.builds_on if stem not in [other.stem for other in earlier]]
    if unknown:
        raise HomeworkError(
            f"builds_on in {exercise.folder / 'spec.toml'} names {unknown[0]}, but there is no such exercise before it."
        )


def _make_package(folder: Path) -> str:
    """Make the folder importable under a name of its own, and return the name."""
    name = f"kcnn_exercises_{sha256(str(folder).encode()).hexdigest()[:12]}"
    if name not in sys.modules:
        package = ModuleType(name, "An instructor's exercises.")
        package.__path__ = [str(folder)]
        sys.modules[name] = package
    return name
