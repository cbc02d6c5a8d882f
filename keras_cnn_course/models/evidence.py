"""Where in an image the evidence for a class is, by five methods, as NumPy maps."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_cnn_course.errors import RunError, UsageError
from keras_cnn_course.models.class_score import ClassScore, build_class_score

__all__ = ["Evidence", "Steps", "find_background", "find_evidence", "rank_correlation", "shuffle_weights"]

_NOISY_COPIES, _NOISE = 64, 0.15
_FIRST_STEPS, _MOST_STEPS, _COMPLETE = 128, 2048, 0.005
_BATCH = 128
_GRAY = 0.5


@dataclass(frozen=True, eq=False)
class Evidence:
    """The maps of one image and one class. Positive values speak for the class.

    Args:
        label: the class.
        score: the class's score for the image; what the maps distribute or explain.
        score_name: `logit`, `score` or `log probability`.
        probabilities: of all classes, `(classes,)`.
        maps: float32 `(height, width)` by name: `gradient`, `smooth_gradient`, `integrated_gradients`, `grad_cam` (only
            for a model with a convolution) and `occlusion`. Colors are added up.
        steps: how complete the integrated gradients are.
        layer: the convolution of Grad-CAM; None without one.
        patch: height and width of the occluding patch in pixels.
    """

    label: int
    score: float
    score_name: str
    probabilities: np.ndarray
    maps: dict[str, np.ndarray]
    steps: "Steps"
    layer: str | None
    patch: int


@dataclass(frozen=True)
class Steps:
    """How well the integrated gradients add up.

    Args:
        count: number of steps between the baseline and the image.
        total: sum of the map.
        difference: score of the image minus score of the baseline, which the sum should be.
    """

    count: int
    total: float
    difference: float

    @property
    def error(self) -> float:
        """The completeness error: the gap as a share of the difference."""
        return abs(self.total - self.difference) / max(abs(self.difference), 1e-6)


def find_evidence(
    model: Any, image: np.ndarray, *, label: int | None = None, layer: str | None = None, seed: int = 0
) -> Evidence:
    """Return where an image speaks for a class.

    Args:
        model: a built Keras model that maps one image to one output per class.
        image: `(height, width, channels)`, from 0 to 255.
        label: the class; the likeliest one when None.
        layer: the convolution for Grad-CAM; the last one when None.
        seed: of SmoothGrad's noise.

    Raises:
        RunError: the score or a map is not finite, because training diverged.
        UsageError: there is no such class or convolution.
    """
    pixels = image.astype(np.float32) / np.float32(255)
    scoring = build_class_score(model, layer)
    probabilities = scoring.probabilities(pixels)
    if label is None:
        label = int(probabilities.argmax())
    if not 0 <= label < len(probabilities):
        raise UsageError(f"The class must be from 0 to {len(probabilities) - 1}; got {label}.")
    chosen = label

    def gradients(images: np.ndarray) -> np.ndarray:
        return _in_batches(lambda batch: scoring.gradients(batch, chosen), images)

    def scores(images: np.ndarray) -> np.ndarray:
        return _in_batches(lambda batch: scoring.scores(batch, chosen), images)

    integrated, steps = _integrate(pixels, gradients, scores)
    patch = max(1, round(min(pixels.shape[:2]) / 7))
    maps = {
        "gradient": gradients(pixels[None])[0].sum(axis=-1),
        "smooth_gradient": gradients(_noisy_copies(pixels, seed)).mean(axis=0).sum(axis=-1),
        "integrated_gradients": integrated.sum(axis=-1),
    }
    if scoring.layer is not None:
        maps["grad_cam"] = _grad_cam(scoring, pixels, label)
    maps["occlusion"] = _occlude(pixels, patch, scores)
    score = float(scores(pixels[None])[0])
    if not all(np.isfinite(values).all() for values in (np.float32(score), *maps.values())):
        raise RunError("The class's score is not finite: training diverged. Train again with a lower `learning_rate=`.")
    return Evidence(label, score, scoring.name, probabilities, maps, steps, scoring.layer, patch)


def shuffle_weights(model: Any, seed: int) -> list[np.ndarray]:
    """Return random weights for a model: in each array, the model's own values in random order."""
    generator = np.random.default_rng(seed)
    return [generator.permuted(values.reshape(-1)).reshape(values.shape) for values in model.get_weights()]


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Return Spearman's rank correlation of the sizes of two maps' values; nan if all of a map's sizes are equal.

    Pixels where both maps are 0, such as those of the background, say nothing about the network and are left out.

    >>> rank_correlation(np.array([0.0, -1, 2]), np.array([1.0, 5, 9]))
    1.0
    """
    said = (first != 0) | (second != 0)
    ranks = [_rank(np.abs(values[said])) for values in (first, second)]
    if said.sum() < 2 or any(np.ptp(values) == 0 for values in ranks):
        return float("nan")
    return round(float(np.corrcoef(ranks[0], ranks[1])[0, 1]), 12)


def _rank(values: np.ndarray) -> np.ndarray:
    """Return the rank of each value; equal values share the mean of their ranks."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[places.reshape(-1)])


def _in_batches(compute: Callable[[np.ndarray], np.ndarray], images: np.ndarray) -> np.ndarray:
    return np.concatenate([compute(images[start : start + _BATCH]) for start in range(0, len(images), _BATCH)])


def _noisy_copies(pixels: np.ndarray, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(_NOISY_COPIES, *pixels.shape)).astype(np.float32)
    return pixels + np.float32(_NOISE * np.ptp(pixels)) * noise


def find_background(pixels: np.ndarray) -> np.ndarray:
    """Return the color of an image's border, `(channels,)`: for writing, that of the paper."""
    border = [pixels[0], pixels[-1], pixels[1:-1, 0], pixels[1:-1, -1]]
    return np.asarray(np.median(np.concatenate(border), axis=0), dtype=np.float32)


def _integrate(
    pixels: np.ndarray,
    gradients: Callable[[np.ndarray], np.ndarray],
    scores: Callable[[np.ndarray], np.ndarray],
) -> tuple[np.ndarray, Steps]:
    """Integrate the gradients on the straight line from the background's color to the image.

    The number of steps is doubled until the sum is close enough to the difference of the scores.
    """
    way = pixels - find_background(pixels)
    ends = scores(np.stack([pixels - way, pixels]))
    count = _FIRST_STEPS
    while True:
        places = ((np.arange(count, dtype=np.float32) + np.float32(0.5)) / count).reshape(-1, 1, 1, 1)
        mean = np.zeros(pixels.shape, dtype=np.float64)
        for start in range(0, count, _BATCH):
            part = places[start : start + _BATCH]
            mean += gradients(pixels - way + part * way).sum(axis=0, dtype=np.float64) / count
        integrated = (mean * way).astype(np.float32)
        steps = Steps(count, float(integrated.sum(dtype=np.float64)), float(ends[1]) - float(ends[0]))
        if steps.error <= _COMPLETE or count >= _MOST_STEPS:
            return integrated, steps
        count *= 2


def _grad_cam(scoring: ClassScore, pixels: np.ndarray, label: int) -> np.ndarray:
    """Return the feature maps, each weighted with its mean gradient, added up, without what is negative."""
    from PIL import Image

    maps, gradients = scoring.map_gradients(pixels, label)
    summed = np.maximum((maps * gradients.mean(axis=(0, 1))).sum(axis=-1), 0)
    height, width = pixels.shape[:2]
    return np.asarray(Image.fromarray(summed).resize((width, height), Image.Resampling.BILINEAR))


def _occlude(pixels: np.ndarray, patch: int, scores: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Return by how much the score falls when a gray patch covers a pixel, on average over the patches that do."""
    height, width = pixels.shape[:2]
    stride = max(1, max(height, width) // 64)
    places = [(row, column) for row in _starts(height, patch, stride) for column in _starts(width, patch, stride)]
    whole = scores(pixels[None])[0]
    total, covered = np.zeros((height, width)), np.zeros((height, width))
    for start in range(0, len(places), _BATCH):
        part = places[start : start + _BATCH]
        images = np.repeat(pixels[None], len(part), axis=0)
        for image, (row, column) in zip(images, part, strict=True):
            image[row : row + patch, column : column + patch] = _GRAY
        for fall, (row, column) in zip(whole - scores(images), part, strict=True):
            total[row : row + patch, column : column + patch] += fall
            covered[row : row + patch, column : column + patch] += 1
    return (total / covered).astype(np.float32)


def _starts(size: int, patch: int, stride: int) -> list[int]:
    """Return where the patches begin along an axis; the last one ends where the image does."""
    return sorted({*range(0, size - patch + 1, stride), size - patch})
