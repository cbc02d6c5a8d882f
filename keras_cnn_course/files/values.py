"""Checking the types and ranges of values that people write: hyperparameters, run.json, a homework's notes.

A rule says in words what a value must be, and decides whether it is:

>>> from keras_cnn_course.errors import UsageError
>>> check_value("filters", 0, whole_number(1, 4096), kind=UsageError)
Traceback (most recent call last):
keras_cnn_course.errors.UsageError: filters must be a whole number from 1 to 4096; got 0.
"""

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keras_cnn_course.errors import CourseError, UsageError, did_you_mean

__all__ = [
    "BOOLEAN",
    "NAME",
    "PATH",
    "SECONDS",
    "SEED",
    "SETTING",
    "TEXT",
    "Rule",
    "as_python",
    "check_path",
    "check_value",
    "check_values",
    "list_of",
    "number",
    "one_of",
    "table_of",
    "text",
    "whole_number",
]

_SHOWN = 80


@dataclass(frozen=True)
class Rule:
    """What a value must be.

    Args:
        description: completes the sentence "The value must be ...".
        accepts: whether a value fits.
        choices: the permitted words if there are only a few, to suggest the nearest.
    """

    description: str
    accepts: Callable[[Any], bool]
    choices: tuple[str, ...] = ()


def as_python(value: Any) -> Any:
    """Return a scalar of NumPy as a number of Python, and anything else as it is."""
    is_scalar = hasattr(value, "dtype") and hasattr(value, "item") and getattr(value, "ndim", None) == 0
    return value.item() if is_scalar else value


def check_value(name: str, value: Any, rule: Rule, *, kind: type[CourseError], hint: str = "") -> Any:
    """Check one value, and return it; a scalar of NumPy as a number of Python.

    Args:
        name: what to call it in the error.
        kind: the error to raise.
        hint: what the user can do about it, as a sentence.

    Raises:
        CourseError: the value does not fit; `kind`.
    """
    value = as_python(value)
    if not rule.accepts(value):
        shown = repr(value)
        shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
        nearest = did_you_mean(value, rule.choices) if isinstance(value, str) else ""
        raise kind(f"{name} must be {rule.description}; got {shown}.{nearest} {hint}".rstrip())
    return value


def check_path(name: str, value: Any) -> Path:
    """Return a path that a user wrote, with the home folder in place of `~`.

    Args:
        name: what to call it in the error.

    Raises:
        UsageError: it is neither text nor a path.
    """
    text = os.fspath(check_value(name, value, PATH, kind=UsageError))
    return Path(os.path.expanduser(text))  # noqa: PTH111  that of Path fails for `~nobody`


def check_values(
    values: Mapping[str, Any], rules: Mapping[str, Rule], *, source: str, kind: type[CourseError], hint: str = ""
) -> None:
    """Check that a table has every name of the rules and that each value fits; other names are ignored.

    Args:
        source: the file of the values, for the error.
        kind: the error to raise.
        hint: what the user can do about a wrong value, as a sentence.

    Raises:
        CourseError: a value is missing or does not fit; `kind`.
    """
    missing = [name for name in rules if name not in values]
    if missing:
        rest = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise kind(f"{source} has no {', '.join(map(repr, missing[:3]))}{rest}. {hint}".rstrip())
    for name, rule in rules.items():
        check_value(f"{name} in {source}", values[name], rule, kind=kind, hint=hint)


def whole_number(low: int, high: int | None = None) -> Rule:
    """Require an int, not a bool, of at least `low` and at most `high`."""
    words, top = (f"of at least {low}", 2**63) if high is None else (f"from {low} to {high}", high)
    return Rule(
        f"a whole number {words}",
        lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= top,
    )


def number(low: float = -math.inf, high: float = math.inf) -> Rule:
    """Require a finite number, not a bool, of at least `low` and at most `high`."""
    if math.isfinite(high):
        words = f"a number from {low:g} to {high:g}"
    else:
        words = f"a number of at least {low:g}" if math.isfinite(low) else "a finite number"
    return Rule(
        words,
        lambda value: (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and abs(value) < 1e300  # false for NaN and infinity
            and low <= value <= high
        ),
    )


def text(*, limit: int = 4096) -> Rule:
    """Require one line of text that a terminal shows as it is, without control characters."""
    return Rule(
        f"one line of text of at most {limit} characters without control characters",
        lambda value: isinstance(value, str) and len(value) <= limit and value.isprintable(),
    )


def one_of(*choices: str) -> Rule:
    """Require one of a few words."""
    return Rule(f"one of {', '.join(choices)}", lambda value: isinstance(value, str) and value in choices, choices)


def list_of(rule: Rule, *, low: int = 0, high: int = 100_000, description: str) -> Rule:
    """Require a list of `low` to `high` values that all fit a rule."""
    return Rule(
        description,
        lambda value: isinstance(value, list | tuple) and low <= len(value) <= high and all(map(rule.accepts, value)),
    )


def table_of(rule: Rule, *, description: str) -> Rule:
    """Require a table whose names are text and whose values all fit a rule."""
    return Rule(
        description,
        lambda value: (
            isinstance(value, dict) and all(TEXT.accepts(name) and rule.accepts(item) for name, item in value.items())
        ),
    )


TEXT = text()
BOOLEAN = Rule("true or false", lambda value: isinstance(value, bool))
PATH = Rule("a path, as text or as a pathlib.Path", lambda value: isinstance(value, str | os.PathLike))
SECONDS = number(0)
SEED = whole_number(0, 2**31 - 1)


def _is_name(value: Any) -> bool:
    return text(limit=200).accepts(value) and value not in ("", ".", "..") and not set(value) & set("/\\:\0")


def _is_plain(value: Any) -> bool:
    return value is None or any(rule.accepts(value) for rule in (BOOLEAN, number(), TEXT))


def _is_setting(value: Any) -> bool:
    return _is_plain(value) or (isinstance(value, list | tuple) and len(value) <= 10_000 and all(map(_is_plain, value)))


# What can be the first part of a folder's name, and does not lead to another folder.
NAME = Rule("a name of at most 200 printable characters without slashes and colons", _is_name)
SETTING = Rule("a number, a word or a list of them", _is_setting)
