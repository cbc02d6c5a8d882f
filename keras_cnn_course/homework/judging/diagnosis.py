"""From wrong cases to the mistake that explains them, and from the end of a sandbox to advice for the student."""

import builtins
import signal
from collections.abc import Sequence

from keras_cnn_course.homework.authoring.cases import Check, Problem
from keras_cnn_course.homework.authoring.exercise import Exercise
from keras_cnn_course.homework.judging.planning import PYTHON
from keras_cnn_course.homework.judging.verdict import CaseResult
from keras_cnn_course.homework.sandbox.import_rule import LIBRARIES
from keras_cnn_course.homework.sandbox.messages import LONGEST_PRINTED, JobOutcome
from keras_cnn_course.homework.sandbox.running import REFUSED, REFUSED_COURSE

__all__ = ["describe_ending", "describe_unloaded", "diagnose"]

_SYSTEM_ERRORS = {
    name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, OSError)
}
_LIBRARY_NAMES = {"numpy": "NumPy", "keras": "Keras", "tensorflow": "TensorFlow"}
_OWN_USE = 'Put code that is only for you, such as drawing a picture, under `if __name__ == "__main__":`.'
_OUT_OF_REACH = (
    "Your code cannot reach your files or the network while it is checked. Put code that is only for you, such as "
    'reading a picture or `import matplotlib.pyplot`, under `if __name__ == "__main__":`.'
)


def diagnose(check: Check, cases: Sequence[CaseResult], related: Sequence[Problem]) -> Problem | None:
    """Return the problem to report for a check: its first one, with the mistake that explains all wrong results.

    Args:
        related: problems of all cases of the same function; a mistake must explain every wrong result among them.
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
    """Return the problem of a case that did not run because the sandbox ended before it."""
    ending = outcome.ending
    printed = f" It had already printed more than {LONGEST_PRINTED:,} bytes." if outcome.printed_more else ""
    if ending.reason == "cpu":
        says = f"Is there a loop that never ends?{printed}"
        return Problem("time", "Your code was stopped because it used too much CPU time.", says=says)
    if ending.reason == "wall":
        says = f"Does it wait for something?{printed}"
        return Problem("time", "Your code was stopped because it waited too long.", says=says)
    if ending.reason == "threads":
        says = "Does it start threads in a loop?"
        return Problem("threads", "Your code was stopped because it started too many threads.", says=says)
    if ending.reason == "memory":
        says = "Does an array grow in a loop?"
        return Problem("memory", "Your code was stopped because it used too much memory.", says=says)
    if ending.reason == "signal":
        name = signal.Signals(ending.code).name if ending.code in list(signal.Signals) else str(ending.code)
        return Problem("crash", f"Your code crashed Python ({name}).", says="There was no exception to report.")
    return Problem(
        "ended",
        f"Your code ended Python (exit code {ending.code}) before all calls were made.",
        says="Does it call exit()?",
    )


def describe_unloaded(exercise: Exercise, outcome: JobOutcome) -> Problem:
    """Return the problem of a file that cannot be imported."""
    failure = outcome.failure
    if failure is None:
        return describe_ending(outcome)
    place = f"{failure.file}, line {failure.line}" if failure.line else failure.file or exercise.file
    if failure.type == "SyntaxError":
        return Problem("syntax", f"{place} is not valid Python {PYTHON}: {failure.code}", says=f"{failure.message}.")
    if failure.type in (REFUSED, REFUSED_COURSE):
        allowed = [_LIBRARY_NAMES[name] for name in LIBRARIES[exercise.kind]]
        allowed += ["Python's standard library", *exercise.builds_on]
        may_use = f"{', '.join(allowed[:-1])} and {allowed[-1]}."
        if failure.type == REFUSED_COURSE:
            says = f"Write the function yourself. You may import {may_use}"
            return Problem("import", f"{place} imports the course's own package.", says=says)
        says = f"You may not use it, because {failure.message}." if failure.message else f"You may import {may_use}"
        return Problem("import", f"{place} uses {failure.code}.", says=says, lecture=_OWN_USE)
    code = f": {failure.code}" if failure.code else ""
    lecture = _OUT_OF_REACH if failure.type in _SYSTEM_ERRORS else ""
    says = f"{failure.type}: {failure.message}"
    return Problem("import", f"{place} cannot be imported with Python {PYTHON}{code}", says=says, lecture=lecture)
