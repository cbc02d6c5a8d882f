"""The compiled training step: many optimizer steps in one call, on images that stay where they are computed on.

`model.fit` copies each batch from NumPy, runs one step a call and updates the weights in many small operations. Here
the uint8 images lie on the device once; one compiled call gathers, scales, trains on and updates with a whole run of
batches. What is computed is what Keras computes: tests compare the weights with `train_on_batch`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_cnn_course.errors import TrainingError
from keras_cnn_course.training.augmentation import Distortion, distort
from keras_cnn_course.training.pooling_first import pooling_first
from keras_cnn_course.training.precision import computing_in
from keras_cnn_course.training.replicas import leave_gradients_as_they_are, own_share, sum_over_replicas
from keras_cnn_course.training.update import apply_gradients, why_not_fused

__all__ = ["Engine", "Scores"]

CALLS_PER_EPOCH = 20
EVALUATION_BATCH = 1000


@dataclass(frozen=True)
class Scores:
    """Mean loss and share of right answers over some images."""

    loss: float
    accuracy: float


class Engine:
    """Trains and evaluates one compiled Keras classifier with integer labels.

    Args:
        model: compiled; image batch `(n, height, width, channels)` float32 in [0, 1] to `(n, num_classes)`.
        batch_size: images an optimizer step; the last step of an epoch takes what is left.
        schedule: learning rate of each step; None leaves the rate to the model's optimizer.
        precision: of the hidden layers, see `computing_in`.
        distortion: how the training images are changed; None trains on them as they are.
        seed: of the distortion; each optimizer step draws anew from the seed and its number.
        tf_device: such as `/CPU:0`; of evaluation, and of training where there is one replica.
        strategy: the one in whose scope the model was built; TensorFlow's default of one replica when None. Each
            replica computes its share of every batch, and all make the step that one would have made on the whole.

    Example:
        engine = Engine(model, batch_size=250)
        engine.load(x_train, y_train)
        engine.train(np.random.permutation(len(x_train)))     # one epoch, a Scores
        engine.evaluate(x_val, y_val)                         # a Scores
    """

    def __init__(
        self,
        model: keras.Model,
        *,
        batch_size: int,
        schedule: keras.optimizers.schedules.LearningRateSchedule | None = None,
        precision: str = "float32",
        distortion: Distortion | None = None,
        seed: int = 0,
        tf_device: str = "/CPU:0",
        strategy: tf.distribute.Strategy | None = None,
    ) -> None:
        self.model = model
        self.batch_size = batch_size
        self.schedule = schedule
        self.precision = precision
        self.distortion = distortion
        self.seed = seed
        self.tf_device = tf_device
        self.strategy = strategy or tf.distribute.get_strategy()
        self.replicas = self.strategy.num_replicas_in_sync
        with self.strategy.scope():
            if precision == "float16":
                model.optimizer = keras.optimizers.LossScaleOptimizer(model.optimizer)
            self.optimizer = model.optimizer
            self.optimizer.build(model.trainable_variables)
        leave_gradients_as_they_are(self.optimizer)
        # XLA makes these convolutions slower on a CPU and faster on a GPU; it cannot compile across devices.
        self._compile = {"autograph": False, "jit_compile": "GPU" in tf_device and self.replicas == 1}
        # Each is traced once and kept: of functions that engine after engine traces anew, TensorFlow warns.
        self._train_calls: dict[int, Callable[..., Any]] = {}
        self._evaluate_calls: dict[tf.TensorSpec, Callable[..., Any]] = {}

    def describe(self) -> str:
        """Return which path the training takes, and why, for people."""
        reason = why_not_fused(self.optimizer, self.model.trainable_variables)
        update = f"{type(self.optimizer).__name__} as Keras runs it ({reason})" if reason else "fused"
        return f"compiled steps, {update} update"

    def load(self, images: np.ndarray, labels: np.ndarray) -> None:
        """Place the training images `(n, height, width, channels)` and labels `(n,)` on the device of every replica."""
        devices = self.strategy.extended.worker_devices if self.replicas > 1 else (self.tf_device,)

        def place(replica: tf.distribute.experimental.ValueContext) -> tuple[tf.Tensor, tf.Tensor]:
            with tf.device(devices[replica.replica_id_in_sync_group % len(devices)]):
                return tf.constant(images), tf.constant(labels, tf.int32)

        self._data = self.strategy.experimental_distribute_values_from_function(place)

    def train(self, order: np.ndarray, progress: Callable[[int, Scores], None] | None = None) -> Scores:
        """Train one epoch over the images in the given order.

        Args:
            order: `(n,)` indices into the loaded images.
            progress: called now and then with the images seen and the scores of the epoch so far.

        Returns:
            Loss and accuracy over the epoch, each measured before the step that the image took part in.
        """
        full_steps, rest = divmod(len(order), self.batch_size)
        batches = order[: full_steps * self.batch_size].astype(np.int32).reshape(full_steps, self.batch_size)
        stride = max(1, math.ceil(full_steps / CALLS_PER_EPOCH))
        chunks = [batches[start : start + stride] for start in range(0, full_steps, stride)]
        if rest:
            chunks.append(order[-rest:].astype(np.int32).reshape(1, rest))
        loss_sum, right, seen = 0.0, 0, 0
        for chunk in chunks:
            with tf.device(self.tf_device):
                chunk_loss, chunk_right = self._train_call(chunk.shape[1])(tf.constant(chunk))
            loss_sum, right, seen = loss_sum + float(chunk_loss), right + int(chunk_right), seen + chunk.size
            if progress:
                progress(seen, Scores(loss_sum / seen, right / seen))
        return Scores(loss_sum / seen, right / seen)

    def evaluate(self, images: np.ndarray, labels: np.ndarray) -> Scores:
        """Return mean loss and accuracy on images in float32, in inference mode."""
        loss_sum, right = 0.0, 0
        for start in range(0, len(images), EVALUATION_BATCH):
            part = slice(start, start + EVALUATION_BATCH)
            with tf.device(self.tf_device):
                loss, hits = self._evaluate_batch(tf.constant(images[part]), tf.constant(labels[part], tf.int32))
            loss_sum, right = loss_sum + float(loss) * len(images[part]), right + int(hits)
        return Scores(loss_sum / len(images), right / len(images))

    def _train_call(self, batch_size: int) -> Callable[..., Any]:
        """Return the compiled call for batches of one size.

        Raises:
            TrainingError: a layer of the model fails when it is called for training.
        """
        if batch_size not in self._train_calls:
            call = tf.function(self._train_steps, **self._compile)
            specification = tf.TensorSpec((None, batch_size), tf.int32)
            try:
                self._train_calls[batch_size] = call.get_concrete_function(specification)
            except Exception as error:  # a layer of a student's own may raise anything
                raise TrainingError(
                    f"Expected the model to train on a batch of {batch_size} images. "
                    f"Received: {type(error).__name__}: {' '.join(str(error).split())[:300]}"
                ) from error
        return self._train_calls[batch_size]

    def _train_steps(self, batches: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Train on batches of indices `(steps, batch_size)`; return summed loss and number of right answers."""

        def train_on(step: tf.Tensor, loss_sum: tf.Tensor, right: tf.Tensor) -> tuple[tf.Tensor, ...]:
            with computing_in(self.model, self.precision), pooling_first(self.model):
                replies = self.strategy.run(self._train_step, args=(batches[step], self._data))
            loss, hits = (self.strategy.experimental_local_results(reply)[0] for reply in replies)
            return step + 1, loss_sum + loss * tf.cast(tf.shape(batches)[1], tf.float32), right + hits

        steps = tf.shape(batches)[0]
        start = (tf.constant(0), tf.constant(0.0), tf.constant(0.0))
        _, loss_sum, right = tf.while_loop(lambda step, *_: step < steps, train_on, start, parallel_iterations=1)
        return loss_sum, right

    def _train_step(self, batch: tf.Tensor, data: tuple[tf.Tensor, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        """One optimizer step on one batch of indices, in one replica; return the batch's loss and right answers."""
        model, optimizer = self.model, self.optimizer
        share = own_share(batch)
        images, labels = (tf.gather(values, share.indices) for values in data)
        if self.schedule is not None:
            optimizer.learning_rate = self.schedule(optimizer.iterations.value)
        if self.distortion is not None:
            step = tf.cast(optimizer.iterations.value, tf.int32)
            images = distort(images, self.distortion, tf.stack([self.seed, step * self.replicas + share.number]))
        with tf.GradientTape() as tape:
            outputs = model(_scaled(images), training=True)
            loss = model.compute_loss(x=images, y=labels, y_pred=outputs, training=True)
            objective = optimizer.scale_loss(loss)
        variables = model.trainable_variables
        gradients = tape.gradient(objective, [variable.value for variable in variables])
        *gradients, loss, hits = sum_over_replicas([*gradients, loss, _count_right(labels, outputs)])
        apply_gradients(optimizer, gradients, variables)
        return loss, hits / share.copies

    def _evaluate_batch(self, images: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return mean loss and number of right answers of one batch, by the compiled call for its size."""
        specification = tf.TensorSpec.from_tensor(images)
        if specification not in self._evaluate_calls:
            call = tf.function(self._evaluate_step, **self._compile)
            self._evaluate_calls[specification] = call.get_concrete_function(images, labels)
        return self._evaluate_calls[specification](images, labels)

    def _evaluate_step(self, images: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        outputs = self.model(_scaled(images), training=False)
        loss = self.model.compute_loss(x=images, y=labels, y_pred=outputs, training=False)
        return loss, _count_right(labels, outputs)


def _scaled(images: tf.Tensor) -> tf.Tensor:
    """Return images of 0 to 255 as float32 in [0, 1]."""
    return tf.cast(images, tf.float32) / 255


def _count_right(labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """Return how many outputs are largest at their label, as float32 (exact: a batch is far smaller than 2^24)."""
    return tf.reduce_sum(tf.cast(tf.argmax(outputs, axis=-1, output_type=tf.int32) == labels, tf.float32))
