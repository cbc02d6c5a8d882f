"""Which room may import which, read from the code."""

import ast
import sys
from functools import cache
from pathlib import Path

import keras_cnn_course

PACKAGE = Path(keras_cnn_course.__file__).parent
# From the top floor to the lowest. A room may import the rooms below it; two rooms of one floor do not know each other.
FLOORS = [
    ["cli"],
    ["__init__"],  # the public names; it imports them when they are used
    ["api"],
    ["inspection"],
    ["page", "report", "notebooks", "installation"],
    ["plots"],
    ["sweeps"],
    ["export"],
    ["homework"],
    ["results"],
    ["training"],
    ["models"],
    ["runs"],
    ["datasets"],
    ["hyperparameters"],  # the import path of version 0.1
    ["catalog"],
    ["devices"],
    ["lecture"],
    ["files"],
    ["errors"],
]
HOMEWORK_FLOORS = [["grading"], ["student"], ["judging"], ["exercises", "quizzes"], ["authoring"], ["sandbox"]]
# Where the package is installed, the recipes and the data are in it; what they import is tested with them.
APART = {"__main__.py", "recipes", "data"}
MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if path.relative_to(PACKAGE).parts[0] not in APART]


@cache
def imports(path):
    """Return every module that a file imports, wherever in the file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def room_of(module, house="keras_cnn_course"):
    """Return the room of a house that a module belongs to; None where it is of another house."""
    return module.removeprefix(house + ".").split(".")[0] if module.startswith(house + ".") else None


def check_direction(path, room, others, floors):
    """Check that a module of a room imports only from rooms of lower floors."""
    floor = {name: number for number, names in enumerate(floors) for name in names}
    assert room in floor, f"{room} has no floor"
    for other in others - {None, room}:
        assert other in floor, f"{other}, which {path} imports, has no floor"
        assert floor[room] < floor[other], f"{path} imports {other}"


def test_rooms_import_only_from_lower_floors():
    for path in MODULES:
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        check_direction(path, room, {room_of(module) for module in imports(path)}, FLOORS)


def find_circle(imported):
    """Return modules that import each other in a circle, in that order; an empty list if there is no circle.

    Args:
        imported: the modules that each module imports, by name.
    """
    finished = set()

    def search(module, path):
        if module in path:
            return path[path.index(module) :]
        if module in finished:
            return []
        for other in sorted(imported[module]):
            circle = search(other, [*path, module])
            if circle:
                return circle
        finished.add(module)
        return []

    return next((circle for circle in (search(module, []) for module in sorted(imported)) if circle), [])


def test_no_modules_import_each_other_in_a_circle():
    """Imports inside functions and for type checkers count too."""
    names = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = ("keras_cnn_course", *path.relative_to(PACKAGE).with_suffix("").parts)
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    imported = {name: (imports(path) & set(names)) - {name} for name, path in names.items()}
    assert find_circle(imported) == []


def test_a_circle_is_found():
    assert find_circle({"a": {"b", "d"}, "b": {"c"}, "c": {"b"}, "d": set()}) == ["b", "c"]
    assert find_circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_rooms_of_the_homework_import_only_from_lower_floors():
    for path in sorted((PACKAGE / "homework").rglob("*/*.py")):
        room = path.relative_to(PACKAGE / "homework").parts[0]
        found = {room_of(module, "keras_cnn_course.homework") for module in imports(path)}
        check_direction(path, room, found, HOMEWORK_FLOORS)


def test_heavy_libraries_stay_where_they_belong():
    for path in MODULES:
        part = path.relative_to(PACKAGE).parts[0]
        roots = {module.split(".")[0] for module in imports(path)}
        if part in ("lecture", "plots"):
            assert not roots & {"keras", "tensorflow"}, path
        if part in ("results", "models", "lecture"):
            assert "matplotlib" not in roots, path
        if part != "cli":
            assert "click" not in roots, path


def test_what_runs_beside_student_code_knows_no_answers():
    known = ("keras_cnn_course.homework.sandbox", "keras_cnn_course.errors", "keras_cnn_course.files.arrays")
    for path in sorted((PACKAGE / "homework" / "sandbox").glob("*.py")):
        ours = {module for module in imports(path) if room_of(module)}
        assert all(module.startswith(known) for module in ours), path


def test_the_reader_of_arrays_needs_nothing_but_numpy():
    """The sandbox imports it next to student code, so it must lead nowhere else in the package."""
    for name in ("__init__.py", "arrays.py"):
        roots = {module.split(".")[0] for module in imports(PACKAGE / "files" / name)}
        assert roots <= {*sys.stdlib_module_names, "numpy"}


def test_every_package_is_declared():
    import configparser

    setup = PACKAGE.parent / "setup.cfg"
    if not setup.is_file():
        setup = Path(__file__).resolve().parent.parent / "setup.cfg"
    parser = configparser.ConfigParser()
    parser.read(setup)
    declared = set(parser["options"]["packages"].split())
    found = {
        ".".join(("keras_cnn_course", *path.relative_to(PACKAGE).parent.parts)) for path in PACKAGE.rglob("__init__.py")
    }
    assert found | {"keras_cnn_course.recipes", "keras_cnn_course.data"} == declared
