"""Keras callbacks in the engine's training: which methods are called when, and which callbacks are refused.

The engine runs many optimizer steps in one call, so it has no moment between two batches. It calls what can be called
between epochs, with what Keras passes there:

    called    set_params, set_model, on_train_begin, on_epoch_begin, on_epoch_end, on_train_end
    heeded    model.stop_training, weights that a callback changes, and with schedule="constant" the learning rate
    refused   callbacks that override a method of `REFUSED`, before anything is written
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from keras_cnn_course.errors import TrainingError, UsageError
from keras_cnn_course.training.callbacks import Callback, TrainingStart

if TYPE_CHECKING:
    import keras

    from keras_cnn_course.training.plan import Plan

__all__ = ["REFUSED", "KerasCallbacks", "check_keras_callbacks"]

# Methods that Keras calls at moments which the engine does not have: between two batches, and around a validation.
REFUSED = (
    *("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end"),
    *("on_test_begin", "on_test_end", "on_test_batch_begin", "on_test_batch_end"),
)
_ADVICE = {
    "BackupAndRestore": "A run has checkpoints of its own; continue it with kcnn train --resume.",
    "ProgbarLogger": "The progress is shown without it.",
    "TensorBoard": "Use log='tensorboard' instead.",
}
_CHANGE_THE_RATE = ("LearningRateScheduler", "ReduceLROnPlateau")


def check_keras_callbacks(callbacks: "Sequence[keras.callbacks.Callback]") -> None:
    """Check that the engine calls all that these callbacks do.

    Raises:
        UsageError: one is no Keras callback, or overrides a method that the engine never calls.
    """
    import keras

    for callback in callbacks:
        name = type(callback).__name__
        if not isinstance(callback, keras.callbacks.Callback):
            raise UsageError(f"callbacks must hold objects of keras.callbacks.Callback; got {name}.")
        if _needs_no_batches(callback):
            continue
        overridden = [method for method in REFUSED if not _is_inherited(callback, method)]
        if overridden:
            advice = _ADVICE.get(name, "Do this work in on_epoch_begin or on_epoch_end.")
            raise UsageError(
                f"The callback {name} cannot be used: it overrides {', '.join(overridden)}, but kcnn trains many "
                f"batches in one call and calls callbacks only between epochs. {advice}"
            )


def _is_inherited(callback: Any, method: str) -> bool:
    """Return whether a method is the one of Keras's base class, which does nothing."""
    import keras

    return getattr(getattr(callback, method), "__func__", None) is getattr(keras.callbacks.Callback, method)


def _needs_no_batches(callback: Any) -> bool:
    """Return whether a callback of Keras's own does nothing in the methods that are never called."""
    import keras

    if type(callback) is keras.callbacks.ModelCheckpoint:
        return callback.save_freq == "epoch"
    return type(callback) is keras.callbacks.TerminateOnNaN  # the training ends then anyway


class KerasCallbacks(Callback):
    """Passes the progress of a training on to Keras callbacks.

    The logs at the end of an epoch are `loss`, `accuracy`, `val_loss` and `val_accuracy`, as in history.csv. Epochs
    are counted from 0, as Keras counts them.

    Args:
        callbacks: called in this order.

    Raises:
        UsageError: one of them cannot be used (see `check_keras_callbacks`).
    """

    def __init__(self, callbacks: "Sequence[keras.callbacks.Callback]") -> None:
        check_keras_callbacks(callbacks)
        self.callbacks = tuple(callbacks)

    @property
    def names(self) -> tuple[str, ...]:
        """The class of each callback."""
        return tuple(type(callback).__name__ for callback in self.callbacks)

    def on_plan(self, plan: "Plan") -> None:
        """Refuse a callback that changes a learning rate which follows a schedule.

        Raises:
            UsageError: there is one.
        """
        schedule = plan.hyperparameters.schedule
        changing = [name for name in self.names if name in _CHANGE_THE_RATE]
        if changing and schedule != "constant":
            raise UsageError(f"The callback {changing[0]} cannot be used: {_explain(schedule)}")

    def on_train_begin(self, start: TrainingStart) -> None:
        """Give the callbacks the model and call their on_train_begin."""
        self.model, self.schedule = start.model, start.plan.hyperparameters.schedule
        params = {"verbose": 0, "epochs": start.plan.epochs, "steps": start.plan.steps_per_epoch}
        for callback in self.callbacks:
            callback.set_params(params)
            callback.set_model(self.model)
        self._call("on_train_begin")

    def on_epoch_begin(self, epoch: int) -> None:
        """Call on_epoch_begin."""
        self._call("on_epoch_begin", epoch - 1)

    def on_epoch_end(self, row: Mapping[str, float]) -> None:
        """Call on_epoch_end with the epoch's row of history.csv."""
        self.logs = {name: row[name] for name in ("loss", "accuracy", "val_loss", "val_accuracy")}
        self._call("on_epoch_end", int(row["epoch"]) - 1, logs=self.logs)

    def on_train_end(self) -> None:
        """Call on_train_end with the logs of the last epoch."""
        self._call("on_train_end", logs=getattr(self, "logs", None))

    def _call(self, method: str, *arguments: int, logs: dict[str, float] | None = None) -> None:
        """Call a method of every callback.

        Raises:
            TrainingError: a callback has changed a learning rate that follows a schedule.
        """
        for callback in self.callbacks:
            before = float(self.model.optimizer.learning_rate)
            getattr(callback, method)(*arguments, logs)
            if self.schedule != "constant" and float(self.model.optimizer.learning_rate) != before:
                raise TrainingError(
                    f"The callback {type(callback).__name__} has changed the learning rate, but "
                    f"{_explain(self.schedule)}"
                )


def _explain(schedule: str) -> str:
    return (
        f"the learning rate follows the schedule {schedule!r}, which sets it before every step. "
        "Train with schedule='constant' to set it in a callback."
    )
