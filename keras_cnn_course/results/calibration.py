"""How far the probabilities of a model can be trusted: reliability, its errors, and temperature scaling.

A model is calibrated if, of all images that it classifies with a probability of 80%, 80% are classified correctly.
(Guo et al., On Calibration of Modern Neural Networks, ICML 2017.)
"""

from dataclasses import dataclass

import numpy as np

__all__ = [
    "Calibration",
    "Reliability",
    "ReliabilityBin",
    "fit_temperature",
    "measure_calibration",
    "measure_reliability",
    "scale_probabilities",
]

_BINS = 15
_RESAMPLES = 1000
_TINY = float(np.finfo(np.float32).tiny)
_LOWEST, _HIGHEST = 0.05, 20.0


@dataclass(frozen=True)
class ReliabilityBin:
    """The images whose likeliest class has a probability above `low`, up to `high`.

    Args:
        count: number of images.
        confidence: mean probability of the likeliest class; None without images.
        accuracy: share of correct answers; None without images.
    """

    low: float
    high: float
    count: int
    confidence: float | None
    accuracy: float | None


@dataclass(frozen=True)
class Calibration:
    """How well probabilities agree with the labels.

    Args:
        ece: expected calibration error, from 0 to 1: mean distance of confidence and accuracy over the bins, weighted
            by their images.
        ece_interval: 95% percentile interval of the error over bootstrap samples of the images.
        nll: mean negative log-likelihood of the labels, in nats.
        brier: mean over the images of the squared distance between probabilities and label, from 0 to 2.
        accuracy: share of correct answers.
        bins: of equal width, in ascending order.
    """

    ece: float
    ece_interval: tuple[float, float]
    nll: float
    brier: float
    accuracy: float
    bins: tuple[ReliabilityBin, ...]


@dataclass(frozen=True)
class Reliability:
    """The calibration on test images, before and after temperature scaling.

    Args:
        before: with the model's own probabilities.
        temperature: fitted on the validation images; None if there is none.
        after: with the probabilities scaled by it; None without a temperature.
        validation_examples: number of images that the temperature was fitted on; 0 if they are not at hand.
        note: why there is no temperature, as a sentence; empty if there is one.
    """

    before: Calibration
    temperature: float | None
    after: Calibration | None
    validation_examples: int
    note: str


def measure_calibration(probabilities: np.ndarray, labels: np.ndarray, *, seed: int = 0) -> Calibration:
    """Compare the probabilities of a model with the labels.

    Args:
        probabilities: float `(n, classes)`, n > 0; each row sums to 1.
        labels: integers `(n,)`.
        seed: of the bootstrap samples.

    >>> result = measure_calibration(np.array([[0.9, 0.1], [0.3, 0.7]]), np.array([0, 0]))
    >>> round(result.ece, 3), round(result.brier, 3), result.accuracy
    (0.4, 0.5, 0.5)
    """
    values = np.asarray(probabilities, dtype=np.float64)
    examples = len(values)
    confidence = values.max(axis=1)
    correct = values.argmax(axis=1) == labels
    given = values[np.arange(examples), labels]
    place = np.clip(np.ceil(confidence * _BINS).astype(int) - 1, 0, _BINS - 1)
    gap = confidence - correct
    generator = np.random.default_rng(seed)
    samples = []
    for _ in range(_RESAMPLES):
        chosen = generator.integers(examples, size=examples)
        samples.append(_binned_error(place[chosen], gap[chosen]))
    low, high = np.quantile(samples, [0.025, 0.975])
    squares = (values**2).sum(axis=1) - 2 * given + 1
    return Calibration(
        ece=_binned_error(place, gap),
        ece_interval=(float(low), float(high)),
        nll=float(-np.log(np.maximum(given, _TINY)).mean()),
        brier=float(squares.mean()),
        accuracy=float(correct.mean()),
        bins=tuple(_describe_bin(number, confidence, correct, place == number) for number in range(_BINS)),
    )


def fit_temperature(probabilities: np.ndarray, labels: np.ndarray) -> float | None:
    """Return the temperature that makes the labels likeliest, or None if there is none from 0.05 to 20.

    There is none if every image is classified correctly: the lower the temperature, the likelier are the labels.

    Args:
        probabilities: float `(n, classes)`, n > 0.
        labels: integers `(n,)`.
    """
    logits = np.log(np.maximum(np.asarray(probabilities, dtype=np.float64), _TINY))
    given = logits[np.arange(len(logits)), labels]

    def slope(temperature: float) -> float:
        """Return the derivative of the negative log-likelihood by 1 / temperature, which rises with the latter."""
        expected = (_softmax(logits / temperature) * logits).sum(axis=1)
        return float((expected - given).mean())

    low, high = _LOWEST, _HIGHEST
    if slope(low) <= 0 or slope(high) >= 0:
        return None
    while high / low > 1 + 1e-9:
        middle = (low * high) ** 0.5
        low, high = (middle, high) if slope(middle) > 0 else (low, middle)
    return high


def scale_probabilities(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Return the softmax of the logits divided by a temperature, float64 `(n, classes)`.

    Logarithms of probabilities are logits up to a constant per image. The likeliest class stays the same.
    """
    return _softmax(np.log(np.maximum(np.asarray(probabilities, dtype=np.float64), _TINY)) / temperature)


def measure_reliability(
    probabilities: np.ndarray,
    labels: np.ndarray,
    validation: tuple[np.ndarray, np.ndarray] | None,
    *,
    missing: str = "",
) -> Reliability:
    """Measure the calibration on test images, and what a temperature from the validation images changes.

    Args:
        probabilities: of the test images, float `(n, classes)`.
        labels: of the test images, integers `(n,)`.
        validation: probabilities and labels of the validation images; None if they are not at hand.
        missing: why they are not at hand, as a sentence.
    """
    before = measure_calibration(probabilities, labels)
    if validation is None:
        return Reliability(before, None, None, 0, missing)
    examples = len(validation[1])
    temperature = fit_temperature(*validation)
    if temperature is None:
        wrong = int((validation[0].argmax(axis=1) != validation[1]).sum())
        note = (
            f"No temperature fits the {examples:,} validation images, of which {wrong:,} are classified incorrectly. "
            "More validation images would be needed."
        )
        return Reliability(before, None, None, examples, note)
    after = measure_calibration(scale_probabilities(probabilities, temperature), labels)
    return Reliability(before, temperature, after, examples, "")


def _binned_error(place: np.ndarray, gap: np.ndarray) -> float:
    return float(np.abs(np.bincount(place, weights=gap, minlength=_BINS)).sum() / len(gap))


def _describe_bin(number: int, confidence: np.ndarray, correct: np.ndarray, within: np.ndarray) -> ReliabilityBin:
    low, high = number / _BINS, (number + 1) / _BINS
    if not within.any():
        return ReliabilityBin(low, high, 0, None, None)
    return ReliabilityBin(low, high, int(within.sum()), float(confidence[within].mean()), float(correct[within].mean()))


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
