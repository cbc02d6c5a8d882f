"""Images that excite a filter or a class most, found by gradient ascent on the pixels.

After Erhan et al., "Visualizing Higher-Layer Features of a Deep Network" (2009). Without more, the ascent finds fine
noise that no eye can read. So each step moves the image by a few pixels first, which only patterns survive that work
at several places, and pulls every pixel towards its neighbors.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from keras_cnn_course.errors import RunError, UsageError, did_you_mean
from keras_cnn_course.models.graph import LayerCall, read_graph

__all__ = [
    "Dreams",
    "FilterScore",
    "Score",
    "build_filter_score",
    "compile_gradients",
    "dream",
    "find_convolution",
    "shift_images",
]

_STEPS = 200
_JITTER = 2  # pixels in each direction
_FIRST_RATE, _LAST_RATE = 0.1, 0.005  # share of the pixel range by which a typical pixel moves in a step
_SMOOTHNESS = 0.5
_NOISE = 0.1


class Score(Protocol):
    """What is to become large, such as a `FilterScore` or a `ClassScore`."""

    def compute(self, images: Any) -> Any:
        """Return the scores of all filters or classes, a tensor `(n, scores)`, for a tensor of images from 0 to 1."""


class FilterScore:
    """The largest output in the middle of each filter's feature map, computed with TensorFlow.

    The middle is as large as the moves are, so that what excites the filter grows there and not at a border.

    Args:
        model: returns the feature maps of the convolution.
    """

    def __init__(self, model: Any) -> None:
        self.model = model

    def compute(self, images: Any) -> Any:
        """Return the scores of all filters, a tensor `(n, filters)`, for a tensor of images from 0 to 1."""
        import tensorflow as tf

        maps = tf.cast(self.model(images, training=False), tf.float32)
        rows, columns = (slice(max(0, (size - 1) // 2 - _JITTER), size // 2 + _JITTER + 1) for size in maps.shape[1:3])
        middle = maps[:, rows, columns]
        flat = tf.reshape(middle, (tf.shape(maps)[0], -1, maps.shape[-1]))
        # Of equal outputs, the first: all of them together would share the gradient of the largest.
        place = tf.argmax(flat, axis=1)
        return tf.squeeze(tf.gather(tf.transpose(flat, (0, 2, 1)), place[..., None], batch_dims=2), axis=-1)


@dataclass(frozen=True, eq=False)
class Dreams:
    """Images that excite filters or classes, one each.

    Args:
        labels: the filters or classes, `(n,)`.
        images: float32 `(n, height, width, channels)`, from 0 to 255.
        scores: that the images reach, `(n,)`.
        first_scores: of the noise that they began as, `(n,)`.
    """

    labels: np.ndarray
    images: np.ndarray
    scores: np.ndarray
    first_scores: np.ndarray


def build_filter_score(model: Any, layer: str) -> FilterScore:
    """Return what computes how strongly images excite the filters of a convolution, before a ReLU layer that follows.

    Args:
        model: a built Keras model with one image as its input.

    Raises:
        UsageError: the model has no such convolution.
    """
    import keras

    return FilterScore(keras.Model(model.inputs[0], find_convolution(model, layer).output))


def find_convolution(model: Any, layer: str) -> LayerCall:
    """Return the first call of a convolution.

    Raises:
        UsageError: the model has no such convolution.
    """
    calls = read_graph(model).calls
    convolutions = {call.name: call for call in reversed(calls) if call.is_convolution}
    if layer in convolutions:
        return convolutions[layer]
    if layer in {call.name for call in calls}:
        raise UsageError(f"The layer {layer!r} has no filters: it is not a Conv2D.{_list(convolutions)}")
    raise UsageError(f"No convolution named {layer!r}.{did_you_mean(layer, convolutions)}{_list(convolutions)}")


def dream(score: Score, labels: np.ndarray, shape: tuple[int, int, int], *, seed: int = 0) -> Dreams:
    """Return images that excite filters or classes most, one per label.

    The same seed gives the same images bit for bit on the same machine with the same number of threads.

    Args:
        labels: integers `(n,)`.
        shape: of one image, `(height, width, channels)`.
        seed: of the initial noise, and of the small random shifts of the image at each step.

    Raises:
        RunError: a score is not finite, because training diverged.
    """
    noise = np.stack([np.random.default_rng([seed, label]).uniform(-1, 1, shape) for label in labels])
    images = (0.5 + _NOISE * noise).astype(np.float32)
    first = _own_scores(score, images, labels)
    find_gradients = compile_gradients(score, shape)
    moves = np.random.default_rng(seed).integers(-_JITTER, _JITTER + 1, (_STEPS, 2))
    for step, (down, right) in enumerate(moves):
        moved = shift_images(images, int(down), int(right))
        gradients = shift_images(find_gradients(moved, labels), -int(down), -int(right))
        size = np.sqrt(np.mean(gradients**2, axis=(1, 2, 3), keepdims=True))
        rate = np.float32(_FIRST_RATE * (_LAST_RATE / _FIRST_RATE) ** (step / (_STEPS - 1)))
        direction = gradients / np.maximum(size, np.float32(1e-12)) + _pull_to_neighbors(images)
        images = np.clip(images + rate * direction, 0, 1).astype(np.float32)
    last = _own_scores(score, images, labels)
    if not (np.isfinite(first).all() and np.isfinite(last).all()):
        raise RunError("A score is not finite: training diverged. Train again with a lower `learning_rate=`.")
    return Dreams(np.asarray(labels), images * np.float32(255), last, first)


def compile_gradients(score: Score, shape: tuple[int, int, int]) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Return a function that takes images and labels, and returns the gradient of the score of each image's label.

    Args:
        shape: of one image. The function is compiled once, and called hundreds of times.
    """
    import tensorflow as tf

    def compute(images: Any, labels: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(images)
            total = tf.reduce_sum(tf.gather(score.compute(images), labels, batch_dims=1))
        gradients = tape.gradient(total, images, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return tf.cast(gradients, tf.float32)

    signature = [tf.TensorSpec((None, *shape), tf.float32), tf.TensorSpec((None,), tf.int32)]
    compiled = tf.function(compute, input_signature=signature, autograph=False)
    return lambda images, labels: np.asarray(compiled(tf.constant(images, tf.float32), tf.constant(labels, tf.int32)))


def shift_images(images: np.ndarray, down: int, right: int) -> np.ndarray:
    """Return images moved by whole pixels; what leaves on one side comes back on the other.

    >>> shift_images(np.array([[[[1], [2]], [[3], [4]]]]), 0, 1)[0, :, :, 0].tolist()
    [[2, 1], [4, 3]]
    """
    return np.roll(images, (down, right), axis=(1, 2))


def _pull_to_neighbors(images: np.ndarray) -> np.ndarray:
    """Return the direction in which the penalty on differences between neighboring pixels falls.

    The penalty is half the weight times the sum of the squared differences; pixels of the border have fewer
    neighbors.
    """
    pull = np.zeros_like(images)
    down, right = np.diff(images, axis=1), np.diff(images, axis=2)
    pull[:, :-1] += down
    pull[:, 1:] -= down
    pull[:, :, :-1] += right
    pull[:, :, 1:] -= right
    return np.float32(_SMOOTHNESS) * pull


def _own_scores(score: Score, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    import tensorflow as tf

    return np.asarray(tf.gather(score.compute(tf.constant(images)), tf.constant(labels, tf.int32), batch_dims=1))


def _list(convolutions: dict[str, LayerCall]) -> str:
    names = list(reversed(convolutions))
    return f" Available: {', '.join(names)}." if names else " The model has no Conv2D layer."
