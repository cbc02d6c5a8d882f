"""A run that is made longer: its learning rate runs through its schedule once more over the added epochs."""

from typing import Any

import keras
from keras import ops

from keras_cnn_course.training.schedule import make_schedule

__all__ = ["Cycles", "make_cycles"]


class Cycles(keras.optimizers.schedules.LearningRateSchedule):
    """Schedules one after the other, each over a number of optimizer steps of its own.

    Args:
        schedules: each counts its steps from 0.
        steps: how many optimizer steps each of them lasts.
    """

    def __init__(self, schedules: list[keras.optimizers.schedules.LearningRateSchedule], steps: list[int]) -> None:
        super().__init__()
        self.schedules, self.steps = schedules, steps

    def __call__(self, step: Any) -> Any:
        """Return the learning rate of a step, counted from 0 over all of them."""
        rate, start = self.schedules[0](step), 0
        for schedule, length in zip(self.schedules[1:], self.steps, strict=False):
            start += length
            rate = ops.where(step < start, rate, schedule(step - start))
        return rate

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"schedules": self.schedules, "steps": self.steps}


def make_cycles(
    name: str, *, learning_rate: float, steps: list[int]
) -> keras.optimizers.schedules.LearningRateSchedule | None:
    """Return the schedule of that name, once for every number of steps; None leaves the rate to the optimizer.

    >>> schedule = make_cycles("one_cycle", learning_rate=0.1, steps=[10, 20])
    >>> [round(float(schedule(step)), 3) for step in (0, 3, 9, 10, 16, 29)]
    [0.01, 0.1, 0.014, 0.01, 0.1, 0.007]
    """
    schedules = [make_schedule(name, learning_rate=learning_rate, total_steps=length) for length in steps]
    present = [schedule for schedule in schedules if schedule is not None]
    if len(present) < 2:
        return present[0] if present else None
    return Cycles(present, steps)
