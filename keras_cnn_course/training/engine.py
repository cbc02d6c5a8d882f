"""The compiled training step: many optimizer steps in one call, on images that stay on the device.

`model.fit` copies each batch from NumPy, runs one step per call and updates the weights in many small operations. Here
the uint8 images are copied to the device once. One compiled call then gathers, scales, trains on and updates with many
batches. It computes what Keras computes: tests compare the weights with `train_on_batch`.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_cnn_course.errors import TrainingError, UsageError, describe_failure
from keras_cnn_course.models.graph import list_layers, read_graph
from keras_cnn_course.models.inference import choose_batch_size
from keras_cnn_course.training.augmentation import Distortion, distort
from keras_cnn_course.training.rewriting import rewritten
from keras_cnn_course.training.update import (
    apply_gradients,
    count_steps,
    finalizes,
    leave_gradients_as_they_are,
    own_schedule,
    own_share,
    sum_over_replicas,
    why_not_fused,
)

__all__ = ["Engine", "Scores"]

# TensorFlow's random operations whose state is out of reach. Those of Keras have their state in variables.
_STATEFUL_RANDOM = {"RandomStandardNormal", "RandomUniform", "RandomUniformInt", "TruncatedNormal", "RandomShuffle"}
_STATEFUL_RANDOM |= {"Multinomial", "RandomGamma", "RandomPoissonV2", "ParameterizedTruncatedNormal"}
# Calls that the images given to `train` are divided into, so that a caller can show progress.
MOST_CALLS = 20


@dataclass(frozen=True)
class Scores:
    """How well a model does on some images. Scores over different images can be added."""

    loss_sum: float = 0.0
    correct: int = 0
    images: int = 0

    @property
    def loss(self) -> float:
        """The mean loss."""
        return self.loss_sum / self.images

    @property
    def accuracy(self) -> float:
        """The share of images that are classified correctly."""
        return self.correct / self.images

    def __add__(self, other: "Scores") -> "Scores":
        return Scores(self.loss_sum + other.loss_sum, self.correct + other.correct, self.images + other.images)


class Engine:
    """Trains and evaluates one compiled Keras classifier with integer labels.

    Args:
        model: compiled; maps images `(n, height, width, channels)`, float32 in [0, 1], to `(n, num_classes)`.
        batch_size: images per optimizer step. The last step of an epoch uses the images that are left.
        schedule: learning rate of each step; None leaves it to the model's optimizer.
        precision: in which the hidden layers compute: `float32`, `bfloat16` or `float16`. Variables stay float32.
        distortion: how the training images are changed; None leaves them as they are.
        seed: of the distortion. Each optimizer step has its own random numbers, from the seed and the step's number.
        class_weights: float32 `(num_classes,)`: factor of the loss of each class's training images, as `fit` takes
            them; all classes count alike when None. Evaluation does not use them.
        tf_device: such as `/CPU:0`, for evaluation, and for training with one replica.
        strategy: the strategy in whose scope the model was built; TensorFlow's default of one replica when None. Each
            replica computes its share of every batch. `training/update.py` says when this is the step that a single
            device would make.

    Example:
        engine = Engine(model, batch_size=250)
        engine.load(x_train, y_train)
        engine.train(np.random.permutation(len(x_train)))     # one epoch, returns Scores
        engine.evaluate(x_val, y_val)                         # returns Scores
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
        class_weights: np.ndarray | None = None,
        tf_device: str = "/CPU:0",
        strategy: tf.distribute.Strategy | None = None,
    ) -> None:
        self.model = model
        self.batch_size = batch_size
        self.schedule = schedule
        self.precision = precision
        self.distortion = distortion
        self.seed = seed
        self.class_weights = class_weights
        self.tf_device = tf_device
        self.strategy = strategy or tf.distribute.get_strategy()
        self.replicas = self.strategy.num_replicas_in_sync
        self._devices = self.strategy.extended.worker_devices if self.replicas > 1 else (tf_device,)
        with self.strategy.scope():
            if precision == "float16" and not isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer):
                model.optimizer = keras.optimizers.LossScaleOptimizer(model.optimizer)
            self.optimizer = model.optimizer
            self.optimizer.build(model.trainable_variables)
        if self.replicas > 1:
            leave_gradients_as_they_are(self.optimizer)
        # XLA makes these convolutions slower on a CPU and faster on a GPU. It cannot compile across devices, and Keras
        # knows which layers it cannot compile either.
        for_xla = "GPU" in tf_device and self.replicas == 1 and model.jit_compile
        self._compile = {"autograph": False, "jit_compile": for_xla}
        # Each is traced once and kept, because TensorFlow warns about functions that are traced again and again.
        self._train_calls: dict[tuple[int, Distortion | None], Any] = {}
        self._evaluate_calls: dict[tf.TensorSpec, Callable[..., Any]] = {}

    def describe(self) -> str:
        """Return in a few words how the training step is computed, and why."""
        reason = why_not_fused(self.optimizer, self.model.trainable_variables)
        update = f"update as Keras runs it, because {reason}" if reason else "fused update"
        schedule = None if self.schedule is not None else own_schedule(self.optimizer)
        rate = f", learning rate from the optimizer's {schedule}" if schedule else ""
        return f"compiled steps, {update}{rate}"

    @property
    def draws_with_lost_state(self) -> bool:
        """Whether a compiled step draws random numbers that no checkpoint can continue, as `tf.random` does."""
        graphs = [call.graph.as_graph_def() for call in self._train_calls.values()]
        bodies = [function.node_def for graph in graphs for function in graph.library.function]
        return any(node.op in _STATEFUL_RANDOM for body in bodies for node in body)

    def load(self, images: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None) -> None:
        """Place the training images `(n, height, width, channels)` and labels `(n,)` on the device of every replica.

        Args:
            weights: float32 `(n,)`: factor of the loss of each image, in addition to that of its class; 1 when None.
        """
        arrays = [images, labels] if weights is None else [images, labels, weights]
        devices = self._devices

        def place(replica: tf.distribute.experimental.ValueContext) -> tuple[tf.Tensor, ...]:
            with tf.device(devices[replica.replica_id_in_sync_group % len(devices)]):
                return tuple(tf.constant(array) for array in arrays)

        self._data = self.strategy.experimental_distribute_values_from_function(place)

    def compile(self, images: int) -> None:
        """Compile the steps of an epoch with that number of images, so that a model that fails does so now.

        Raises:
            TrainingError: a layer or the loss of the model fails when it is called for training.
        """
        for size in {min(self.batch_size, images), images % self.batch_size or self.batch_size}:
            with tf.device(self.tf_device):
                self._train_call(min(size, images), self.distortion)

    def train(self, order: np.ndarray, *, plain: bool = False) -> Scores:
        """Train once on the images with the given indices, in that order.

        Args:
            order: `(n,)` indices into the loaded images.
            plain: leave the images as they are, whatever `distortion` is.

        Returns:
            Scores over these images, each measured before the optimizer step in which the image was used.
        """
        return sum(self.train_in_parts(order, plain=plain), start=Scores())

    def train_in_parts(self, order: np.ndarray, *, plain: bool = False) -> Iterator[Scores]:
        """Train as `train` does, and yield the scores of the images of each call, at most 21 of them."""
        full_steps, rest = divmod(len(order), self.batch_size)
        batches = order[: full_steps * self.batch_size].astype(np.int32).reshape(full_steps, self.batch_size)
        stride = max(1, math.ceil(full_steps / MOST_CALLS))
        parts = [batches[start : start + stride] for start in range(0, full_steps, stride)]
        if rest:
            parts.append(order[-rest:].astype(np.int32).reshape(1, rest))
        distortion = None if plain else self.distortion
        for part in parts:
            with tf.device(self.tf_device):
                loss_sum, correct = self._train_call(part.shape[1], distortion)(tf.constant(part))
            yield Scores(float(loss_sum), int(correct), part.size)

    def evaluate(self, images: np.ndarray, labels: np.ndarray) -> Scores:
        """Return the scores over images, computed in float32 and in inference mode."""
        total = Scores()
        for loss, correct in self._evaluate_parts(images, labels):
            total += Scores(loss * len(correct), int(correct.sum()), len(correct))
        return total

    def find_correct(self, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Return which images are classified correctly, bool `(n,)`, computed as in `evaluate`."""
        return np.concatenate([correct for _, correct in self._evaluate_parts(images, labels)])

    def _evaluate_parts(self, images: np.ndarray, labels: np.ndarray) -> Iterator[tuple[float, np.ndarray]]:
        """Yield the mean loss of a part of the images, and which of them are classified correctly."""
        size = choose_batch_size(images.shape[1:])
        for start in range(0, len(images), size):
            part = slice(start, start + size)
            with tf.device(self.tf_device):
                loss, correct = self._evaluate_batch(tf.constant(images[part]), tf.constant(labels[part], tf.int32))
            yield float(loss), correct.numpy()

    @contextmanager
    def final_weights(self) -> Iterator[None]:
        """Give the model the weights that `fit` would leave it with, while the body of the `with` statement runs.

        An optimizer such as `Adam(use_ema=True)` trains with some weights and finally replaces them by others, their
        average. They are what is evaluated and saved; the training continues with its own.
        """
        weights = [np.asarray(weight) for weight in self.model.weights] if finalizes(self.optimizer) else None
        if weights is None:
            yield
            return
        self.optimizer.finalize_variable_values(self.model.trainable_variables)
        try:
            yield
        finally:
            for weight, value in zip(self.model.weights, weights, strict=True):
                weight.assign(value)

    def _train_call(self, batch_size: int, distortion: Distortion | None) -> Any:
        """Return the compiled call for batches of one size, with the images changed in one way.

        Raises:
            TrainingError: a layer of the model fails when it is called for training.
        """
        key = batch_size, distortion
        if key not in self._train_calls:
            call = tf.function(partial(self._train_steps, distortion=distortion), **self._compile)
            specification = tf.TensorSpec((None, batch_size), tf.int32)
            try:
                self._train_calls[key] = call.get_concrete_function(specification)
            except Exception as error:  # a student's own layer may raise anything
                reason = describe_failure(error)
                if self.precision != "float32":
                    reason += f". If a layer cannot compute in {self.precision}, use `precision='float32'`."
                raise TrainingError(
                    f"The model cannot be trained on a batch of {batch_size} images. {reason}"
                ) from error
        return self._train_calls[key]

    def _train_steps(self, batches: tf.Tensor, *, distortion: Distortion | None) -> tuple[tf.Tensor, tf.Tensor]:
        """Train on batches of indices `(steps, batch_size)`; return summed loss and number of correct answers."""

        def train_on(step: tf.Tensor, loss_sum: tf.Tensor, correct: tf.Tensor) -> tuple[tf.Tensor, ...]:
            with _computing_in(self.model, self.precision):
                train_step = partial(self._train_step, distortion=distortion)
                replies = self.strategy.run(train_step, args=(batches[step], self._data))
            loss, hits = (self.strategy.experimental_local_results(reply)[0] for reply in replies)
            images = tf.cast(tf.shape(batches)[1], tf.float32)
            return step + 1, loss_sum + tf.cast(loss, tf.float32) * images, correct + hits

        steps = tf.shape(batches)[0]
        start = (tf.constant(0), tf.constant(0.0), tf.constant(0.0))
        _, loss_sum, correct = tf.while_loop(lambda step, *_: step < steps, train_on, start, parallel_iterations=1)
        return loss_sum, correct

    def _train_step(
        self, batch: tf.Tensor, data: tuple[tf.Tensor, ...], *, distortion: Distortion | None
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """One optimizer step on one batch of indices, in one replica; return the batch's loss and correct answers."""
        model, optimizer = self.model, self.optimizer
        share = own_share(batch)
        images, labels, *given = (tf.gather(values, share.indices) for values in data)
        step = count_steps(optimizer)
        if self.schedule is not None:
            optimizer.learning_rate = self.schedule(step)
        if distortion is not None:
            number = tf.cast(step, tf.int32) * self.replicas + share.number
            images = distort(images, distortion, tf.stack([self.seed, number]))
        weights = self._weigh(labels, *given)
        images = self._prepare(images)
        with tf.GradientTape() as tape:
            with self._rewritten():  # but not while the loss is computed, which may call layers by itself
                outputs = model(images, training=True)
            _cast_added_losses(model)
            loss = model._compute_loss(images, labels, outputs, weights, training=True)
            objective = optimizer.scale_loss(loss)
        variables = model.trainable_variables
        gradients = tape.gradient(objective, [variable.value for variable in variables])
        hits = self._count_correct(images, labels, outputs, weights, loss)
        *gradients, loss, hits = sum_over_replicas([*gradients, loss, hits])
        apply_gradients(optimizer, gradients, variables)
        return loss, hits / share.copies

    def _rewritten(self) -> AbstractContextManager[None]:
        """Compute the layers in a faster way, but not while the replicas of one process take turns within a layer."""
        takes_turns = len(self._devices) > 1
        return nullcontext() if takes_turns else rewritten(self.model, on_cpu="CPU" in self.tf_device)

    def _weigh(self, labels: tf.Tensor, given: tf.Tensor | None = None) -> tf.Tensor | None:
        """Return the factor of each image's loss; None where all count alike."""
        if self.class_weights is None:
            return given
        weights = tf.gather(tf.constant(self.class_weights), labels)
        return weights if given is None else weights * given

    def _prepare(self, images: tf.Tensor) -> tf.Tensor:
        """Return images of 0 to 255 as the model receives them: float32 in [0, 1]."""
        return tf.cast(images, tf.float32) / 255

    def _count_correct(
        self, images: tf.Tensor, labels: tf.Tensor, outputs: tf.Tensor, weights: tf.Tensor | None, loss: tf.Tensor
    ) -> tf.Tensor:
        """Return how many images of a training step were classified correctly; exact up to 2^24 images."""
        return tf.reduce_sum(tf.cast(_are_correct(labels, outputs), tf.float32))

    def _evaluate_batch(self, images: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the mean loss and the correct answers of one batch, with the compiled call for its size."""
        specification = tf.TensorSpec.from_tensor(images)
        if specification not in self._evaluate_calls:
            call = tf.function(self._evaluate_step, **self._compile)
            self._evaluate_calls[specification] = call.get_concrete_function(images, labels)
        return self._evaluate_calls[specification](images, labels)

    def _evaluate_step(self, images: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        images = self._prepare(images)
        outputs = self.model(images, training=False)
        return self.model._compute_loss(images, labels, outputs, training=False), _are_correct(labels, outputs)


def _are_correct(labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """Return which outputs are largest at their label, bool `(n,)`."""
    return tf.argmax(outputs, axis=-1, output_type=tf.int32) == tf.cast(labels, tf.int32)


def _cast_added_losses(model: keras.Model) -> None:
    """Turn what layers have added to the loss into float32. Keras cannot add a loss in 16 bits to one in 32 bits."""
    for layer in (model, *list_layers(model)):
        layer._losses[:] = [tf.cast(loss, tf.float32) for loss in layer._losses]


@contextmanager
def _computing_in(model: keras.Model, precision: str) -> Iterator[None]:
    """Let the hidden layers of `model` compute in a precision while the body traces the training step.

    Only the traced step computes in 16 bits. The variables, the optimizer and the saved file stay float32, and so do
    the classifiers, because their softmax needs the digits.
    """
    if precision == "float32":
        yield
        return
    hidden = _hidden_layers(model)
    policies = [layer.dtype_policy for layer in hidden]
    try:
        for layer in hidden:
            layer.dtype_policy = f"mixed_{precision}"
        yield
    finally:
        for layer, policy in zip(hidden, policies, strict=True):
            layer.dtype_policy = policy


def _hidden_layers(model: keras.Model) -> list[Any]:
    """Return the layers that come before another one with weights: all but the classifiers and what follows them."""
    try:
        return read_graph(model).find_hidden()
    except UsageError:  # its `call` is written by hand, so the layers are taken in the order in which it has them
        layers = list_layers(model)
        weighted = [position for position, layer in enumerate(layers) if layer.weights]
        return layers[: weighted[-1]] if weighted else []
