"""A training as event files for TensorBoard, in the folder `tensorboard` of its run.

    tensorboard/train/       loss, accuracy and learning rate per epoch; kernels and feature maps as images; histograms
    tensorboard/validation/  loss and accuracy per epoch
    tensorboard/             the hyperparameters, for the tab HParams

Everything is computed at the end of an epoch, in inference mode: it draws no random numbers and changes no weights, so
that the run is the same to the last bit with and without it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_cnn_course.errors import CourseError, RunError, UsageError
from keras_cnn_course.training.callbacks import Callback, Callbacks, TrainingStart

if TYPE_CHECKING:
    from keras_cnn_course.runs.directory import RunDirectory
    from keras_cnn_course.training.plan import Plan

__all__ = ["TensorBoardLog", "continue_log", "tile"]

GRADIENT_IMAGES = 250
MOST_TILES = 64
LEAST_PIXELS = 240  # of a picture's longer side: TensorBoard blurs what it enlarges


class TensorBoardLog(Callback):
    """Writes the event files of a training, and flushes them after every epoch.

    Raises:
        UsageError: the package tensorboard is not installed.
    """

    def __init__(self) -> None:
        if find_spec("tensorboard") is None:
            raise UsageError(
                "Logging for TensorBoard needs the package tensorboard. "
                'Install it with: pip install "keras-cnn-course[tensorboard]"'
            )
        self.writes = False

    def on_train_begin(self, start: TrainingStart) -> None:
        """Open the event files and log the hyperparameters."""
        import tensorflow as tf

        from keras_cnn_course.runs.directory import RunDirectory

        self.writes = start.plan.backend.distribution.is_chief
        if not self.writes:
            return
        self.model, self.folder = start.model, RunDirectory(start.path).tensorboard_folder
        dataset, images = start.plan.dataset, start.plan.sample_training(GRADIENT_IMAGES)
        self.image = dataset.x_train[start.plan.val_index[:1]]
        self.images, self.labels = dataset.x_train[images], dataset.y_train[images]
        self._find_gradients = tf.function(self._compute_gradients, autograph=False)
        with self._reporting_errors():
            self.writers = {
                name: tf.summary.create_file_writer(str(self.folder / name)) for name in ("", "train", "validation")
            }
            self._read_maps = self._make_probe()
            if not start.state.history:
                self._log_hyperparameters(start)
                self._log_weights(epoch=0)
            self._flush()

    def on_epoch_end(self, row: Mapping[str, float]) -> None:
        """Log the epoch."""
        if not self.writes:
            return
        import tensorflow as tf

        epoch = int(row["epoch"])
        with self._reporting_errors():
            for part, prefix in (("train", ""), ("validation", "val_")):
                with self.writers[part].as_default(epoch):
                    tf.summary.scalar("epoch_loss", row[f"{prefix}loss"])
                    tf.summary.scalar("epoch_accuracy", row[f"{prefix}accuracy"])
            with self.writers["train"].as_default(epoch):
                tf.summary.scalar("epoch_learning_rate", row["learning_rate"])
            self._log_weights(epoch)
            self._flush()

    def on_train_end(self) -> None:
        """Mark the training as complete and close the files."""
        if not self.writes:
            return
        import tensorflow as tf
        from tensorboard.plugins.hparams import api_pb2, summary

        with self._reporting_errors():
            with self.writers[""].as_default(0):
                tf.summary.experimental.write_raw_pb(summary.session_end_pb(api_pb2.STATUS_SUCCESS).SerializeToString())
            for writer in self.writers.values():
                writer.close()

    def _log_hyperparameters(self, start: TrainingStart) -> None:
        from tensorboard.plugins.hparams import api

        metrics = [
            api.Metric(f"epoch_{what}", group=part, display_name=f"{what} ({part})")
            for part in ("validation", "train")
            for what in ("accuracy", "loss")
        ]
        values = _list_hyperparameters(start.plan)
        with self.writers[""].as_default(0):
            api.hparams_config([api.HParam(name) for name in values], metrics)
            api.hparams(values, trial_id=start.path.resolve().name)

    def _log_weights(self, epoch: int) -> None:
        """Log the weights, their gradients, the first layer's kernels and the feature maps of one image."""
        import tensorflow as tf

        from keras_cnn_course.models.kernels import find_first_kernel

        gradients = self._find_gradients(tf.constant(self.images), tf.constant(self.labels, tf.int32))
        with self.writers["train"].as_default(epoch):
            for variable, gradient in zip(self.model.trainable_variables, gradients, strict=True):
                name = variable.path.removeprefix(f"{self.model.name}/")
                tf.summary.histogram(f"weights/{name}", variable.numpy())
                if gradient is not None:
                    tf.summary.histogram(f"gradients/{name}", tf.convert_to_tensor(gradient))
            kernel = find_first_kernel(self.model)
            if kernel is not None:
                filters = np.moveaxis(kernel[1], 3, 0)
                largest = np.abs(filters).max() or 1.0
                tf.summary.image(f"kernels/{kernel[0]}", tile(0.5 + 0.5 * filters / largest)[np.newaxis])
            for name, maps in self._read_maps().items():
                largest = max(maps.max(), 0) or 1.0  # negative numbers are shown as 0
                tf.summary.image(f"feature_maps/{name}", tile(np.clip(maps / largest, 0, 1))[np.newaxis])

    def _compute_gradients(self, images: Any, labels: Any) -> list[Any]:
        """Return the gradient of the mean loss of some training images for every trainable variable."""
        import tensorflow as tf

        images = tf.cast(images, tf.float32) / 255
        with tf.GradientTape() as tape:
            loss = self.model._compute_loss(images, labels, self.model(images, training=False), training=False)
        gradients: list[Any] = tape.gradient(loss, [variable.value for variable in self.model.trainable_variables])
        return gradients

    def _make_probe(self) -> Callable[[], dict[str, np.ndarray]]:
        """Return a function that reads the feature maps of one validation image, `(channels, height, width, 1)`."""
        import keras
        import tensorflow as tf

        from keras_cnn_course.models.graph import read_graph

        try:
            calls = [call for call in read_graph(self.model).calls if call.feeds and len(call.output.shape) == 4]
        except CourseError as error:
            with self.writers["train"].as_default(0):
                tf.summary.text("feature_maps", f"No feature maps are logged. {error}")
            return dict
        if not calls:
            return dict
        probe = keras.Model(self.model.inputs[0], [call.output for call in calls])

        def read() -> dict[str, np.ndarray]:
            image = self.image.astype(np.float32) / np.float32(255)
            outputs = keras.tree.flatten(probe(image, training=False))  # one output comes without a list
            return {
                call.name: np.moveaxis(np.asarray(output, np.float32)[0], 2, 0)[..., np.newaxis]
                for call, output in zip(calls, outputs, strict=True)
            }

        return read

    def _flush(self) -> None:
        for writer in self.writers.values():
            writer.flush()

    @contextmanager
    def _reporting_errors(self) -> Iterator[None]:
        """Turn TensorFlow's error about a file into one that names the folder.

        Raises:
            RunError: the event files cannot be written.
        """
        import tensorflow as tf

        try:
            yield
        except tf.errors.OpError as error:
            raise RunError(
                f"Cannot write {self.folder}: {error.message}. Free some space, or train without `log=`."
            ) from error


def continue_log(run: "RunDirectory", callback: Callback) -> Callback:
    """Return the callback of a run that is resumed, together with its log if the run has one."""
    if not run.tensorboard_folder.is_dir():
        return callback
    try:
        return Callbacks([callback, TensorBoardLog()])
    except UsageError as error:
        callback.on_warning(f"The log of this run is not continued. {error}")
        return callback


def tile(pictures: np.ndarray) -> np.ndarray:
    """Arrange pictures in rows and enlarge them without blurring.

    Args:
        pictures: float in [0, 1], `(n, height, width, channels)`; of more than 64, the first are shown. Three channels
            are shown as red, green and blue, any other number as their mean.

    Returns:
        float32 `(height, width, 1 or 3)`.

    >>> tile(np.ones((8, 3, 3, 1))).shape
    (184, 253, 1)
    """
    pictures = np.asarray(pictures[:MOST_TILES], np.float32)
    if pictures.shape[3] != 3:
        pictures = pictures.mean(axis=3, keepdims=True)
    count, height, width, channels = pictures.shape
    columns = int(np.ceil(np.sqrt(count)))
    rows = -(-count // columns)
    factor = max(1, -(-LEAST_PIXELS // max(rows * (height + 1), columns * (width + 1))))
    enlarged = pictures.repeat(factor, axis=1).repeat(factor, axis=2)
    gap = max(1, factor // 4)
    sheet = np.ones((rows, columns, height * factor + gap, width * factor + gap, channels), np.float32)
    sheet.reshape(-1, *sheet.shape[2:])[:count, : height * factor, : width * factor] = enlarged
    return sheet.transpose(0, 2, 1, 3, 4).reshape(rows * sheet.shape[2], columns * sheet.shape[3], channels)


def _list_hyperparameters(plan: "Plan") -> dict[str, bool | int | float | str]:
    """Return everything that decides the result, as TensorBoard can show it."""
    values = {
        "recipe": plan.recipe.source.name,
        "dataset": plan.dataset.name,
        "seed": plan.seed,
        "precision": plan.precision,
        **plan.hyperparameters.used(),
    }
    return {
        name: value if isinstance(value, bool | int | float | str) else str(value) for name, value in values.items()
    }
