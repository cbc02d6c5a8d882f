"""The learning rate range test: train while the rate grows, and see where the loss falls and where it explodes.

After Smith, "Cyclical Learning Rates for Training Neural Networks" (2017).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice

import keras
import numpy as np

from keras_cnn_course.errors import TrainingError, UsageError
from keras_cnn_course.training.building import build_engine
from keras_cnn_course.training.callbacks import Callback
from keras_cnn_course.training.engine import Engine
from keras_cnn_course.training.loop import epoch_order
from keras_cnn_course.training.plan import Plan
from keras_cnn_course.training.update import own_schedule, read_learning_rate

__all__ = ["HIGHEST", "LOWEST", "STEPS", "GrowingRate", "RateTest", "measure_rates", "run_rate_test"]

LOWEST, HIGHEST = 1e-6, 10.0
"""The learning rates at the first and at the last step."""

STEPS = 210
"""Optimizer steps of a test: 30 per factor of 10."""

_EXPLODED = 4.0  # times the smallest mean
_RECENT = 5  # steps whose mean is compared: a single small batch may have a small loss by luck
_SMOOTHING = 7  # steps on each side of the mean, about a factor of 3 in the rate together
_LEAST_FALL = 0.05  # share of the loss at the beginning


@keras.saving.register_keras_serializable(package="keras_cnn_course")
class GrowingRate(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that grows by the same factor in every step.

    >>> [round(float(GrowingRate(0.001, 1, 4)(step)), 4) for step in range(4)]
    [0.001, 0.01, 0.1, 1.0]
    """

    def __init__(self, lowest: float, highest: float, steps: int) -> None:
        self.lowest, self.highest, self.steps = lowest, highest, steps

    def __call__(self, step: keras.KerasTensor | int) -> keras.KerasTensor:
        """Return the learning rate of an optimizer step, counted from 0."""
        share = keras.ops.cast(step, "float32") / (self.steps - 1)
        return self.lowest * keras.ops.exp(share * math.log(self.highest / self.lowest))

    def get_config(self) -> dict[str, float]:
        """Return the constructor's arguments."""
        return {"lowest": self.lowest, "highest": self.highest, "steps": self.steps}


@dataclass(frozen=True)
class RateTest:
    """The result of a learning rate range test.

    Args:
        rates: learning rate of each optimizer step.
        losses: loss of each step's batch, before the step.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]

    @property
    def smoothed(self) -> tuple[float, ...]:
        """The mean of the losses over 15 neighboring steps, fewer at the ends."""
        sides = [min(_SMOOTHING, step, len(self.losses) - 1 - step) for step in range(len(self.losses))]
        return tuple(float(np.mean(self.losses[step - side : step + side + 1])) for step, side in enumerate(sides))

    @property
    def fastest(self) -> float | None:
        """The learning rate at which the smoothed loss falls fastest per factor; None if it does not fall."""
        smoothed, lowest = np.array(self.smoothed), self._lowest
        if lowest <= _SMOOTHING:
            return None
        highest = smoothed[:lowest].max()
        if highest - smoothed[lowest] < _LEAST_FALL * abs(highest):
            return None
        slopes = np.gradient(smoothed[: lowest + 1])
        return self.rates[_SMOOTHING + int(slopes[_SMOOTHING:].argmin())]

    @property
    def best(self) -> float:
        """The learning rate at which the smoothed loss is smallest. Soon after it, the training is unstable."""
        return self.rates[self._lowest]

    @property
    def suggestion(self) -> float | None:
        """A peak for the learning rate: halfway between `fastest` and `best` on a logarithmic scale; None if unclear.

        It is rounded to two digits.
        """
        return None if self.fastest is None else float(f"{math.sqrt(self.fastest * self.best):.1e}")

    @property
    def _lowest(self) -> int:
        return int(np.argmin(self.smoothed))


def run_rate_test(plan: Plan, *, callback: Callback | None = None) -> RateTest:
    """Train a plan's model from its initial weights while the learning rate grows. No run folder is written.

    Args:
        callback: receives what the recipe's reader may not expect, as warnings.

    Raises:
        RecipeError: the model cannot be trained as it asks for.
        UsageError: the recipe's optimizer has a schedule of its own.
        TrainingError: the loss is infinite or not a number from the beginning.
    """
    engine = build_engine(plan, callback or Callback(), schedule=GrowingRate(LOWEST, HIGHEST, STEPS))
    if own_schedule(engine.optimizer) is not None:
        raise UsageError(
            f"The optimizer of {plan.recipe.source.name} has its own learning rate schedule, so there is no rate to "
            "find. Make it with hyperparameters.learning_rate."
        )
    return measure_rates(engine, _batches(plan))


def measure_rates(engine: Engine, batches: Iterator[np.ndarray]) -> RateTest:
    """Train an engine with a `GrowingRate` step by step, until the loss explodes or the rate is at its highest.

    Args:
        batches: indices into the images that the engine has loaded, at least as many batches as steps.

    Raises:
        TrainingError: the first loss is infinite or not a number.
    """
    schedule = engine.schedule
    if not isinstance(schedule, GrowingRate):
        raise TypeError(f"The engine must train with a GrowingRate; got {type(schedule).__name__}.")
    rates: list[float] = []
    losses: list[float] = []
    for batch in islice(batches, schedule.steps):
        loss = engine.train(batch).loss
        if not math.isfinite(loss):
            break
        rates.append(read_learning_rate(engine.optimizer))  # a skipped step in float16 repeats its rate
        losses.append(loss)
        if _has_exploded(losses):
            break
    if not losses:
        raise TrainingError(
            f"The loss of the first batch is {loss}, before any optimizer step, so no learning rate can be found. "
            "Check the loss function and the layers of the model, or try `precision='float32'`."
        )
    return RateTest(tuple(rates), tuple(losses))


def _has_exploded(losses: Sequence[float]) -> bool:
    """Return whether the mean of the last losses is four times the smallest such mean.

    A loss that falls below zero has no such scale: its test ends where it is no longer finite.
    """
    if len(losses) < _RECENT:
        return False
    means = np.convolve(losses, np.full(_RECENT, 1 / _RECENT), "valid")
    return bool(0 < _EXPLODED * means.min() < means[-1])


def _batches(plan: Plan) -> Iterator[np.ndarray]:
    """Yield full batches in the order of the epochs."""
    size = min(plan.hyperparameters.batch_size, plan.train_examples)
    for epoch in count(1):
        order = plan.train_index[epoch_order(plan.train_examples, seed=plan.seed, epoch=epoch)]
        for start in range(0, len(order) - size + 1, size):
            yield order[start : start + size]
