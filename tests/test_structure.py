"""Which part may import which: the layers of CONTRIBUTING.md, read from the code."""

import ast
from pathlib import Path

import pytest

import keras_cnn_course

PACKAGE = Path(keras_cnn_course.__file__).parent
LAYERS = [
    {"cli"},
    {"doctor"},
    {"export", "plots", "page", "report", "sweep", "homework"},
    {"inspection", "architecture"},
    {"training"},
    {"datasets", "runs", "model_file", "run_record", "backend", "distribution", "cluster"},
    {"lecture", "catalog"},
    {"hyperparameters", "atomic", "regular_file", "markup"},
    {"errors"},
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
# Where the package is installed, the recipes lie in it; what they import is tested with them.
APART = {"__main__.py", "recipes"}
MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if path.relative_to(PACKAGE).parts[0] not in APART]


def imports(path):
    """Return every module that a file imports, wherever in the file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def part_of(module):
    return module.split(".")[1] if module.startswith("keras_cnn_course.") else None


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(path):
    part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if part == "__init__":
        assert not imports(path)
        return
    for other in {part_of(module) for module in imports(path)} - {None, part}:
        if other in RANK:
            assert RANK[part] <= RANK[other], f"{part} imports {other}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_heavy_libraries_stay_where_they_belong(path):
    part = path.relative_to(PACKAGE).parts[0]
    roots = {module.split(".")[0] for module in imports(path)}
    if part in ("lecture", "plots"):
        assert not roots & {"keras", "tensorflow"}
    if part in ("inspection", "lecture"):
        assert "matplotlib" not in roots
    if part != "cli":
        assert "click" not in roots


@pytest.mark.parametrize("path", sorted((PACKAGE / "homework" / "worker").glob("*.py")), ids=lambda path: path.name)
def test_what_runs_beside_student_code_knows_no_answers(path):
    ours = {module for module in imports(path) if part_of(module)}
    assert all(module.startswith(("keras_cnn_course.homework.worker", "keras_cnn_course.errors")) for module in ours)


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
