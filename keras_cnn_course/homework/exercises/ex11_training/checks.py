"""Checks of exercise 11. The sandbox returns predictions; the labels of the test images never leave the grader."""

from collections.abc import Sequence

import numpy as np

from keras_cnn_course.homework.authoring.cases import Checks, Problem
from keras_cnn_course.homework.authoring.check_kinds import property_check
from keras_cnn_course.homework.exercises.ex11_training.task import CHANCE, draw_task, measure_accuracy, read_threshold
from keras_cnn_course.homework.sandbox.messages import Call

__all__ = ["CHECKS"]

_LECTURE = (
    "To compare, run `kcnn train --recipe cnn`: it trains on the same digits and prints the accuracy of each epoch."
)


def _plan(generator: np.random.Generator) -> list[Call]:
    read_threshold()  # before any student code runs
    task = draw_task(generator)
    return [Call("train_and_predict", (task.x_train, task.y_train, task.x_test), kept=task.y_test)]


def _judge(calls: Sequence[Call], results: Sequence[tuple[np.ndarray, ...]]) -> str | Problem:
    predictions, labels = results[0][0], calls[0].kept
    if predictions.shape != labels.shape:
        seen = f"The predictions have the shape {predictions.shape} instead of {labels.shape}: one class per image."
        says = (
            "Are these probabilities? Return the most likely class of each image instead."
            if predictions.ndim == 2
            else ""
        )
        return Problem("shape", seen, says)
    accuracy, threshold = measure_accuracy(predictions, labels), read_threshold()
    if accuracy >= threshold.full_marks:
        return ""
    seen = (
        f"Your accuracy on {len(labels)} digits is {accuracy:.1%}. Full marks need {threshold.full_marks:.1%}, "
        f"four standard deviations below the mean of {len(threshold.seeds)} reference trainings ({threshold.mean:.1%})."
    )
    credit = max(accuracy - CHANCE, 0) / (threshold.full_marks - CHANCE)
    if accuracy < 2 * CHANCE:
        says = "This is the accuracy of guessing. Is the model trained, and does each image have its own label?"
        return Problem("chance", seen, says, _LECTURE, credit=credit)
    return Problem("accuracy", seen, "Try more epochs or a different learning rate.", _LECTURE, credit=credit)


CHECKS = Checks((property_check("accuracy", plan=_plan, judge=_judge),))
