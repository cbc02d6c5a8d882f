"""What a trained model makes of a shifted object: accuracy over all small shifts (slide "CNN's").

The slide says "convolution filters are shift-invariant" and that invariance to an object shifting is roughly achieved
by pooling. `shift_equivariance` looks at those two claims layer by layer; here is what is left of them at the end.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_cnn_course.errors import UsageError
from keras_cnn_course.results.prediction import BATCH_SIZE

__all__ = ["ShiftAccuracy", "measure_shift_accuracy"]


@dataclass(frozen=True)
class ShiftAccuracy:
    """Accuracy on test images that were all moved alike.

    Args:
        right: int64 `(2 * radius + 1, 2 * radius + 1)`, images classified correctly; the row is the shift down from
            `-radius` to `radius` pixels, the column the shift to the right.
        examples: images tested at each shift.
    """

    right: np.ndarray
    examples: int

    @property
    def radius(self) -> int:
        """The longest shift along an axis, in pixels."""
        return len(self.right) // 2

    @property
    def accuracy(self) -> np.ndarray:
        """Share of right answers at each shift, float64, of the shape of `right`."""
        return self.right / self.examples

    @property
    def centre(self) -> float:
        """Accuracy on the images as they are."""
        return float(self.accuracy[self.radius, self.radius])

    def at_distance(self, pixels: int) -> np.ndarray:
        """Return the accuracies where the longer of both shifts is `pixels`: a ring around the centre.

        >>> ShiftAccuracy(np.arange(9).reshape(3, 3), examples=10).at_distance(1)
        array([0. , 0.1, 0.2, 0.3, 0.5, 0.6, 0.7, 0.8])
        """
        steps = np.abs(np.arange(-self.radius, self.radius + 1))
        return self.accuracy[np.maximum(steps[:, None], steps[None, :]) == pixels]


def measure_shift_accuracy(
    model: Any,
    images: np.ndarray,
    labels: np.ndarray,
    *,
    radius: int = 4,
    progressed: Callable[[int], None] | None = None,
) -> ShiftAccuracy:
    """Evaluate a model on images moved by every (dx, dy) of up to `radius` pixels; zeros come in from outside.

    The images are padded with zeros once, and each shift is a window of them, cut out where the model computes.

    Args:
        model: a built Keras model of image -> probabilities or logits.
        images: uint8 or float32 on the scale 0 to 255, `(n, height, width, channels)`.
        labels: int32 `(n,)`.
        radius: pixels.
        progressed: called with the number of images done, each counted once a shift.

    Raises:
        UsageError: no radius, or one that moves every object out of the image.
    """
    largest = min(images.shape[1:3]) - 1
    if not 1 <= radius <= largest:
        raise UsageError(f"Expected a radius from 1 to {largest}, less than the image's sides. Received: {radius}.")
    import tensorflow as tf

    padded = ((0, 0), (radius, radius), (radius, radius), (0, 0))
    right = np.zeros((2 * radius + 1, 2 * radius + 1), np.int64)
    count_right = _compile(model, images)
    for start in range(0, len(images), BATCH_SIZE):
        batch = tf.convert_to_tensor(np.pad(images[start : start + BATCH_SIZE], padded))
        batch_labels = tf.convert_to_tensor(labels[start : start + BATCH_SIZE], dtype=tf.int32)
        for down, column in np.ndindex(right.shape):
            # An object that moves down comes from a window that lies higher.
            corner = tf.constant([0, 2 * radius - down, 2 * radius - column, 0])
            right[down, column] += int(count_right(batch, batch_labels, corner))
            if progressed:
                progressed(len(batch_labels))
    return ShiftAccuracy(right, len(images))


def _compile(model: Any, images: np.ndarray) -> Callable[..., Any]:
    """Return a compiled function that counts the right answers on the window of a padded batch at a corner."""
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
