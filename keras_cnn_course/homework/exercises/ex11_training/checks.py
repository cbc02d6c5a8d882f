"""Checks of exercise 11: predictions come back, and the labels have never left the grader."""

from collections.abc import Sequence

import numpy as np

from keras_cnn_course.homework.authoring.cases import Checks, Problem
from keras_cnn_course.homework.authoring.check_kinds import property_check
from keras_cnn_course.homework.exercises.ex11_training.task import CHANCE, draw_task, measure_accuracy, read_threshold
from keras_cnn_course.homework.sandbox.messages import Call

__all__ = ["CHECKS"]

_LECTURE = "Compare with `kcnn train --recipe cnn`: the same digits, with the accuracy after each epoch."


def _plan(generator: np.random.Generator) -> list[Call]:
    read_threshold()  # before student code runs, like all that it is judged by
    task = draw_task(generator)
    return [Call("train_and_predict", (task.x_train, task.y_train, task.x_test), kept=task.y_test)]


def _judge(calls: Sequence[Call], results: Sequence[tuple[np.ndarray, ...]]) -> str | Problem:
    predictions, labels = results[0][0], calls[0].kept
    if predictions.shape != labels.shape:
        seen = f"The predictions have the shape {predictions.shape}, expected {labels.shape}: one class an image."
        says = (
            "Are these probabilities? The class is where the largest stands: argmax." if predictions.ndim == 2 else ""
        )
        return Problem("shape", seen, says)
    accuracy, threshold = measure_accuracy(predictions, labels), read_threshold()
    if accuracy >= threshold.full_marks:
        return ""
    seen = (
        f"{accuracy:.1%} of {len(labels)} digits are right; full marks from {threshold.full_marks:.1%} on "
        f"(four standard deviations below the mean of {len(threshold.seeds)} trainings, {threshold.mean:.1%})."
    )
    credit = max(accuracy - CHANCE, 0) / (threshold.full_marks - CHANCE)
    if accuracy < 2 * CHANCE:
        says = "That is guessing. Is the model trained, with the right labels at the right images?"
        return Problem("chance", seen, says, _LECTURE, credit=credit)
    return Problem("accuracy", seen, "More epochs, or another learning rate?", _LECTURE, credit=credit)


CHECKS = Checks((property_check("accuracy", plan=_plan, judge=_judge),))
