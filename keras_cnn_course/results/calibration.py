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
        ece_interval: 95% interval of the error on infinitely many images, from bootstrap samples of the images. It
            contains `ece`. Chance makes `ece` larger, so the interval reaches further down than up; to 0 if chance may
            be all there is.
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
    gaps = _average_gaps(place, gap)
    squares = (values**2).sum(axis=1) - 2 * given + 1
    return Calibration(
        ece=float(np.abs(gaps).sum()),
        ece_interval=_find_interval(gaps, place, gap, seed=seed),
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


def _average_gaps(place: np.ndarray, gap: np.ndarray) -> np.ndarray:
    """Return confidence minus accuracy in each bin, weighted by the bin's share of the images, `(bins,)`."""
    return np.asarray(np.bincount(place, weights=gap, minlength=_BINS) / len(gap))


def _find_interval(gaps: np.ndarray, place: np.ndarray, gap: np.ndarray, *, seed: int) -> tuple[float, float]:
    """Return a 95% interval of the sum of the absolute true gaps.

    Percentiles of the error over bootstrap samples are no such interval: the error of a sample is nearly always too
    large, as chance gives a gap to a bin that has none, and bootstrap samples add chance once more. But the chance Z
    in a bin, which they show, can make its absolute gap too large by at most |Z|, and too small by at most Z against
    the sign of the gap. The ends are 97.5% quantiles of the sums of these over the bins.

    Args:
        gaps: of the bins.
        place: number of each image's bin.
        gap: confidence minus correctness (0 or 1) of each image.
    """
    generator, chances = np.random.default_rng(seed), []
    for _ in range(_RESAMPLES):
        chosen = generator.integers(len(gap), size=len(gap))
        chances.append(_average_gaps(place[chosen], gap[chosen]) - gaps)
    error, chance = np.abs(gaps).sum(), np.array(chances)
    too_large = np.quantile(np.abs(chance).sum(axis=1), 0.975)
    too_small = np.quantile((-np.sign(gaps) * chance).sum(axis=1), 0.975)
    return float(max(0.0, error - too_large)), float(min(1.0, error + too_small))


def _describe_bin(number: int, confidence: np.ndarray, correct: np.ndarray, within: np.ndarray) -> ReliabilityBin:
    low, high = number / _BINS, (number + 1) / _BINS
    if not within.any():
        return ReliabilityBin(low, high, 0, None, None)
    return ReliabilityBin(low, high, int(within.sum()), float(confidence[within].mean()), float(correct[within].mean()))


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
