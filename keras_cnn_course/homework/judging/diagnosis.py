"""From wrong cases to the mistake behind them, and from the end of a worker to what a student should look for."""

import builtins
import signal
from collections.abc import Sequence

from keras_cnn_course.homework.authoring.cases import Check, Problem
from keras_cnn_course.homework.authoring.exercise import Exercise
from keras_cnn_course.homework.judging.verdict import CaseResult
from keras_cnn_course.homework.sandbox.messages import LONGEST_PRINTED, JobOutcome
from keras_cnn_course.homework.sandbox.running import FORBIDDEN_IMPORT

__all__ = ["describe_ending", "describe_unloaded", "diagnose"]

_SYSTEM_ERRORS = {
    name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, OSError)
}
_OUT_OF_REACH = (
    "Your files and the network are out of reach while your code is checked. What is for yourself alone, such as "
    'reading a picture or `import matplotlib.pyplot`, belongs under `if __name__ == "__main__":`.'
)


def diagnose(check: Check, cases: Sequence[CaseResult], related: Sequence[Problem]) -> Problem | None:
    """Return what to tell of a check: its first problem, with the mistake that explains all wrong results.

    Args:
        check: with the mistakes that it knows.
        cases: of the check.
        related: problems of all cases of the same function; a mistake must explain each that is a wrong result.
    """
    first = next((case.problem for case in cases if case.problem is not None), None)
    if first is None or not first.suspects:
        return first
    wrong_results = [problem for problem in related if problem.key in ("values", "shape")]
    for mistake in check.mistakes:
        if all(mistake.key in problem.suspects for problem in wrong_results):
            return Problem(mistake.key, first.seen, mistake.says, mistake.lecture, credit=first.credit)
    return first


def describe_ending(outcome: JobOutcome) -> Problem:
    """Return the problem of a case that was never made, because the worker had ended before."""
    ending = outcome.ending
    printed = f" It had printed more than {LONGEST_PRINTED:,} bytes by then." if outcome.printed_more else ""
    if ending.reason == "cpu":
        says = f"Is there a loop that never ends?{printed}"
        return Problem("time", "Your code was ended: it computed too long.", says=says)
    if ending.reason == "wall":
        return Problem("time", "Your code was ended: it took too long.", says=f"Does it wait for something?{printed}")
    if ending.reason == "memory":
        return Problem("memory", "Your code was ended: it used too much memory.", says="Does an array grow in a loop?")
    if ending.reason == "signal":
        name = signal.Signals(ending.code).name if ending.code in list(signal.Signals) else str(ending.code)
        return Problem("crash", f"Your code crashed ({name}).", says="Python itself was ended, without an error.")
    return Problem(
        "ended",
        f"Your code ended Python (exit code {ending.code}) before all calls were made.",
        says="Does it call exit()?",
    )


def describe_unloaded(exercise: Exercise, outcome: JobOutcome) -> Problem:
    """Return the problem of a file that could not be imported."""
    failure = outcome.failure
    if failure is None:
        return describe_ending(outcome)
    place = f"{failure.file}, line {failure.line}" if failure.line else exercise.file
    if failure.type == "SyntaxError":
        return Problem("syntax", f"{place} is not valid Python: {failure.code}", says=f"{failure.message}.")
    if failure.type == FORBIDDEN_IMPORT:
        libraries = "NumPy, Keras" if exercise.kind == "keras" else "NumPy"
        says = f"The exercise is to write it: {libraries} and your own earlier exercises are there."
        return Problem("import", f"{place} imports the course's own package.", says=says)
    code = f": {failure.code}" if failure.code else ""
    lecture = _OUT_OF_REACH if failure.type in _SYSTEM_ERRORS else ""
    says = f"{failure.type}: {failure.message}"
    return Problem("import", f"{place} cannot be imported{code}", says=says, lecture=lecture)
