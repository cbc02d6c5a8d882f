"""How the file of an exercise was read: as Python, or as the code cells of a notebook."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace

from keras_cnn_course.homework.authoring.cases import Problem
from keras_cnn_course.homework.sandbox.messages import Failure, JobOutcome

__all__ = ["Reading", "locate_failures"]


@dataclass(frozen=True)
class Reading:
    """How the file of an exercise was read.

    Args:
        file: its name.
        cells: for a notebook, the line of the code at which each code cell begins, from 1, and the cell's number.
        problem: why the file has no code to judge, as a sentence; empty if it has.
        note: why this file counts and not another one, as a sentence; empty if there is no other one.
    """

    file: str
    cells: tuple[tuple[int, int], ...] = ()
    problem: str = ""
    note: str = ""

    def describe_problem(self) -> Problem:
        """Return the problem of all cases of an exercise whose file has no code to judge."""
        return Problem("notebook", self.problem, says="Save the notebook, then check it again.")

    def locate(self, failure: Failure) -> Failure:
        """Return a failure in a notebook's code with the cell, and the line in this cell."""
        place = bisect_right(self.cells, (failure.line, 1 << 30)) - 1
        if place < 0:
            return replace(failure, file=self.file)
        start, number = self.cells[place]
        return replace(failure, file=f"{self.file}, code cell {number}", line=failure.line - start + 1)


def locate_failures(outcome: JobOutcome, readings: Mapping[str, Reading], *, stem: str) -> JobOutcome:
    """Return an outcome whose failures name the cells of notebooks.

    Args:
        readings: how each file was read, by stem.
        stem: of the exercise.
    """

    def locate(failure: Failure | None) -> Failure | None:
        reading = readings.get((failure.file or stem).removesuffix(".py")) if failure is not None else None
        return reading.locate(failure) if reading is not None and reading.cells and failure is not None else failure

    calls = tuple(replace(call, failure=locate(call.failure)) for call in outcome.calls)
    return replace(outcome, failure=locate(outcome.failure), calls=calls)
