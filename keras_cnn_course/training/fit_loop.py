"""The loop of `kcnn.fit`: the engine for a model of any kind, and the epochs in the order in which Keras does things.

The model receives the images as they are, its compiled metrics are computed with every step, and callbacks are
called by Keras's own list of callbacks. Only the loop differs: many steps per call, on data that stay on the device. A
callback that is interested in batches gets one call per step, as with Keras; that costs a part of the speed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.utils.python_utils import pythonify_logs

from keras_cnn_course.errors import TrainingError, UsageError, describe_failure
from keras_cnn_course.training.engine import Engine
from keras_cnn_course.training.fit_data import Examples
from keras_cnn_course.training.honored import LOOP

__all__ = ["FitLoop", "KerasEngine", "make_engine", "refuse_model", "reporting_failures"]

_COMPUTED = ("compute_metrics", "get_metrics_result", "reset_metrics", "predict_step", "predict", "predict_on_batch")


class KerasEngine(Engine):
    """The engine for a model of any kind: it feeds the images as they are, and updates the model's own metrics."""

    def __init__(self, model: keras.Model, *, batch_size: int) -> None:
        device = model.trainable_variables[0].value.device
        super().__init__(model, batch_size=batch_size, tf_device=device)
        self._validation_calls: dict[int, Any] = {}

    def _prepare(self, images: tf.Tensor) -> tf.Tensor:
        return images

    def _count_correct(
        self, images: tf.Tensor, labels: tf.Tensor, outputs: tf.Tensor, weights: tf.Tensor | None, loss: tf.Tensor
    ) -> tf.Tensor:
        self._update_metrics(images, labels, outputs, weights, loss)
        return tf.constant(0.0)

    def _update_metrics(
        self, images: tf.Tensor, labels: tf.Tensor, outputs: tf.Tensor, weights: tf.Tensor | None, loss: tf.Tensor
    ) -> None:
        """Update the loss and the compiled metrics of an epoch, as Keras's `train_step` does."""
        self.model._loss_tracker.update_state(loss, sample_weight=tf.shape(images)[0])
        self.model.compute_metrics(images, labels, outputs, sample_weight=weights)

    def load_validation(self, examples: Examples) -> None:
        """Place the validation images on the device."""
        with tf.device(self.tf_device):
            self._validation_data = [tf.constant(array) for array in examples.arrays]

    def validate(self, batches: np.ndarray) -> None:
        """Update the metrics with batches of indices `(steps, batch_size)` of validation images, in inference mode."""
        with tf.device(self.tf_device):
            size = batches.shape[1]
            if size not in self._validation_calls:
                call = tf.function(self._validate_steps, **self._compile)
                specification = tf.TensorSpec((None, size), tf.int32)
                try:
                    self._validation_calls[size] = call.get_concrete_function(specification)
                except Exception as error:  # a layer or a metric of one's own may raise anything
                    raise TrainingError(
                        f"The model cannot be validated on a batch of {size} images. {describe_failure(error)}"
                    ) from error
            self._validation_calls[size](tf.constant(batches, tf.int32))

    def _validate_steps(self, batches: tf.Tensor) -> tf.Tensor:
        def validate_on(step: tf.Tensor) -> tuple[tf.Tensor]:
            images, labels, *given = (tf.gather(values, batches[step]) for values in self._validation_data)
            weights = self._weigh(labels, *given)
            outputs = self.model(images, training=False)
            loss = self.model._compute_loss(images, labels, outputs, weights, training=False)
            self._update_metrics(images, labels, outputs, weights, loss)
            return (step + 1,)

        steps = tf.shape(batches)[0]
        return tf.while_loop(lambda step: step < steps, validate_on, (tf.constant(0),), parallel_iterations=1)[0]


@dataclass(frozen=True)
class FitLoop:
    """The epochs of a call of `fit`, in the order in which Keras does things.

    Args:
        seed: of the order of the images, which is another one in each epoch; None keeps them as they are.
    """

    engine: KerasEngine
    callbacks: Any
    examples: Examples
    validation: Examples | None
    validation_batch_size: int
    validation_freq: int | list[int]
    seed: int | None

    def run(self, initial_epoch: int, epochs: int) -> None:
        """Train epoch by epoch."""
        model, callbacks = self.engine.model, self.callbacks
        model.stop_training = False
        callbacks.on_train_begin()
        logs: dict[str, Any] | None = None
        for epoch in range(model._initial_epoch or initial_epoch, epochs):  # BackupAndRestore sets the former
            model.reset_metrics()
            callbacks.on_epoch_begin(epoch)
            self._train(epoch)
            logs = _read_metrics(model)
            if self.validation is not None and model._should_eval(epoch, self.validation_freq):
                logs |= {f"val_{name}": value for name, value in self._validate(self.validation).items()}
            callbacks.on_epoch_end(epoch, logs)
            if model.stop_training:
                break
        if epochs > 0:
            model.optimizer.finalize_variable_values(model.trainable_weights)
        callbacks.on_train_end(logs=logs)

    def _train(self, epoch: int) -> None:
        """Train on every image once."""
        engine, callbacks, count = self.engine, self.callbacks, len(self.examples)
        order = np.arange(count) if self.seed is None else np.random.default_rng([self.seed, epoch]).permutation(count)
        if _listens_to_batches(callbacks, "train"):
            for step, start in enumerate(range(0, count, engine.batch_size)):
                callbacks.on_train_batch_begin(step)
                engine.train(order[start : start + engine.batch_size])
                callbacks.on_train_batch_end(step, _read_metrics(engine.model))
                if engine.model.stop_training:
                    return
            return
        seen = 0
        for scores in engine.train_in_parts(order):
            seen += scores.images
            callbacks.on_train_batch_end(-(-seen // engine.batch_size) - 1, _read_metrics(engine.model))

    def _validate(self, validation: Examples) -> dict[str, Any]:
        """Return the metrics on the validation images."""
        engine, callbacks = self.engine, self.callbacks
        by_batch = _listens_to_batches(callbacks, "test")
        engine.model.reset_metrics()
        callbacks.on_test_begin()
        step = 0
        for batches in _divide(len(validation), self.validation_batch_size, by_batch=by_batch):
            callbacks.on_test_batch_begin(step)
            engine.validate(batches)
            step += len(batches)
            callbacks.on_test_batch_end(step - 1, _read_metrics(engine.model))
        logs = _read_metrics(engine.model)
        callbacks.on_test_end(logs)
        return logs


def _divide(count: int, batch_size: int, *, by_batch: bool) -> Iterator[np.ndarray]:
    """Yield the indices of `count` examples as arrays `(steps, batch_size)`, each for one call."""
    steps = count // batch_size
    full = np.arange(steps * batch_size).reshape(steps, batch_size)
    if steps:
        yield from full[:, None] if by_batch else [full]
    if count % batch_size:
        yield np.arange(steps * batch_size, count)[None]


def _listens_to_batches(callbacks: Any, phase: str) -> bool:
    """Return whether a callback other than Keras's progress bar does something with every batch."""
    names = [f"on_{phase}_batch_begin", f"on_{phase}_batch_end"]
    names += ["on_batch_begin", "on_batch_end"] if phase == "train" else []
    for callback in callbacks.callbacks:
        if type(callback) is keras.callbacks.ProgbarLogger:
            continue
        if type(callback) is keras.callbacks.ModelCheckpoint and callback.save_freq == "epoch":
            continue
        if not all(getattr(getattr(callback, name), "_is_default", False) for name in names):
            return True
    return False


def _read_metrics(model: keras.Model) -> dict[str, Any]:
    """Return the values of the compiled metrics by name, as they are in a History: numbers, or arrays of them."""
    values: dict[str, Any] = pythonify_logs(model.get_metrics_result())
    return values


@contextmanager
def reporting_failures() -> Iterator[None]:
    """Turn an error of TensorFlow in a compiled step into one sentence.

    Raises:
        TrainingError: there was one.
    """
    try:
        yield
    except tf.errors.OpError as error:
        # The message is a traceback of the graph, in which one line says what is wrong.
        lines = [line for line in map(str.strip, str(error.message).splitlines()) if line and line[:2] != "[["]
        reason = (lines or [type(error).__name__])[-1].partition(" Label values:")[0].strip(" .")
        hint = " Do the labels fit the loss and the number of the model's outputs?"
        is_value = isinstance(error, tf.errors.InvalidArgumentError)
        raise TrainingError(f"The training failed: {reason[:300]}.{hint if is_value else ''}") from error


def refuse_model(model: keras.Model) -> None:
    """Check that the engine would train the model as Keras does."""
    if not model.compiled:
        raise UsageError("The model is not compiled. Call model.compile(optimizer, loss, metrics=[...]) first.")
    for name in LOOP:
        if name not in _COMPUTED and not str(getattr(model, name).__module__).startswith("keras."):
            raise UsageError(f"{model.name} has its own {name}, which kcnn.fit would never call. Use model.fit.")
    if model.run_eagerly:
        raise UsageError("The model is compiled with run_eagerly=True, but kcnn.fit compiles the step. Use model.fit.")
    if model.distribute_strategy.num_replicas_in_sync > 1:
        raise UsageError("The model was built for several replicas, and kcnn.fit trains on one device. Use model.fit.")


def make_engine(model: keras.Model, examples: Examples, validation: Examples | None, *, batch_size: int) -> KerasEngine:
    """Make the variables that the model, its metrics and its optimizer lack, and load the images.

    Raises:
        UsageError: there is nothing to train.
    """
    model._symbolic_build(data_batch=tuple(examples.part(0, batch_size).arrays))
    if not model.trainable_variables:
        raise UsageError(f"{model.name} has no trainable weights, so there is nothing to train.")
    engine = KerasEngine(model, batch_size=batch_size)
    engine.load(*examples.arrays)
    if validation is not None:
        engine.load_validation(validation)
    return engine
