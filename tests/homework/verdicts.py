"""Judge many versions of an exercise for many students, quickly: student code runs in this process.

The cases, the calls and the judging are those of the grader; only the confinement is missing.
"""

import io
import sys
from contextlib import redirect_stdout

import numpy as np

from keras_cnn_course.homework.authoring.cases import mutate
from keras_cnn_course.homework.authoring.exercise import list_exercises
from keras_cnn_course.homework.judging.answers import render_answers
from keras_cnn_course.homework.judging.judge import judge_exercise
from keras_cnn_course.homework.judging.planning import Work
from keras_cnn_course.homework.sandbox.messages import read_outcome
from keras_cnn_course.homework.sandbox.running import run_job
from keras_cnn_course.homework.sandbox.server import Ending

__all__ = ["InProcess", "list_versions", "tally"]


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
        return read_outcome(reply.getvalue(), b"", Ending("exit", 0, 0.0, 0), calls=len(job.calls))


def list_versions(exercise, plausible=()):
    """Yield the name and the text of every version of an exercise whose verdict must not depend on luck."""
    solution = exercise.read("solution.py")
    yield "solution", solution
    for name, source in exercise.accepted.items():
        yield f"accepted: {name}", source
    for mutant in exercise.load_mutants():
        yield f"mutant: {mutant.name}", mutate(solution, mutant)
    yield from plausible


def tally(exercise, source, students):
    """Return how often each verdict was given: passed or the diagnosis, the score, and the checks that passed."""
    verdicts = {}
    for student in students:
        # What an exercise builds on is the same for everybody, and already judged.
        work = Work(student, {exercise.stem: source}, render_answers(student, solved=list_exercises()))
        result = judge_exercise(exercise, work, InProcess(), secret=b"a secret of mine")
        passed = tuple(check.passed for check in (*result.public, *result.hidden))
        key = ("passes" if result.passed else result.problem.key, result.score, passed)
        verdicts[key] = verdicts.get(key, 0) + 1
    return verdicts
