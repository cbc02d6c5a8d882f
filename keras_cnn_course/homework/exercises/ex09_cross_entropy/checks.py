"""Checks of exercise 9."""

from collections.abc import Sequence

import numpy as np

from keras_cnn_course.homework.authoring.arrays import CASES, is_byte, is_large, vary
from keras_cnn_course.homework.authoring.cases import Checks, Mistake, TinyCase
from keras_cnn_course.homework.authoring.check_kinds import function_checks, property_check
from keras_cnn_course.homework.authoring.comparison import agrees, describe_difference, number_text
from keras_cnn_course.homework.sandbox.messages import Call
from keras_cnn_course.lecture.activation import softmax
from keras_cnn_course.lecture.loss import cross_entropy_from_logits

__all__ = ["CHECKS"]

_LECTURE = "The slide averages log(1 / Pr(correct label)) across the training examples, with the natural logarithm."
_LARGE = "First subtract the largest logit of each example. The probabilities stay the same, and exp cannot overflow."
_OVER_EXAMPLES = "Your softmax adds up over the examples instead of over the classes."
_ONE_EXAMPLE = "The probabilities of the classes add up to 1 for each example."
_STEP = 1e-5


def _loss(logits: np.ndarray, labels: np.ndarray) -> float:
    return float(cross_entropy_from_logits(logits, labels).mean())


def _gradient(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return (softmax(logits) - np.eye(logits.shape[1])[labels]) / len(labels)


_LOSS_MISTAKES = (
    Mistake(
        "log2",
        "Your result uses the logarithm to base 2.",
        _LECTURE,
        lambda logits, labels: _loss(logits, labels) / np.log(2),
    ),
    Mistake(
        "sum",
        "Your result is the sum over the examples, not the mean.",
        _LECTURE,
        lambda logits, labels: _loss(logits, labels) * len(labels),
    ),
    Mistake(
        "double softmax",
        "Your result applies the softmax twice.",
        "The softmax turns logits into probabilities. It must be applied only once.",
        lambda logits, labels: _loss(softmax(logits), labels),
    ),
    Mistake(
        "wrong sign",
        "Your result has the wrong sign. The loss is never negative.",
        _LECTURE,
        lambda logits, labels: -_loss(logits, labels),
    ),
    Mistake(
        "log10",
        "Your result uses the logarithm to base 10.",
        _LECTURE,
        lambda logits, labels: _loss(logits, labels) / np.log(10),
    ),
    Mistake(
        "all classes",
        "Your result is the mean over all classes, not only over the correct ones.",
        _LECTURE,
        lambda logits, labels: -np.log(softmax(logits)).mean(),
    ),
    Mistake(
        "softmax over examples",
        _OVER_EXAMPLES,
        _ONE_EXAMPLE,
        lambda logits, labels: float(-np.log(softmax(logits.T).T)[np.arange(len(labels)), labels].mean()),
    ),
)
_GRADIENT_MISTAKES = (
    Mistake(
        "sum",
        "Your gradient is the one for the sum over the examples, but the loss is the mean.",
        _LECTURE,
        lambda logits, labels: _gradient(logits, labels) * len(labels),
    ),
    Mistake(
        "wrong sign",
        "Your gradient has the wrong sign: it points in the direction in which the loss decreases.",
        "A derivative is positive if the loss grows when the logit grows.",
        lambda logits, labels: -_gradient(logits, labels),
    ),
    Mistake(
        "probabilities",
        "Your gradient is just the probabilities. It must also depend on the labels.",
        "A larger logit for the correct class makes the loss smaller, so its derivative is negative.",
        lambda logits, labels: softmax(logits) / len(labels),
    ),
    Mistake(
        "divided by the classes",
        "You divide by the number of classes. The loss is the mean over the examples.",
        _LECTURE,
        lambda logits, labels: _gradient(logits, labels) * len(labels) / logits.shape[1],
    ),
    Mistake(
        "label twice",
        "You subtract too much at the correct class.",
        "The derivatives of one example add up to 0: if all its logits grow equally, its probabilities stay the same.",
        lambda logits, labels: 2 * _gradient(logits, labels) - softmax(logits) / len(labels),
    ),
    Mistake(
        "softmax over examples",
        _OVER_EXAMPLES,
        _ONE_EXAMPLE,
        lambda logits, labels: _gradient(logits, labels) + (softmax(logits.T).T - softmax(logits)) / len(labels),
    ),
)


def _draw(generator: np.random.Generator, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw logits from -1 to 1, so that every probability is far from 0; the last case has a single example."""
    examples, classes = (int(size) for size in generator.integers((2, 3), (6, 11)))
    examples = 1 if number == CASES - 1 else examples
    logits = generator.uniform(-1, 1, size=(examples, classes)).round(1)
    labels = generator.integers(classes, size=examples)
    if number % 3 == 2:
        labels = labels.astype(np.uint8)
    if is_byte(number) or is_large(number):
        return logits, labels
    varied = vary(logits, number)
    return varied.clip(-1, 1, out=varied), labels  # in place, because a copy would be contiguous


def _plan_uniform(generator: np.random.Generator) -> list[Call]:
    classes = int(generator.integers(5, 20))  # more than examples
    logits = np.full((4, classes), generator.normal())
    return [Call("cross_entropy", (logits, generator.integers(classes, size=4)))]


def _judge_uniform(calls: Sequence[Call], results: Sequence[tuple[np.ndarray, ...]]) -> str:
    classes = calls[0].arguments[0].shape[1]
    if agrees(results[0][0], np.array(np.log(classes))):
        return ""
    return f"If all logits are equal, the loss is log {classes} = {number_text(float(np.log(classes)))}."


def _plan_large(generator: np.random.Generator) -> list[Call]:
    # For each example, one logit is far above the others; one label is that class, and the others are not. All logits
    # of the second example are far below those of the others.
    logits, largest = np.zeros((3, 5)), generator.integers(5, size=3)
    labels = (largest + np.array([0, 1, 2])) % 5
    logits[np.arange(3), labels] = -1000.0
    logits[np.arange(3), largest] = 1000.0
    logits[1] -= 3000
    return [Call("cross_entropy", (logits, labels)), Call("cross_entropy_gradient", (logits, labels))]


def _judge_large(calls: Sequence[Call], results: Sequence[tuple[np.ndarray, ...]]) -> str:
    for call, arrays in zip(calls, results, strict=True):
        if not np.isfinite(arrays[0]).all():
            return f"With logits from -4000 to 1000, {call.function} returns {arrays[0].ravel()[:3]}."
    if not agrees(results[0][0], np.array(_loss(*calls[0].arguments))):
        return f"With logits from -4000 to 1000, the loss must be {number_text(_loss(*calls[0].arguments))}."
    seen = describe_difference(results[1][0], _gradient(*calls[1].arguments))
    return f"For the gradient with logits from -4000 to 1000: {seen}" if seen else ""


def _plan_gradient(generator: np.random.Generator) -> list[Call]:
    return [Call("cross_entropy_gradient", (generator.normal(size=(2, 4)), generator.integers(4, size=2)))]


def _judge_gradient(calls: Sequence[Call], results: Sequence[tuple[np.ndarray, ...]]) -> str:
    logits, labels = calls[0].arguments
    measured = np.zeros(logits.shape)
    for index in np.ndindex(*logits.shape):
        step = np.zeros(logits.shape)
        step[index] = _STEP
        measured[index] = (_loss(logits + step, labels) - _loss(logits - step, labels)) / (2 * _STEP)
    # Numerical differences with this step have rounding errors of about 1e-11, far below the float32 tolerance.
    if agrees(results[0][0].astype(np.float32), measured):
        return ""
    return "A small change of each logit does not change the loss as your gradient predicts."


_EVEN = np.zeros((1, 2))

CHECKS = Checks(
    (
        *function_checks(
            "cross_entropy",
            reference=_loss,
            tiny=(
                TinyCase((_EVEN, np.array([0])), 0.6931471805599453),
                TinyCase((np.log([[0.25, 0.75], [0.5, 0.5]]), np.array([0, 1])), 1.0397207708399179),
                TinyCase((np.log([[0.2, 0.2, 0.6]]), np.array([2])), 0.5108256237659907),
            ),
            draw=_draw,
            mistakes=_LOSS_MISTAKES,
            prefix="cross_entropy: ",
        ),
        *function_checks(
            "cross_entropy_gradient",
            reference=_gradient,
            tiny=(
                TinyCase((_EVEN, np.array([0])), [[-0.5, 0.5]]),
                TinyCase((np.log([[0.25, 0.75], [0.5, 0.5]]), np.array([0, 1])), [[-0.375, 0.375], [0.25, -0.25]]),
                TinyCase((np.log([[0.2, 0.2, 0.6]]), np.array([2])), [[0.2, 0.2, -0.4]]),
            ),
            draw=_draw,
            mistakes=_GRADIENT_MISTAKES,
            prefix="gradient: ",
        ),
        property_check("equal logits", plan=_plan_uniform, judge=_judge_uniform, lecture=_LECTURE),
        property_check("large logits", plan=_plan_large, judge=_judge_large, lecture=_LARGE),
        property_check("numerical gradient", plan=_plan_gradient, judge=_judge_gradient, lecture=_LECTURE),
    )
)
