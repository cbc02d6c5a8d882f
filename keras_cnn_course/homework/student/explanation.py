"""Explain one case: its arguments, the result, the expected result, and the difference."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_cnn_course.homework.authoring.cases import Problem
from keras_cnn_course.homework.authoring.comparison import number_text
from keras_cnn_course.homework.authoring.exercise import Exercise
from keras_cnn_course.homework.judging.diagnosis import diagnose
from keras_cnn_course.homework.judging.judge import Replay
from keras_cnn_course.homework.judging.verdict import CaseResult
from keras_cnn_course.homework.sandbox.messages import Call
from keras_cnn_course.lecture.matrix_text import beside, describe_numbers, matrix_lines, size_text

__all__ = ["Panel", "explain_replay", "list_arguments", "list_panels"]

_LARGEST_SHOWN = 12


@dataclass(frozen=True, eq=False)
class Panel:
    """One array of a case, with a title."""

    title: str
    values: np.ndarray


@np.errstate(all="ignore")  # a student's numbers may be infinite or overflow
def explain_replay(exercise: Exercise, replay: Replay, *, related: Sequence[Problem]) -> list[str]:
    """Return a case as lines of text.

    Args:
        related: problems of the other cases of the same function. Only a mistake that explains all wrong results, there
            and here, is named.
    """
    lines = []
    for number, call in enumerate(replay.calls):
        lines += [
            _call_text(exercise, call.function, call.arguments),
            *_side_by_side(list_arguments(exercise, call)),
        ]
        lines += _side_by_side(_results(replay, number))
    if replay.problem is None:
        return [*lines, "", "This case passes."]
    case = CaseResult(0, None, replay.problem)
    problem = diagnose(replay.check, [case], [*related, replay.problem]) or replay.problem
    return [*lines, "", *filter(None, (problem.seen, problem.says, problem.lecture))]


@np.errstate(all="ignore")
def list_panels(exercise: Exercise, replay: Replay) -> list[Panel]:
    """Return the arrays of a case."""
    panels = []
    for number, call in enumerate(replay.calls):
        panels += [*list_arguments(exercise, call), *_results(replay, number)]
    return panels


def list_arguments(exercise: Exercise, call: Call) -> list[Panel]:
    """Return the arrays among a call's arguments."""
    names = _parameter_names(exercise, call.function)
    named = zip(names, call.arguments, strict=False)
    return [Panel(name, value) for name, value in named if isinstance(value, np.ndarray) and value.ndim]


def _results(replay: Replay, number: int) -> list[Panel]:
    """Return the result of a call, the expected result, and their difference, as far as they exist."""
    outcome = replay.outcomes[number] if number < len(replay.outcomes) else None
    if outcome is None or not outcome.arrays:
        return []
    result = outcome.arrays[0]
    panels = [Panel("yours", result)]
    if replay.check.reference is not None:
        expected = np.asarray(replay.check.reference(*replay.calls[number].arguments))
        panels.append(Panel("expected", expected))
        if expected.shape == result.shape and expected.ndim:
            panels.append(Panel("difference", result.astype(float) - expected.astype(float)))
    return panels


def _side_by_side(panels: Sequence[Panel]) -> list[str]:
    """Return arrays side by side, each under its title."""
    blocks = [_panel_lines(panel) for panel in panels]
    return ["", *(f"  {line}".rstrip() for line in beside(*blocks, align="top"))] if blocks else []


def _panel_lines(panel: Panel) -> list[str]:
    """Return one array as lines: each channel of a deep one, a summary of a large one, the title of an empty one."""
    values = panel.values
    if values.ndim == 0:
        return [panel.title, number_text(values.item())]
    title = f"{panel.title}, {size_text(values)}"
    if not values.size:
        return [title]
    if max(values.shape) > _LARGEST_SHOWN or values.ndim > 3:
        return [title, f"[{describe_numbers(values)}]"]
    if values.ndim == 1:
        return [title, *matrix_lines(values[np.newaxis])]
    if values.ndim == 2:
        return [title, *matrix_lines(values)]
    channels = [[f"channel {number}", *matrix_lines(values[..., number])] for number in range(values.shape[2])]
    return [title, *beside(*channels, align="top")]


def _call_text(exercise: Exercise, function: str, arguments: Sequence[Any]) -> str:
    """Return a call as Python code, with the sizes of arrays instead of their numbers."""
    names = _parameter_names(exercise, function)
    parts = []
    for name, value in zip(names, arguments, strict=False):
        parts.append(f"{name}={_value_text(value)}")
    return f"{function}({', '.join(parts)})"


def _value_text(value: Any) -> str:
    """Return an argument as Python code, with the sizes of arrays, also of those in a tuple or list."""
    if isinstance(value, np.ndarray):
        return f"{size_text(value)} array"
    if isinstance(value, (tuple, list)) and any(isinstance(each, np.ndarray) for each in value):
        return f"({', '.join(map(_value_text, value))})"
    return repr(value)


def _parameter_names(exercise: Exercise, function: str) -> list[str]:
    """Return the names of a function's parameters in the starter, after those of its driver if it has one."""
    known = {"read_filters": ["kernels", "style"], "build_model": ["images", "labels", "weights"]}
    for node in ast.parse(exercise.read("starter.py")).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            return [*known.get(function, []), *(argument.arg for argument in node.args.args)]
    return known.get(function, [])
