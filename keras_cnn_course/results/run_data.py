"""The data set that a run's model is used with, and the check that it fits the model."""

from pathlib import Path

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.datasets.loading import load_dataset
from keras_cnn_course.datasets.registry import DATASETS
from keras_cnn_course.errors import DatasetError
from keras_cnn_course.runs.directory import RunRecord

__all__ = ["check_dataset", "load_run_data"]


def load_run_data(record: RunRecord, spec: str | None = None) -> Dataset:
    """Load the data set for a run, with images of the size that its model was trained on.

    A named data set that cannot fit the model is refused before it is downloaded.

    Args:
        record: the run's record.
        spec: name or path of a data set; None for the run's own.

    Raises:
        DatasetError: it is missing, does not fit the model, has changed since the training, or has no test images.
    """
    spec = spec or record.dataset
    if spec in DATASETS and spec != record.dataset:
        info = DATASETS[spec]
        _check_shape(record, name=spec, input_shape=info.image_shape, num_classes=len(info.class_names))
    is_folder = spec not in DATASETS and Path(spec).expanduser().is_dir()
    size = (record.input_shape[0], record.input_shape[1])
    dataset = load_dataset(spec, image_size=size if spec == record.dataset or is_folder else None)
    check_dataset(record, dataset)
    if not len(dataset.x_test):
        raise DatasetError(f"{dataset.name} has no test images. Choose another data set with --dataset.")
    return dataset


def check_dataset(record: RunRecord, dataset: Dataset) -> None:
    """Check that a run's model can be evaluated on a data set.

    Raises:
        DatasetError: the image shape or the number of classes differs, or the run's own data set has changed.
    """
    _check_shape(record, name=dataset.name, input_shape=dataset.input_shape, num_classes=dataset.num_classes)
    if dataset.name == record.dataset and dataset.sha256 != record.dataset_sha256:
        raise DatasetError(
            f"{dataset.name} has changed since this run was trained on it (SHA-256 {record.dataset_sha256[:12]}..., "
            f"now {dataset.sha256[:12]}...). Restore the original, or save the new data under another name."
        )


def _check_shape(record: RunRecord, *, name: str, input_shape: tuple[int, ...], num_classes: int) -> None:
    if tuple(input_shape) != record.input_shape:
        raise DatasetError(
            f"{name} does not fit this run: its images are {_times(input_shape)}, and the model was trained on "
            f"{_times(record.input_shape)}. Choose another data set with --dataset."
        )
    if num_classes != len(record.class_names):
        raise DatasetError(
            f"{name} does not fit this run: it has {num_classes} classes, and the model was trained on "
            f"{len(record.class_names)}. Choose another data set with --dataset."
        )


def _times(shape: tuple[int, ...]) -> str:
    return "x".join(str(size) for size in shape)
