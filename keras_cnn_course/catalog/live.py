"""The recipe of a `build_model` function: the text of the file or of the notebook cell that defines it."""

import ast
import linecache
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from keras_cnn_course.catalog.recipes import RecipeSource, find_recipe, read_recipe
from keras_cnn_course.errors import RecipeError, UsageError
from keras_cnn_course.files.command_line import join_words

__all__ = ["find_live_recipe"]

# A program reads its arguments by itself, or with a module for that.
_READS_ARGUMENTS = re.compile(
    r"argv|^\s*(?:from|import)\b.*\b"
    r"(?:absl|argparse|click|docopt|fire|getopt|hydra|optparse|simple_parsing|tap|typer|tyro)\b",
    re.MULTILINE,
)


def find_live_recipe(recipe: str | os.PathLike[str] | Callable[..., Any]) -> RecipeSource:
    """Return a recipe by its name or path, or the one that a `build_model` function belongs to, as text.

    The run stores this text as its recipe.py. It must be complete, because a resumed run is built from it alone.

    Args:
        recipe: see `find_recipe`; or a function of a recipe's file or of a notebook cell.

    Raises:
        RecipeError: the text cannot be found, or it would train again each time it is loaded.
        UsageError: there is no such recipe, the function is not its `build_model`, or the file was started as a program
            with arguments, which nobody would read.
    """
    if isinstance(recipe, str | os.PathLike):
        return find_recipe(recipe)
    build_model, code = recipe, getattr(recipe, "__code__", None)
    if not isinstance(code, CodeType):
        raise UsageError(f"The recipe must be a name, a path or a build_model function; got {recipe!r:.80}.")
    name, known = getattr(build_model, "__qualname__", ""), getattr(build_model, "__globals__", {})
    if name != "build_model" and known.get("build_model") is not build_model:
        raise UsageError(
            f"A recipe is trained through its function build_model, so {name} would not be used. "
            "Call it build_model, and save it with its HYPERPARAMETERS in a file or cell of its own."
        )
    path = Path(code.co_filename)
    if path.suffix == ".py" and path.is_file():
        source = find_recipe(str(path))
        _check_arguments(source)
    else:
        text = "".join(linecache.getlines(code.co_filename, known))
        if not text:
            raise RecipeError("The source of build_model cannot be found. Save the recipe in a file, and train that.")
        source = read_recipe(text, path, name="notebook")
        _check_cell(source)
    _check_guarded(source, sys._getframe())
    return source


def _check_cell(source: RecipeSource) -> None:
    """Check that a cell holds a whole recipe.

    Raises:
        RecipeError: HYPERPARAMETERS is missing.
    """
    names = {
        target.id
        for node in ast.parse(source.text).body
        for target in (node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)])
        if isinstance(target, ast.Name)
    }
    if "HYPERPARAMETERS" not in names:
        raise RecipeError(
            "The cell that defines build_model has no HYPERPARAMETERS. "
            "Add HYPERPARAMETERS = kcnn.Hyperparameters(...) and all imports to the same cell."
        )


def _check_arguments(source: RecipeSource) -> None:
    """Refuse arguments of `python my_recipe.py`, unless the file reads them itself."""
    program, *arguments = sys.argv or [""]
    is_program = Path(program).resolve() == source.path.resolve()
    if arguments and is_program and not _READS_ARGUMENTS.search(source.text):
        words = join_words(arguments)
        raise UsageError(f"{program} takes no arguments; got {words}. Use: kcnn train --recipe {program} {words}")


def _check_guarded(source: RecipeSource, frame: FrameType | None) -> None:
    """Check that loading the recipe again does not start another training.

    Raises:
        RecipeError: a call at the top level of the recipe led here.
    """
    while frame is not None:
        if Path(frame.f_code.co_filename) == source.path and frame.f_code.co_name == "<module>":
            for node in ast.parse(source.text).body:
                last = node.end_lineno or node.lineno
                is_guard = isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
                if node.lineno <= frame.f_lineno <= last and not is_guard:
                    raise RecipeError(
                        f"{source.path}, line {frame.f_lineno}: this call would train again each time the recipe is "
                        'loaded. Put it in another cell, or below if __name__ == "__main__":'
                    )
        frame = frame.f_back
