"""Checking exercises of one homework in order, so that what builds on an exercise knows whether that one is right."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from keras_cnn_course.homework.authoring.exercise import Exercise, order_by_need
from keras_cnn_course.homework.judging.judge import judge_exercise
from keras_cnn_course.homework.judging.verdict import ExerciseResult
from keras_cnn_course.homework.sandbox.client import Workers
from keras_cnn_course.homework.student.workspace import Workspace, digest_text

__all__ = ["Checked", "check_exercises", "name_replaced"]


@dataclass(frozen=True)
class Checked:
    """An exercise that was checked.

    Args:
        exercise: which one.
        result: what was found.
        replaced: names of exercises whose reference stood in for the student's.
    """

    exercise: Exercise
    result: ExerciseResult
    replaced: tuple[str, ...]


def check_exercises(workspace: Workspace, exercises: Sequence[Exercise], workers: Workers) -> Iterator[Checked]:
    """Yield each exercise as soon as it is checked, and remember which have passed.

    Raises:
        GraderError: the grader itself failed.
        HomeworkError: the folder cannot be written.
    """
    for exercise in exercises:
        trusted = workspace.passed
        result = judge_exercise(exercise, workspace.work, workers, trusted=trusted)
        digest = digest_text(workspace.work.sources[exercise.stem]) if result.passed else None
        if workspace.state.passed.get(exercise.name) != digest:
            workspace = workspace.remember(workspace.state.with_pass(exercise.name, digest))
        yield Checked(exercise, result, name_replaced(exercise, trusted))


def name_replaced(exercise: Exercise, trusted: set[str]) -> tuple[str, ...]:
    """Return the names of exercises that one builds on and that have not passed."""
    return tuple(needed.name for needed in order_by_need((exercise,))[:-1] if needed.stem not in trusted)
