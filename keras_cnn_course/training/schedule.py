"""How the learning rate changes from step to step."""

import math
from typing import Any

import keras
from keras import ops

__all__ = ["OneCycle", "make_schedule"]


@keras.saving.register_keras_serializable("keras_cnn_course")
class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """Rise linearly to a peak, then fall linearly to almost zero.

    A large rate in the middle crosses the loss surface fast, the small one at the end settles: with it these models
    need a few epochs where a constant rate needs many (Smith and Topin, 2018, "Super-convergence").

    Args:
        peak: the largest learning rate.
        total_steps: optimizer steps of the whole training.
        warmup_share: share of the steps spent rising.
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


def make_schedule(name: str, *, learning_rate: float, total_steps: int) -> OneCycle | None:
    """Return the schedule of that name for `total_steps`; None leaves the rate as the optimizer has it."""
    return OneCycle(learning_rate, total_steps) if name == "one_cycle" else None
