"""The kinds of checks: a function compared with a reference, and properties that every correct function has.

>>> checks = function_checks("relu", reference=np.abs, tiny=[], draw=lambda generator, _: (generator.normal(size=3),))
>>> [check.name for check in checks]
['cases by hand', 'random cases', 'input unchanged']
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from keras_cnn_course.errors import UsageError
from keras_cnn_course.homework.authoring.arrays import CASES, KIND_MISTAKES, RESULT_MISTAKES
from keras_cnn_course.homework.authoring.cases import Check, Mistake, Problem, TinyCase
from keras_cnn_course.homework.authoring.comparison import agrees, describe_difference
from keras_cnn_course.homework.sandbox.messages import Call, CallOutcome, Failure

__all__ = ["function_checks", "property_check"]

_Result = TypeVar("_Result")
_UNCHANGED = (
    "The caller still needs its arrays. Write only to new ones: `values -= 1` and `values[0] = 1` change the caller's."
)


def function_checks(
    function: str,
    *,
    reference: Callable[..., Any],
    tiny: Sequence[TinyCase],
    draw: Callable[[np.random.Generator, int], tuple[Any, ...]],
    mistakes: Sequence[Mistake] = (),
    prefix: str = "",
    driver: str = "",
) -> tuple[Check, ...]:
    """Return the checks of a function: a few cases worked out by hand, eight random ones, and unchanged arguments.

    Args:
        reference: returns the expected result for the same arguments, with all arrays as float64.
        tiny: the cases worked out by hand.
        draw: draws the arguments of the random case with a number from 0 to 7 (see `arrays`).
        mistakes: reported if they explain every wrong result.
        prefix: of the checks' names, for exercises with several functions.
        driver: calls the function in the sandbox if it takes or returns a Keras model.
    """

    def judge_tiny(calls: Sequence[Call], outcomes: Sequence[CallOutcome]) -> Problem | None:
        expected = next(case.expected for case in tiny if case.arguments is calls[0].arguments)
        return compare(calls[0], outcomes[0], np.asarray(expected))

    def judge_random(calls: Sequence[Call], outcomes: Sequence[CallOutcome]) -> Problem | None:
        return compare(calls[0], outcomes[0], expect(calls[0]))

    def exact(*arguments: Any) -> Any:
        return reference(*map(_as_doubles, arguments))

    known = (*mistakes, *KIND_MISTAKES, *_common_mistakes(reference))
    expect = _once_per_call(lambda call: np.asarray(exact(*call.arguments)))
    imitations = {each.key: _once_per_call(partial(_imitate, each)) for each in known if each.imitate is not None}
    signs = {each.key: each.recognize for each in known if each.recognize is not None}
    compare = partial(_compare, imitations=imitations, signs=signs)
    make_check = partial(Check, function=function, mistakes=known, reference=exact)
    checks = (
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
            cases=CASES,
            is_random=True,
            plan=lambda generator, number: [Call(function, draw(generator, number), driver)],
            judge=judge_random,
        ),
    )
    has_arrays = any(isinstance(value, np.ndarray) for value in draw(np.random.default_rng(0), 0))
    if driver or not has_arrays:
        return checks
    return (*checks, _unchanged_check(function, expect=expect, draw=draw, name=f"{prefix}input unchanged"))


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


def _common_mistakes(reference: Callable[..., Any]) -> tuple[Mistake, ...]:
    """Return mistakes that are possible with any function."""
    return (
        Mistake(
            "zeros",
            "Your result is 0 everywhere.",
            "Write each number to the array that you return.",
            lambda *arguments: np.zeros_like(reference(*arguments)),
        ),
        Mistake(
            "fractions cut off",
            "Your result has no fractions: 2.7 has become 2.",
            "An array of integers, such as np.zeros(shape, int), cuts off fractions. np.zeros(shape) does not.",
            lambda *arguments: np.trunc(reference(*arguments)),
        ),
        *RESULT_MISTAKES,
    )


def _unchanged_check(
    function: str,
    *,
    expect: Callable[[Call], np.ndarray],
    draw: Callable[[np.random.Generator, int], tuple[Any, ...]],
    name: str,
) -> Check:
    """Return a check that a function does not change the arrays it receives, of whatever kind.

    Args:
        expect: returns a call's expected result; a function with another result does not pass.
        draw: draws the arguments of the call with a number from 0 to 7.
    """

    def plan(generator: np.random.Generator) -> list[Call]:
        return [Call(function, draw(generator, number), echo=True) for number in range(CASES)]

    def judge(calls: Sequence[Call], results: Sequence[tuple[np.ndarray, ...]]) -> str | Problem:
        for call, arrays in zip(calls, results, strict=True):
            if not agrees(arrays[0], expect(call)):
                return "Your result is not correct yet. Once it is, this checks that the input stays unchanged."
            given = [argument for argument in call.arguments if isinstance(argument, np.ndarray)]
            if not all(map(np.array_equal, map(_as_floats, given), arrays[1:])):
                seen = f"{function} changed an array that it received."
                return Problem("input unchanged", seen, lecture=_UNCHANGED)
        return ""

    return property_check(name, plan=plan, judge=judge, lecture=_UNCHANGED)


def _compare(
    call: Call,
    outcome: CallOutcome,
    expected: np.ndarray,
    *,
    imitations: Mapping[str, Callable[[Call], np.ndarray | bool]],
    signs: Mapping[str, Callable[[np.ndarray, np.ndarray], bool]],
) -> Problem | None:
    """Return how a result differs from the expected one, with the mistakes that give exactly this result."""
    problem = _find_failure(call, outcome, is_array=expected.ndim > 0)
    if problem is not None:
        return problem
    seen = describe_difference(outcome.arrays[0], expected)
    if not seen:
        return None
    result = outcome.arrays[0]
    suspects = [key for key, imitate in imitations.items() if _explains(imitate(call), result)]
    if result.shape != expected.shape:
        return Problem("shape", seen, suspects=tuple(suspects))
    doubles = result.astype(np.float64), expected.astype(np.float64)
    suspects += [key for key, has_sign in signs.items() if has_sign(*doubles)]
    return Problem("values", seen, suspects=tuple(suspects))


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
    if is_array is True and outcome.arrays[0].shape == ():
        return Problem("type", f"{name} returned a single number.", says="Return a NumPy array.")
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


def _as_doubles(argument: Any) -> Any:
    """Return an argument with an array of pixels or numbers as float64; class numbers stay integers."""
    if isinstance(argument, np.ndarray) and (argument.ndim > 1 or argument.dtype.kind == "f"):
        return argument.astype(np.float64)
    return argument


def _as_floats(array: np.ndarray) -> np.ndarray:
    """Return an array as floats, so that integers cannot overflow and booleans can be subtracted."""
    return array if array.dtype in (np.float32, np.float64) else array.astype(np.float64)


def _imitate(mistake: Mistake, call: Call) -> np.ndarray | bool:
    """Return the wrong result that a mistake gives, or whether it gives any wrong result, without saying which."""
    if mistake.imitate is None:
        return False
    if mistake.is_of_kind:
        return bool(mistake.imitate(*call.arguments))
    try:
        return np.asarray(mistake.imitate(*map(_as_doubles, call.arguments)))
    except (UsageError, ValueError, IndexError):
        return False


def _explains(imitated: np.ndarray | bool, result: np.ndarray) -> bool:
    """Return whether a mistake explains a result."""
    return imitated if isinstance(imitated, bool) else agrees(result, imitated)


def _once_per_call(compute: Callable[[Call], _Result]) -> Callable[[Call], _Result]:
    """Return a function that computes once per call, because many versions of an exercise may be judged with it."""
    results: WeakKeyDictionary[Call, _Result] = WeakKeyDictionary()

    def remembered(call: Call) -> _Result:
        if call not in results:
            results[call] = compute(call)
        return results[call]

    return remembered
