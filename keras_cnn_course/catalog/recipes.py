"""Finding recipes by name or file, reading them without running them, and loading them.

`find_recipe` only reads a recipe's text: its docstring and, where they are written as literals, its hyperparameters.
That needs neither Keras nor TensorFlow, so wrong options are refused at once. `load_recipe` runs the file.
"""

import ast
import hashlib
import os
import re
import sys
import tokenize
import traceback
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from keras_cnn_course.catalog.hyperparameters import Hyperparameters
from keras_cnn_course.errors import (
    CourseError,
    RecipeError,
    UsageError,
    describe_failure,
    did_you_mean,
    reporting_os_errors,
    unknown_name,
)
from keras_cnn_course.files.values import NAME, check_path, check_value

__all__ = [
    "Recipe",
    "RecipeSource",
    "find_recipe",
    "list_recipes",
    "load_recipe",
    "read_recipe",
    "recipe_names",
    "reporting_line",
]


@dataclass(frozen=True)
class RecipeSource:
    """A recipe as text.

    Args:
        name: its file's name without `.py`.
        path: its file.
        text: the source.
        docstring: the module's docstring, possibly empty.
        hyperparameters: `HYPERPARAMETERS`, or None where it is not written as `Hyperparameters(name=literal, ...)`.
    """

    name: str
    path: Path
    text: str
    docstring: str
    hyperparameters: Hyperparameters | None

    @property
    def summary(self) -> str:
        """First line of the docstring."""
        return self.docstring.partition("\n")[0]

    @property
    def stated_parameters(self) -> int | None:
        """Number of parameters that the docstring states ("7,850 parameters"), or None."""
        match = re.search(r"([\d,]+) parameters", self.docstring)
        return int(match[1].replace(",", "")) if match else None

    @property
    def sha256(self) -> str:
        """SHA-256 of the source, in hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True)
class Recipe:
    """A recipe that was loaded: its text, its hyperparameters and its `build_model` function."""

    source: RecipeSource
    hyperparameters: Hyperparameters
    build_model: Callable[..., Any]


def recipe_names() -> list[str]:
    """Return the names of the recipes that ship with the package, simplest model first.

    >>> recipe_names()[:2]
    ['softmax', 'mlp']
    """
    lecture = ["softmax", "mlp", "cnn", "deep_cnn"]
    folder = files("keras_cnn_course.recipes")
    found = sorted(entry.name[:-3] for entry in folder.iterdir() if entry.name.endswith(".py"))
    return lecture + [name for name in found if name not in (*lecture, "__init__")]


def list_recipes() -> list[RecipeSource]:
    """Return the recipes that ship with the package, as text."""
    return [find_recipe(name) for name in recipe_names()]


def find_recipe(name_or_path: str | os.PathLike[str]) -> RecipeSource:
    """Return a recipe by its name in any case, or by the path of a file of one's own, with or without `.py`.

    Raises:
        UsageError: there is no such recipe.
        RecipeError: the file is not valid Python; the message names the line.
    """
    path = check_path("The recipe", name_or_path)
    name_or_path = os.fspath(name_or_path)
    if path.suffix == ".py" and path.is_file():
        return _read_source(path)
    in_folder = path.parent.name == "recipes" and not path.parent.exists()  # where a checkout has them
    name = path.stem if in_folder else name_or_path.lower()
    if name in recipe_names():
        return _read_source(Path(str(files("keras_cnn_course.recipes") / f"{name}.py")))
    if path.name and (file := path.with_name(f"{path.name}.py")).is_file():
        return _read_source(file)
    if path.suffix == ".py":
        raise UsageError(f"The recipe {name_or_path} does not exist.{did_you_mean(path.stem, recipe_names())}")
    raise unknown_name("recipe", name_or_path, recipe_names())


def load_recipe(source: RecipeSource) -> Recipe:
    """Run a recipe's text and return it with its `build_model` function.

    Raises:
        RecipeError: the file fails when run, or lacks `HYPERPARAMETERS` or `build_model`.
    """
    module = types.ModuleType(f"kcnn_recipe_{source.name}")
    module.__file__ = str(source.path)
    vars(module)["print"] = _print_to_stderr  # its layers may print whenever the model computes
    sys.modules[module.__name__] = module  # where dataclasses look their annotations up
    with reporting_line(source):
        exec(compile(source.text, str(source.path), "exec"), module.__dict__)
    hyperparameters = getattr(module, "HYPERPARAMETERS", None)
    if not isinstance(hyperparameters, Hyperparameters):
        raise RecipeError(
            f"{source.path} must define HYPERPARAMETERS = kcnn.Hyperparameters(...); "
            f"{'it does not' if hyperparameters is None else f'got {type(hyperparameters).__name__}'}."
        )
    build_model = getattr(module, "build_model", None)
    if not callable(build_model):
        raise RecipeError(
            f"{source.path} must define a function build_model(hyperparameters, input_shape, num_classes); "
            f"{'it does not' if build_model is None else f'got {type(build_model).__name__}'}."
        )
    return Recipe(source, hyperparameters, build_model)


def _print_to_stderr(*values: object, file: Any = None, **options: Any) -> None:
    print(*values, file=sys.stderr if file is None else file, **options)


@contextmanager
def reporting_line(source: RecipeSource) -> Iterator[None]:
    """Turn whatever a recipe's code raises into a RecipeError that names the file and the line.

    What it prints goes to stderr, because a command prints nothing but its result to stdout.

    Raises:
        RecipeError: the body raised, or called `exit()`; the cause is kept.
    """
    try:
        with redirect_stdout(sys.stderr):
            yield
    except CourseError as error:
        raise RecipeError(f"{_place(source, error)}: {error}") from error
    except SystemExit as error:
        raise RecipeError(f"{_place(source, error)}: the recipe calls exit(). Remove the call.") from error
    except Exception as error:  # a student's code may raise anything, and all of it is the recipe's fault
        raise RecipeError(f"{_place(source, error)}: {describe_failure(error)}") from error


def _place(source: RecipeSource, error: BaseException) -> str:
    """Return `file, line N` for the last frame of the traceback in the recipe's file."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(source.path)]
    return f"{source.path}, line {lines[-1]}" if lines else str(source.path)


def _read_source(path: Path) -> RecipeSource:
    """Read a recipe as Python reads it: in UTF-8 with or without a byte order mark, or as its `coding:` line says."""
    check_value("The name of a recipe's file", path.stem, NAME, kind=UsageError, hint="Rename the file.")
    with reporting_os_errors(RecipeError, "read", path):
        try:
            with tokenize.open(str(path)) as file:
                text, encoding = file.read(), file.encoding
        except (SyntaxError, UnicodeDecodeError) as error:
            raise RecipeError(
                f"Cannot read {path}: it is not text in UTF-8, nor in an encoding that it names. Save it as UTF-8."
            ) from error
    if not encoding.startswith("utf-8"):  # a run keeps its copy in UTF-8
        text = re.sub(r"\A((?:.*\n)??[ \t\f]*#.*?coding[:=][ \t]*)[-\w.]+", r"\1utf-8", text)
    return read_recipe(text, path, name=path.stem)


def read_recipe(text: str, path: Path, *, name: str) -> RecipeSource:
    """Return a recipe from its text, without running it.

    Args:
        path: the file that the text comes from, or what a traceback calls it.

    Raises:
        RecipeError: the text is not valid Python; the message names the line.
    """
    try:
        tree = ast.parse(text, filename=str(path))
    except SyntaxError as error:
        raise RecipeError(f"{path}, line {error.lineno}: not valid Python: {error.msg}.") from error
    except ValueError as error:  # a null byte
        raise RecipeError(f"{path} is not valid Python: {error}.") from error
    docstring = ast.get_docstring(tree) or ""
    return RecipeSource(name, path, text, docstring, _literal_hyperparameters(path, tree))


def _literal_hyperparameters(path: Path, tree: ast.Module) -> Hyperparameters | None:
    """Return `HYPERPARAMETERS = Hyperparameters(name=literal, ...)` as a value; None if it is written otherwise."""
    if any(isinstance(node, ast.ClassDef) and node.name == "Hyperparameters" for node in tree.body):
        return None  # its fields are known when it is loaded
    for node in tree.body:
        match node:
            case ast.Assign(
                targets=[ast.Name("HYPERPARAMETERS")],
                value=ast.Call(
                    func=ast.Name("Hyperparameters") | ast.Attribute(attr="Hyperparameters"),
                    args=[],
                    keywords=keywords,
                ),
            ) if all(word.arg for word in keywords):
                try:
                    values = {str(word.arg): ast.literal_eval(word.value) for word in keywords}
                    return Hyperparameters(**values)
                except ValueError:
                    return None
                except (TypeError, CourseError) as error:
                    raise RecipeError(f"{path}, line {node.lineno}: {error}") from error
    return None
