"""What is in a run folder: its record, history, results, data set and models. `Run` adds what can be made of them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keras_cnn_course.datasets.dataset import Dataset
    from keras_cnn_course.runs.directory import RunDirectory, RunRecord
    from keras_cnn_course.runs.health_file import LayerHealth

    Data = str | PathLike[str] | Dataset | Sequence[Any]

__all__ = ["OpenedRun"]


class OpenedRun:
    """A run folder, opened for reading.

    Args:
        directory: the run folder.
        trust_recipe: build the model by running the run's recipe.py, for layers that are not Keras's own.
        dataset: what it was trained on, where that is at hand; otherwise it is loaded when it is needed.
    """

    def __init__(
        self, directory: "RunDirectory", *, trust_recipe: bool = False, dataset: "Dataset | None" = None
    ) -> None:
        self.directory = directory
        self.trust_recipe = trust_recipe
        self.given = dataset

    def __repr__(self) -> str:
        return f"<Run {self.path}: {self.record.status}>"

    @property
    def path(self) -> Path:
        """The folder."""
        return self.directory.path

    @property
    def name(self) -> str:
        """The folder's own name, such as `cnn-001`."""
        return self.directory.name

    @property
    def record(self) -> "RunRecord":
        """Everything that is known about how the run was trained, from run.json."""
        return self.directory.read_record()

    @property
    def history(self) -> dict[str, list[float]]:
        """The columns of history.csv by name, with one number per epoch."""
        return self.directory.read_history()

    @property
    def health(self) -> "list[LayerHealth]":
        """The layers after some of the epochs, from health.csv; empty for a run of version 0.1 or with replicas."""
        return self.directory.read_health()

    @property
    def metrics(self) -> dict[str, Any]:
        """The results by name, such as `test_accuracy`, from metrics.json."""
        return self.directory.read_metrics()

    @cached_property
    def dataset(self) -> "Dataset":
        """The data set that the run was trained on."""
        return self.load_dataset()

    @cached_property
    def model(self) -> Any:
        """The Keras model that the run keeps: that of the best epoch, or of the last, as `keep` says."""
        with self.open_model() as model:
            return model

    def load_dataset(
        self,
        data: "Data | None" = None,
        *,
        classes: str | None = None,
        pixel_range: tuple[float, float] | None = None,
    ) -> "Dataset":
        """Load a data set whose images and classes fit the run's model.

        Its classes are matched with the model's by their names. The labels of arrays are the model's, 0 for its first
        class, unless `classes` says what they are. Classes may be missing.

        Args:
            data: a name, a path, a `Dataset` or arrays (see `kcnn.train`); None for what the run was trained on. Of
                other data than the run's own without parts for training and testing, all images are test images.
            classes: which of its classes is which of the model, such as `Katze=cat,Hund=dog`.
            pixel_range: the values of black and white in a file or in arrays; recognized when None.

        Raises:
            DatasetError: it is missing, does not fit, has changed since the training, or has no test images.
        """
        from keras_cnn_course.results.run_data import fit_run_data, load_run_data

        if data is None and classes is None and pixel_range is None and self.given is not None:
            return self.given
        if data is None or isinstance(data, str | PathLike):
            spec = None if data is None else str(data)
            return load_run_data(self.record, spec, run=self.path, classes=classes, pixel_range=pixel_range)
        from keras_cnn_course.datasets.given import read_dataset, read_into_memory, read_test_data

        data, names = read_into_memory(data), self.record.class_names if classes is None else ()
        dataset = read_dataset(data, pixel_range=pixel_range, class_names=names)
        if dataset.sha256 != self.record.dataset_sha256:
            dataset = read_test_data(data, pixel_range=pixel_range, class_names=names)
        return fit_run_data(self.record, dataset, classes=classes)

    @contextmanager
    def open_model(self, which: str = "best", *, device: str = "auto") -> Iterator[Any]:
        """Start TensorFlow, load a saved Keras model, and compute the body of the `with` statement on the device.

        Args:
            which: `best`, the model that the run keeps, or `final`, that of the last epoch.
            device: `auto` (a GPU if there is one), `cpu`, `gpu` or `gpu:N`.

        Raises:
            RunError: the file is missing, is not a Keras model, or could run code.
            UsageError: there is no such device.
        """
        from keras_cnn_course.devices import backend

        self.directory.model_file(which)  # a wrong name is found before TensorFlow starts
        started = backend.start(device=device)
        import tensorflow as tf

        with tf.device(started.tf_device):
            if self.trust_recipe:
                from keras_cnn_course.runs.trusted_model import rebuild_model

                yield rebuild_model(self.directory, which)
            else:
                yield self.directory.load_model(which)
