"""The shift test: how accurate a model stays when the object in every image is moved (slide "CNN's").

The slide says that "convolution filters are shift-invariant" and that pooling makes a network roughly invariant to an
object shifting. `measure_convolution_shift` tests these two claims layer by layer. This module measures what they mean
for the accuracy of the whole model, and explains both in words.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_cnn_course.errors import UsageError
from keras_cnn_course.files.values import check_value, whole_number
from keras_cnn_course.models.equivariance import ConvolutionShift, PoolingShift
from keras_cnn_course.models.inference import choose_batch_size

__all__ = ["ShiftAccuracy", "ShiftTest", "explain_shift_tests", "format_share", "measure_shift_accuracy"]

_COMPARED_AT = 2


@dataclass(frozen=True)
class ShiftAccuracy:
    """Accuracy on the test images for every shift that moves all of them by the same vector.

    Args:
        correct: int64 `(2 * radius + 1, 2 * radius + 1)`, number of images classified correctly; the row is the shift
            down from `-radius` to `radius` pixels, the column the shift to the right.
        examples: number of images tested at each shift.
    """

    correct: np.ndarray
    examples: int

    @property
    def radius(self) -> int:
        """The longest shift along an axis, in pixels."""
        return len(self.correct) // 2

    @property
    def accuracy(self) -> np.ndarray:
        """Share of correct answers at each shift, float64, with the shape of `correct`."""
        return self.correct / self.examples

    @property
    def center(self) -> float:
        """Accuracy on the images that are not moved."""
        return float(self.accuracy[self.radius, self.radius])

    def at_distance(self, pixels: int) -> np.ndarray:
        """Return the accuracies of all shifts whose longer component is `pixels`: a ring around the center.

        >>> ShiftAccuracy(np.arange(9).reshape(3, 3), examples=10).at_distance(1)
        array([0. , 0.1, 0.2, 0.3, 0.5, 0.6, 0.7, 0.8])
        """
        steps = np.abs(np.arange(-self.radius, self.radius + 1))
        return self.accuracy[np.maximum(steps[:, None], steps[None, :]) == pixels]


@dataclass(frozen=True)
class ShiftTest:
    """The result of one run's shift test.

    Args:
        name: name of the run.
        dataset: name of the data set whose test images were moved.
        accuracy: over all shifts.
        convolution: how equivariant the first convolution is; None for a model that has none on the image.
    """

    name: str
    dataset: str
    accuracy: ShiftAccuracy
    convolution: ConvolutionShift | None


def measure_shift_accuracy(
    model: Any,
    images: np.ndarray,
    labels: np.ndarray,
    *,
    radius: int = 4,
    progressed: Callable[[int], None] | None = None,
) -> ShiftAccuracy:
    """Evaluate a model on images moved by every (dx, dy) of up to `radius` pixels; pixels from outside are zero.

    The images are padded once. Each shift is a window of the padded images, cut out on the device that computes.

    Args:
        model: a built Keras model that maps images to probabilities or logits.
        images: uint8 or float32 with values from 0 to 255, `(n, height, width, channels)`.
        labels: int32 `(n,)`.
        radius: in pixels.
        progressed: called with the number of images just classified; an image counts once per shift.

    Raises:
        UsageError: `radius` is 0, or so large that it moves every object out of the image.
    """
    radius = check_radius(radius, images.shape[1:])
    import tensorflow as tf

    padded = ((0, 0), (radius, radius), (radius, radius), (0, 0))
    correct = np.zeros((2 * radius + 1, 2 * radius + 1), np.int64)
    count_correct = _compile(model, images)
    size = choose_batch_size(images.shape[1:])
    for start in range(0, len(images), size):
        batch = tf.convert_to_tensor(np.pad(images[start : start + size], padded))
        batch_labels = tf.convert_to_tensor(labels[start : start + size], dtype=tf.int32)
        for down, column in np.ndindex(correct.shape):
            # To move the object down, the window moves up.
            corner = tf.constant([0, 2 * radius - down, 2 * radius - column, 0])
            correct[down, column] += int(count_correct(batch, batch_labels, corner))
            if progressed:
                progressed(len(batch_labels))
    return ShiftAccuracy(correct, len(images))


def check_radius(radius: int, input_shape: Sequence[int]) -> int:
    """Check the largest shift of images, `(height, width, channels)`, and return it.

    Raises:
        UsageError: it is not a whole number from 1, or moves every object out of the image.
    """
    why = "A moved image must still show something."
    return int(check_value("The radius", radius, whole_number(1, min(input_shape[:2]) - 1), kind=UsageError, hint=why))


def _compile(model: Any, images: np.ndarray) -> Callable[..., Any]:
    """Return a compiled function that counts the correct answers on one window of a padded batch."""
    import tensorflow as tf

    _, height, width, channels = images.shape

    def count(batch: Any, labels: Any, corner: Any) -> Any:
        window = tf.slice(batch, corner, [-1, height, width, channels])
        outputs = model(tf.cast(window, tf.float32) / 255.0, training=False)
        answers = tf.argmax(outputs, axis=-1, output_type=tf.int32)
        return tf.math.count_nonzero(tf.equal(answers, labels), dtype=tf.int32)

    signature = [
        tf.TensorSpec((None, None, None, channels), tf.as_dtype(images.dtype)),
        tf.TensorSpec((None,), tf.int32),
        tf.TensorSpec((4,), tf.int32),
    ]
    return tf.function(count, input_signature=signature, autograph=False)


def explain_shift_tests(tests: Sequence[ShiftTest]) -> str:
    """Explain in one paragraph how accurate each run stays, and what its convolution and its pooling do.

    Args:
        tests: at least one.
    """
    sentences = [sentence for test in tests for sentence in _explain(test)]
    if len(tests) > 1:
        sentences.append(_compare(tests))
    return " ".join(sentences)


def format_share(share: float) -> str:
    """Return a share as a percentage with one decimal, never rounded to all or none.

    >>> format_share(0.98765), format_share(0.99999), format_share(1.0)
    ('98.8%', '> 99.9%', '100.0%')
    """
    if 0.9995 <= share < 1:
        return "> 99.9%"
    return "< 0.1%" if 0 < share < 0.0005 else f"{share:.1%}"


def _explain(test: ShiftTest) -> list[str]:
    accuracy, radius = test.accuracy, test.accuracy.radius
    near, far = accuracy.at_distance(1), accuracy.at_distance(radius)
    sentence = (
        f"{test.name} classifies {format_share(accuracy.center)} of {accuracy.examples:,} test images of "
        f"{test.dataset} correctly. When all of them are moved by 1 pixel, it is {format_share(near.mean())} on "
        f"average ({format_share(near.min())} to {format_share(near.max())}, depending on the direction)"
    )
    if radius > 1:
        sentence += f", and by {radius} pixels, {format_share(far.mean())}"
    if test.convolution is None:
        return [f"{sentence}.", "It has no convolution on the image."]
    return [f"{sentence}.", *_explain_convolution(test.convolution)]


def _explain_convolution(convolution: ConvolutionShift) -> list[str]:
    verdict = "is equivariant" if convolution.is_equivariant else "is not equivariant"
    differ = "are the same" if convolution.difference == 0 else f"differ by at most {convolution.difference:.1e}"
    sentences = [
        f"Its first convolution, {convolution.layer}, {verdict}: over {convolution.shifts} shifts of "
        f"{convolution.images} test images, conv(shift(x)) and shift(conv(x)) {differ} away from the border "
        f"(the largest value is {convolution.largest_value:.2g})."
    ]
    if convolution.pooling is not None:
        sentences += _explain_pooling(convolution.pooling)
    return sentences


def _explain_pooling(pooling: PoolingShift) -> list[str]:
    near, far = pooling.steps[0], pooling.steps[-1]
    sentences = []
    if pooling.stride > 1:
        exactly = "exactly" if far.difference == 0 else f"to within {far.difference:.1e}"
        sentences.append(
            f"After its first pooling, {pooling.layer}, a shift by the stride of {far.pixels} pixels moves the feature "
            f"map by one pixel of its own, {exactly}. For a shift of 1 pixel no movement of the feature map fits: the "
            f"closest is off by {near.difference:.2g} (the largest value is {pooling.largest_value:.2g})."
        )
    sentences.append(
        f"Pooling is only approximately invariant: a shift of 1 pixel changes the feature map by "
        f"{near.change_before:.0%} before pooling and by {near.change_after:.0%} after it"
        + (
            f"; a shift of {far.pixels} pixels, by {far.change_before:.0%} and {far.change_after:.0%}."
            if far is not near
            else "."
        )
    )
    return sentences


def _compare(tests: Sequence[ShiftTest]) -> str:
    """Return the mean accuracies at two pixels, the best first."""
    pixels = min(_COMPARED_AT, *(test.accuracy.radius for test in tests))
    means = {test.name: float(test.accuracy.at_distance(pixels).mean()) for test in tests}
    ranked = sorted(means, key=lambda name: -means[name])
    kept = ", ".join(f"{name} {format_share(means[name])}" for name in ranked)
    return f"Mean accuracy after a shift of {pixels} pixel{'s' if pixels > 1 else ''}: {kept}."
