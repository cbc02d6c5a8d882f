"""The kinds of checks: a function compared with a reference, and properties that every correct function has.

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
    """Return two checks of a function: a few cases worked out by hand, and eight random ones.

    Args:
        reference: returns the expected result for the same arguments.
        tiny: the cases worked out by hand.
        draw: draws the arguments of a random case.
        mistakes: reported if they explain every wrong result.
        prefix: of the checks' names, for exercises with several functions.
        driver: calls the function in the sandbox if it takes or returns a Keras model.
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
    """Return a check of a property that every correct function has.

    Args:
        name: of the property, also the key of its problem.
        plan: draws the calls to make.
        judge: returns what was seen, from the calls and their results as float32 or float64; empty if the property
            holds.
        lecture: what the lecture says about it.
        is_telling: whether to report this problem before a wrong number.
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
    """Return a check that a function does not change the arrays it receives.

    Args:
        reference: returns the expected result; a function with another result does not pass.
        draw: draws the arguments of several calls.
        lecture: what to do instead.
    """

    def plan(generator: np.random.Generator) -> list[Call]:
        return [Call(function, arguments, echo=True) for arguments in draw(generator)]

    def judge(calls: Sequence[Call], results: Sequence[tuple[np.ndarray, ...]]) -> str:
        for call, arrays in zip(calls, results, strict=True):
            if not agrees(arrays[0], np.asarray(reference(*call.arguments))):
                return "Your result is not correct yet. Once it is, this checks that the input stays unchanged."
            given = [argument for argument in call.arguments if isinstance(argument, np.ndarray)]
            if not all(map(np.array_equal, given, arrays[1:])):
                return "Your function changed its input array."
        return ""

    return property_check("input unchanged", plan=plan, judge=judge, lecture=lecture)


def _compare(call: Call, outcome: CallOutcome, expected: np.ndarray, mistakes: Sequence[Mistake]) -> Problem | None:
    """Return how a result differs from the expected one, with the mistakes that give exactly this result."""
    problem = _find_failure(call, outcome, is_array=expected.ndim > 0)
    if problem is not None:
        return problem
    seen = describe_difference(outcome.arrays[0], expected)
    if not seen:
        return None
    suspects = tuple(mistake.key for mistake in mistakes if _explains(mistake, call, outcome.arrays[0]))
    return Problem("shape" if outcome.arrays[0].shape != expected.shape else "values", seen, suspects=suspects)


def _find_failure(call: Call, outcome: CallOutcome, *, is_array: bool | None) -> Problem | None:
    """Return the problem with a call that returned no numbers, or not the required kind of result.

    Args:
        is_array: whether the result must be an array or a single number. None: either.
    """
    name = call.function
    if outcome.status == "missing":
        return Problem("missing", f"Your file has no function {name}.", says=f"Define it: def {name}(...):")
    if outcome.status == "raised" and outcome.failure is not None:
        failure = outcome.failure
        key = "not written" if failure.type == "NotImplementedError" else "raised"
        return Problem(key, _describe_raised(call, failure), says=failure.message)
    if outcome.status == "not numbers" and outcome.type == "NoneType":
        return Problem("type", f"{name} returned None.", says="Is the `return` missing?")
    if outcome.status == "not numbers":
        return Problem(
            "type",
            f"{name} returned a value of type {outcome.type} ({outcome.detail}).",
            says="Return a NumPy array of numbers, or a number.",
        )
    if not outcome.arrays:
        return Problem("type", f"{name} returned nothing.", says="Return a NumPy array of numbers, or a number.")
    if is_array is True and outcome.type not in ("", "ndarray"):
        return Problem("type", f"{name} returned a value of type {outcome.type}.", says="Return a NumPy array.")
    if is_array is False and outcome.arrays[0].shape != ():
        return Problem(
            "type", f"{name} returned an array of shape {outcome.arrays[0].shape}.", says="Return a single number."
        )
    return None


def _describe_raised(call: Call, failure: Failure) -> str:
    """Return where an exception was raised: on a line of the student's file, or outside of it."""
    if failure.line:
        return f"{call.function} raised {failure.type} on line {failure.line} of {failure.file}: {failure.code}"
    if call.driver:
        return f"Using the result of {call.function} raised {failure.type}."
    count = len(call.arguments)
    return f"Calling {call.function} with {count} argument{'s' if count != 1 else ''} raised {failure.type}."


def _as_floats(array: np.ndarray) -> np.ndarray:
    """Return an array as floats, so that integers cannot overflow and booleans can be subtracted."""
    return array if array.dtype in (np.float32, np.float64) else array.astype(np.float64)


def _explains(mistake: Mistake, call: Call, result: np.ndarray) -> bool:
    """Return whether a mistake gives exactly this result. For some arguments a mistake has no result."""
    try:
        imitated = np.asarray(mistake.imitate(*call.arguments))
    except (UsageError, ValueError, IndexError):
        return False
    return agrees(result, imitated)
