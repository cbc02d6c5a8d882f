"""Checks of exercise 11. The sandbox returns predictions; the labels of the test images never leave the grader.

It also returns the outputs of the Keras models that were used. The digits are public, so anybody can look them up, and
their nearest neighbors have nearly always the same class. What counts is what a model has learned.
"""

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
    return [Call("train_and_predict", (task.x_train, task.y_train, task.x_test), "watch predictions", kept=task.y_test)]


def _judge(calls: Sequence[Call], results: Sequence[tuple[np.ndarray, ...]]) -> str | Problem:
    (predictions, *watched), labels = results[0], calls[0].kept
    if predictions.shape != labels.shape:
        seen = f"The predictions have the shape {predictions.shape} instead of {labels.shape}: one class per image."
        return Problem("shape", seen, _explain_shape(predictions.shape, len(labels)))
    flags, outputs = (watched[0].ravel().astype(bool), watched[1:]) if watched else (np.zeros(0, bool), [])
    outputs = [output for output in outputs if output.ndim == 2 and len(output) == len(labels)]
    trained = [output for output, is_trained in zip(outputs, flags, strict=False) if is_trained]
    if not outputs:
        seen = "Your predictions do not come from a Keras model."
        says = "Train a model with fit, let it predict the test images, and return its most likely classes."
        return Problem("no model", seen, says, _LECTURE)
    outputs, is_untrained = (trained or outputs), not trained
    if len({output.shape for output in outputs}) == 1:
        outputs.append(np.mean(outputs, axis=0))  # several models, or several versions of the images, may vote
    of_models = max(measure_accuracy(output.argmax(axis=1), labels) for output in outputs)
    accuracy, threshold = min(measure_accuracy(predictions, labels), of_models), read_threshold()
    if is_untrained and accuracy >= 2 * CHANCE:
        seen = "No optimizer has changed the weights of the model that your predictions come from."
        says = "Train the model with fit or with an optimizer of Keras. A table of digits does not count as a network."
        return Problem("not trained", seen, says, _LECTURE)
    if accuracy >= threshold.full_marks:
        return ""
    seen = (
        f"Your accuracy on {len(labels)} digits is {accuracy:.1%}. Full marks need {threshold.full_marks:.1%}, "
        f"six standard deviations below the mean of {len(threshold.seeds)} reference trainings ({threshold.mean:.1%})."
    )
    credit = max(accuracy - CHANCE, 0) / (threshold.full_marks - CHANCE)
    if accuracy < 2 * CHANCE:
        says = "This is the accuracy of guessing. Was the model trained, and do images and labels have the same order?"
        return Problem("chance", seen, says, _LECTURE, credit=credit)
    return Problem("accuracy", seen, "Try more epochs or a different learning rate.", _LECTURE, credit=credit)


def _explain_shape(shape: tuple[int, ...], examples: int) -> str:
    if shape == (examples, 1):
        return (
            "Each class is in a row of its own. Return predictions.ravel(), or leave out `keepdims=True`. "
            "A model with a single output cannot tell ten classes apart: its last layer needs ten neurons."
        )
    if shape == (examples, 10):
        return "Are these probabilities? Return the most likely class of each image instead: outputs.argmax(axis=1)."
    if shape == (10,) and examples != 10:
        return "You chose the most likely image of each class. argmax(axis=1) chooses the class of each image."
    return ""


CHECKS = Checks((property_check("accuracy", plan=_plan, judge=_judge),))
