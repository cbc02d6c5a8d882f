"""The data set that a run's model is looked at with."""

from pathlib import Path

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.datasets.loading import load_dataset
from keras_cnn_course.datasets.registry import DATASETS
from keras_cnn_course.errors import DatasetError
from keras_cnn_course.results.evaluation import check_dataset, check_shape
from keras_cnn_course.runs.directory import RunRecord

__all__ = ["load_run_data"]


def load_run_data(record: RunRecord, spec: str | None = None) -> Dataset:
    """Load the data set that a run is looked at with, at the size of the images that it was trained on.

    A named one that cannot fit is refused before it is downloaded.

    Args:
        record: of the run.
        spec: name or path of a data set; the run's own when None.

    Raises:
        DatasetError: it is missing, does not fit the run's model, has changed since, or has no test images.
    """
    spec = spec or record.dataset
    if spec in DATASETS and spec != record.dataset:
        info = DATASETS[spec]
        check_shape(record, name=spec, input_shape=info.image_shape, num_classes=len(info.class_names))
    is_folder = spec not in DATASETS and Path(spec).expanduser().is_dir()
    size = (record.input_shape[0], record.input_shape[1])
    dataset = load_dataset(spec, image_size=size if spec == record.dataset or is_folder else None)
    check_dataset(record, dataset)
    if not len(dataset.x_test):
        raise DatasetError(f"Expected {dataset.name} to have test images. Received none. Choose another --dataset.")
    return dataset
