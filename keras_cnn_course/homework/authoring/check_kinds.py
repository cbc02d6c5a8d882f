"""The kinds of checks: a function compared with a reference, and properties that every right answer has.

>>> checks = function_checks("relu", reference=np.abs, tiny=[], draw=lambda generator: (generator.normal(size=3),))
>>> [check.name for check in checks]
['cases by hand', 'random cases']
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from keras_cnn_course.errors import UsageError
from keras_cnn_course.homework.authoring.cases import Check, Mistake, Problem, TinyCase
from keras_cnn_course.homework.authoring.comparison import agrees, describe_difference
from keras_cnn_course.homework.sandbox.messages import Call, CallOutcome, Failure

__all__ = ["function_checks", "property_check", "unchanged_check"]

_RANDOM_CASES = 8


def function_checks(
    function: str,
    *,
    reference: Callable[..., Any],
    tiny: Sequence[TinyCase],
    draw: Callable[[np.random.Generator], tuple[Any, ...]],
    mistakes: Sequence[Mistake] = (),
    prefix: str = "",
    driver: str = "",
) -> tuple[Check, Check]:
    """Return two checks of a function: a few cases worked out by hand, and eight drawn at random.

    Args:
        function: its name.
        reference: gives the right result from the same arguments.
        tiny: the cases by hand.
        draw: draws arguments.
        mistakes: recognised where they explain every wrong result.
        prefix: of the checks' names, in exercises of several functions.
        driver: what calls it in the worker, for functions that deal in Keras models.
    """

    def judge_tiny(calls: Sequence[Call], outcomes: Sequence[CallOutcome]) -> Problem | None:
        expected = next(case.expected for case in tiny if case.arguments is calls[0].arguments)
        return _compare(calls[0], outcomes[0], np.asarray(expected), mistakes)

    def judge_random(calls: Sequence[Call], outcomes: Sequence[CallOutcome]) -> Problem | None:
        return _compare(calls[0], outcomes[0], np.asarray(reference(*calls[0].arguments)), mistakes)

    make_check = partial(Check, function=function, mistakes=tuple(mistakes), reference=reference)
    return (
        make_check(
            name=f"{prefix}cases by hand",
            weight=1,
            cases=len(tiny),
            is_random=False,
            plan=lambda _, number: [Call(function, tiny[number].arguments, driver)],
            judge=judge_tiny,
        ),
        make_check(
            name=f"{prefix}random cases",
            weight=2,
            cases=_RANDOM_CASES,
            is_random=True,
            plan=lambda generator, _: [Call(function, draw(generator), driver)],
            judge=judge_random,
        ),
    )


def property_check(
    name: str,
    *,
    plan: Callable[[np.random.Generator], Sequence[Call]],
    judge: Callable[[Sequence[Call], Sequence[tuple[np.ndarray, ...]]], str | Problem],
    lecture: str = "",
    is_telling: bool = False,
) -> Check:
    """Return a check of something that holds for every right answer.

    Args:
        name: of the property, and the key of the problem where it does not hold.
        plan: draws the calls to make.
        judge: from the calls and the arrays that each returned, float32 or float64, to what was seen; empty where the
            property holds.
        lecture: what the lecture says about it.
        is_telling: whether to tell of it rather than of a number that is not as expected.
    """

    def judge_outcomes(calls: Sequence[Call], outcomes: Sequence[CallOutcome]) -> Problem | None:
        for call, outcome in zip(calls, outcomes, strict=True):
            problem = _find_failure(call, outcome, is_array=None)
            if problem is not None:
                return problem
        seen = judge(calls, [tuple(map(_as_floats, outcome.arrays)) for outcome in outcomes])
        if isinstance(seen, Problem):
            return seen
        return Problem(name, seen, lecture=lecture) if seen else None

    return Check(
        name=name,
        weight=1,
        cases=1,
        is_random=True,
        plan=lambda generator, _: plan(generator),
        judge=judge_outcomes,
        is_telling=is_telling,
    )


def unchanged_check(
    function: str,
    *,
    reference: Callable[..., Any],
    draw: Callable[[np.random.Generator], Sequence[tuple[Any, ...]]],
    lecture: str,
) -> Check:
    """Return a check that the arrays a function is given are afterwards what they were before.

    Args:
        function: its name.
        reference: gives the right result; whoever returns another has nothing to gain here.
        draw: draws the arguments of some calls.
        lecture: what to do instead.
    """

    def plan(generator: np.random.Generator) -> list[Call]:
        return [Call(function, arguments, echo=True) for arguments in draw(generator)]

    def judge(calls: Sequence[Call], results: Sequence[tuple[np.ndarray, ...]]) -> str:
        for call, arrays in zip(calls, results, strict=True):
            if not agrees(arrays[0], np.asarray(reference(*call.arguments))):
                return "Your result is not right yet, and only then does it count whether what was given has changed."
            given = [argument for argument in call.arguments if isinstance(argument, np.ndarray)]
            if not all(map(np.array_equal, given, arrays[1:])):
                return "The array that was given has changed."
        return ""

    return property_check("input unchanged", plan=plan, judge=judge, lecture=lecture)


def _compare(call: Call, outcome: CallOutcome, expected: np.ndarray, mistakes: Sequence[Mistake]) -> Problem | None:
    """Return how a result differs from the right one, with the mistakes that give just this result."""
    problem = _find_failure(call, outcome, is_array=expected.ndim > 0)
    if problem is not None:
        return problem
    seen = describe_difference(outcome.arrays[0], expected)
    if not seen:
        return None
    suspects = tuple(mistake.key for mistake in mistakes if _explains(mistake, call, outcome.arrays[0]))
    return Problem("shape" if outcome.arrays[0].shape != expected.shape else "values", seen, suspects=suspects)


def _find_failure(call: Call, outcome: CallOutcome, *, is_array: bool | None) -> Problem | None:
    """Return the problem with a call that gave no numbers, or not such as were asked for.

    Args:
        call: what was called.
        outcome: what became of it.
        is_array: whether an array was asked for, or one number; None: either.
    """
    name = call.function
    if outcome.status == "missing":
        return Problem("missing", f"There is no function {name} in your file.", says=f"Expected: def {name}(...).")
    if outcome.status == "raised" and outcome.failure is not None:
        failure = outcome.failure
        key = "not written" if failure.type == "NotImplementedError" else "raised"
        return Problem(key, _describe_raised(call, failure), says=failure.message)
    if outcome.status == "not numbers" and outcome.type == "NoneType":
        return Problem("type", f"{name} returned None.", says="Is its `return` missing?")
    if outcome.status == "not numbers":
        return Problem(
            "type",
            f"{name} returned a value of type {outcome.type} ({outcome.detail}).",
            says="Expected a NumPy array of numbers, or a number.",
        )
    if not outcome.arrays:
        return Problem("type", f"{name} returned nothing.", says="Expected a NumPy array of numbers, or a number.")
    if is_array is True and outcome.type not in ("", "ndarray"):
        return Problem("type", f"{name} returned a value of type {outcome.type}.", says="Expected a NumPy array.")
    if is_array is False and outcome.arrays[0].shape != ():
        return Problem(
            "type", f"{name} returned an array of shape {outcome.arrays[0].shape}.", says="Expected a number."
        )
    return None


def _describe_raised(call: Call, failure: Failure) -> str:
    """Return where something was raised: in a line of the student's, or around the call of the function."""
    if failure.line:
        return f"{call.function} raised {failure.type} in line {failure.line} of {failure.file}: {failure.code}"
    if call.driver:
        return f"What {call.function} returned could not be used: {failure.type}."
    count = len(call.arguments)
    return f"{call.function} could not be called with its {count} argument{'s' if count != 1 else ''}: {failure.type}."


def _as_floats(array: np.ndarray) -> np.ndarray:
    """Return numbers that can be computed with like any others: no whole ones that wrap around, no truth values."""
    return array if array.dtype in (np.float32, np.float64) else array.astype(np.float64)


def _explains(mistake: Mistake, call: Call, result: np.ndarray) -> bool:
    """Return whether a mistake gives just this result. With some arguments a mistake has none."""
    try:
        imitated = np.asarray(mistake.imitate(*call.arguments))
    except (UsageError, ValueError, IndexError):
        return False
    return agrees(result, imitated)
