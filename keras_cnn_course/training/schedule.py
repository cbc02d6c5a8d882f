"""The learning rate of every optimizer step."""

import math
from typing import Any

import keras
from keras import ops

__all__ = ["Cycles", "OneCycle", "make_schedule"]


@keras.saving.register_keras_serializable("keras_cnn_course")
class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """Rise linearly to a peak, then fall linearly to almost zero.

    A large rate in the middle crosses the loss surface quickly, and a small one at the end lets the weights settle.
    These models then need a few epochs where a constant rate needs many (Smith and Topin, 2018, "Super-convergence").

    Args:
        peak: the largest learning rate.
        total_steps: number of optimizer steps.
        warmup_share: share of the steps in which the rate rises.
        initial_share: learning rate of the first step, as a share of the peak.
        final_share: learning rate after the last step, as a share of the peak.

    >>> schedule = OneCycle(peak=0.004, total_steps=100, warmup_share=0.3)
    >>> [round(float(schedule(step)), 5) for step in (0, 30, 100)]
    [0.0004, 0.004, 0.0]
    """

    def __init__(
        self,
        peak: float,
        total_steps: int,
        *,
        warmup_share: float = 0.3,
        initial_share: float = 0.1,
        final_share: float = 0.001,
    ) -> None:
        super().__init__()
        self.peak, self.total_steps = peak, total_steps
        self.warmup_share, self.initial_share, self.final_share = warmup_share, initial_share, final_share

    def __call__(self, step: Any) -> Any:
        """Return the learning rate of a step, counted from 0."""
        step = ops.cast(step, "float32")
        warmup = max(1, math.floor(self.warmup_share * self.total_steps))
        rising = self.initial_share + (1 - self.initial_share) * step / warmup
        fallen = ops.minimum((step - warmup) / max(1, self.total_steps - warmup), 1.0)
        falling = 1 - (1 - self.final_share) * fallen
        return self.peak * ops.where(step < warmup, rising, falling)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            "peak": self.peak,
            "total_steps": self.total_steps,
            "warmup_share": self.warmup_share,
            "initial_share": self.initial_share,
            "final_share": self.final_share,
        }


class Cycles(keras.optimizers.schedules.LearningRateSchedule):
    """Run several schedules in turn, each for its own number of optimizer steps.

    Args:
        schedules: each of them counts its steps from 0.
        steps: number of optimizer steps of each schedule.
    """

    def __init__(self, schedules: list[keras.optimizers.schedules.LearningRateSchedule], steps: list[int]) -> None:
        super().__init__()
        self.schedules, self.steps = schedules, steps

    def __call__(self, step: Any) -> Any:
        """Return the learning rate of a step, counted from 0 over all schedules."""
        rate, start = self.schedules[0](step), 0
        for schedule, length in zip(self.schedules[1:], self.steps, strict=False):
            start += length
            rate = ops.where(step < start, rate, schedule(step - start))
        return rate

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"schedules": self.schedules, "steps": self.steps}


def make_schedule(
    name: str, *, learning_rate: float, steps: list[int]
) -> keras.optimizers.schedules.LearningRateSchedule | None:
    """Return the schedule of that name, or None for `constant`, which leaves the learning rate to the optimizer.

    Args:
        learning_rate: the largest learning rate.
        steps: number of optimizer steps of each cycle. A run that is made longer has one cycle per part.

    >>> schedule = make_schedule("one_cycle", learning_rate=0.1, steps=[10, 20])
    >>> [round(float(schedule(step)), 3) for step in (0, 3, 9, 10, 16, 29)]
    [0.01, 0.1, 0.014, 0.01, 0.1, 0.007]
    """
    if name == "constant":
        return None
    cycles = [OneCycle(learning_rate, length) for length in steps]
    return cycles[0] if len(cycles) == 1 else Cycles(cycles, steps)
