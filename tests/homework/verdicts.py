"""Judge many versions of an exercise for many students, quickly: student code runs in this process.

The cases and the judging are those of the grader; only the confinement is missing. `tally` sends jobs and replies as
the grader does. `tally_quickly` calls the functions itself, and draws the cases once for all versions.
"""

import io
import runpy
import sys
from collections import Counter
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from keras_cnn_course.homework.authoring.cases import Mutant, mutate
from keras_cnn_course.homework.authoring.exercise import list_exercises, order_by_need
from keras_cnn_course.homework.judging.answers import render_answers
from keras_cnn_course.homework.judging.judge import gather_result, judge_cases, judge_exercise
from keras_cnn_course.homework.judging.planning import PlannedCase, Work, plan_cases
from keras_cnn_course.homework.sandbox.messages import CallOutcome, Failure, JobOutcome, read_outcome
from keras_cnn_course.homework.sandbox.running import run_job
from keras_cnn_course.homework.sandbox.server import Ending

__all__ = ["InProcess", "Planned", "find_surprises", "list_versions", "plan_students", "tally", "tally_quickly"]

PLAUSIBLE = runpy.run_path(str(Path(__file__).parent / "exercises" / "plausible.py"))["PLAUSIBLE"]
SECRET = b"a secret of mine"
ENDING = Ending("exit", 0, 0.0, 0)


class InProcess:
    """Runs jobs like `Sandboxes`, but in this process."""

    def run(self, job):
        """Run a job and return its outcome."""
        drivers, prepare = {}, np.random.seed
        if job.kind == "keras":
            from keras_cnn_course.homework.sandbox import keras_drivers

            drivers, prepare = keras_drivers.DRIVERS, keras_drivers.prepare
        finders, reply = list(sys.meta_path), io.BytesIO()
        try:
            with redirect_stdout(io.StringIO()):
                run_job(job.encode(), reply, drivers=drivers, prepare=prepare)
        finally:
            sys.meta_path[:] = finders
            for name in job.sources:
                sys.modules.pop(name, None)
        return read_outcome(reply.getvalue(), b"", ENDING, calls=len(job.calls))


def list_versions(exercise):
    """Yield the name, the text and the expected verdict of every version whose verdict must not depend on luck."""
    solution = exercise.read("solution.py")
    yield "solution", solution, "passes"
    for name, source in exercise.accepted.items():
        yield f"accepted: {name}", source, "passes"
    for mutant in exercise.load_mutants():
        yield f"mutant: {mutant.name}", mutate(solution, mutant), mutant.diagnosis
    for name, passes, changes in PLAUSIBLE.get(exercise.name, []):
        source = mutate(solution, Mutant(name, "", tuple(changes)))
        yield f"plausible: {name}", source, "passes" if passes else "fails"


def find_surprises(verdicts, expected):
    """Return the verdicts of a version if there are several, or if they are not the expected one.

    A wrong answer must not only fail: the student must get more than the first number that differs.
    """
    found = {verdict for verdict, _, _ in verdicts}
    is_expected = found.isdisjoint(("passes", "values", "shape")) if expected == "fails" else found == {expected}
    return {} if len(verdicts) == 1 and is_expected else verdicts


def tally(exercise, source, students):
    """Return how often each verdict was given: passed or the diagnosis, the score, and the checks that passed."""
    verdicts = Counter()
    for student in students:
        # What an exercise builds on is the same for everybody, and already judged.
        work = Work(student, {exercise.stem: source}, render_answers(student, solved=list_exercises()))
        verdicts[summarize(judge_exercise(exercise, work, InProcess(), secret=SECRET))] += 1
    return dict(verdicts)


@dataclass(frozen=True, eq=False)
class Planned:
    """A student's correct answers, and the cases that are drawn for them."""

    student: str
    answers: str
    cases: list[PlannedCase]


def plan_students(exercise, students):
    """Draw the cases of every student."""
    return [
        Planned(student, render_answers(student, solved=list_exercises()), plan_cases(exercise, student, SECRET))
        for student in students
    ]


def tally_quickly(exercise, source, planned):
    """Return the same as `tally`, for a version of a NumPy exercise that can be imported."""
    module, verdicts = load(exercise, source), Counter()
    for each in planned:
        with redirect_stdout(io.StringIO()):
            calls = tuple(make_call(module, call) for case in each.cases for call in case.calls)
        problems = judge_cases(exercise, each.cases, JobOutcome(True, None, calls, "", ENDING))
        work = Work(each.student, {exercise.stem: source}, each.answers)
        verdicts[summarize(gather_result(exercise, each.cases, problems, work))] += 1
    return dict(verdicts)


def summarize(result):
    """Return what must be the same for all students."""
    passed = tuple(check.passed for check in (*result.public, *result.hidden))
    return "passes" if result.passed else result.problem.key, result.score, passed


def load(exercise, source):
    """Return a version as a module. What it builds on are the solutions."""
    before = dict(sys.modules)
    try:
        for needed in order_by_need((exercise,))[:-1]:
            sys.modules[needed.stem] = execute(needed.stem, needed.read("solution.py"))
        return execute(exercise.stem, source)
    finally:
        for needed in order_by_need((exercise,)):
            sys.modules.pop(needed.stem, None)
        assert sys.modules.keys() >= before.keys()


def execute(name, source):
    """Return a module with this name and text."""
    module = ModuleType(name)
    exec(compile(source, f"{name}.py", "exec"), module.__dict__)
    return module


def make_call(module, call) -> CallOutcome:
    """Call one function with arguments of its own."""
    arguments = [copy_argument(argument) for argument in call.arguments]
    try:
        value = getattr(module, call.function)(*arguments)
    except Exception as error:  # noqa: BLE001  wrong answers raise anything
        return CallOutcome("raised", failure=Failure(type(error).__name__, str(error)))
    try:
        result = np.array(value)
    except ValueError as error:
        return CallOutcome("not numbers", type=type(value).__name__, detail=str(error))
    if result.dtype.kind not in "biuf":
        return CallOutcome("not numbers", type=type(value).__name__, detail=f"dtype {result.dtype}")
    echo = [argument for argument in arguments if call.echo and isinstance(argument, np.ndarray)]
    return CallOutcome("returned", (result, *echo), type(value).__name__)


def copy_argument(argument: Any) -> Any:
    """Return an argument as the sandbox passes it on: an array of its own, strided or not."""
    if isinstance(argument, np.ndarray):
        if argument.flags.c_contiguous:
            return argument.copy()
        return np.repeat(argument, 2, axis=-1)[..., ::2]
    return tuple(map(copy_argument, argument)) if isinstance(argument, tuple) else argument
