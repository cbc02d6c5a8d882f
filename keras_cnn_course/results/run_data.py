"""The data set that a run's model is used with: found, read as the run's own was, and fitted to the model by name.

What a number means is taken from the run's record, never from its position: a label is the class of that name.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from keras_cnn_course.datasets.dataset import Dataset, describe_absent
from keras_cnn_course.datasets.loading import load_dataset
from keras_cnn_course.datasets.pixels import FULL_RANGE, PixelRange
from keras_cnn_course.datasets.registry import DATASETS, is_here
from keras_cnn_course.errors import CourseError, DatasetError, ImageError, UsageError
from keras_cnn_course.results.class_matching import map_classes, match_classes
from keras_cnn_course.runs.directory import RunRecord

__all__ = ["check_dataset", "fit_run_data", "load_own_data", "load_run_data"]

_LUMINANCE = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def load_run_data(
    record: RunRecord,
    spec: str | None = None,
    *,
    run: Path | None = None,
    classes: str | None = None,
    pixel_range: PixelRange | None = None,
) -> Dataset:
    """Load the data set for a run, with images of the size and classes in the order that its model was trained on.

    A named data set that cannot fit the model is refused before it is downloaded.

    Args:
        record: the run's record.
        spec: name or path of a data set; None for the run's own.
        run: the run's folder, beside which its own data set is searched for.
        classes: which class of the data set is which class of the model (see `parse_classes`).
        pixel_range: the values of black and white; recognized when None.

    Raises:
        DatasetError: it is missing, does not fit the model, has changed since the training, or has no test images.
    """
    if spec is None or (spec == record.dataset and not _is_another(record, spec)):
        if classes is not None:
            raise UsageError("`classes=` needs another data set than the run's own. Name it with `data=`.")
        if pixel_range is not None:
            raise UsageError(
                "`pixel_range=` needs another data set than the run's own, which is read as it was for the training. "
                "Name it with `data=`."
            )
        dataset = load_own_data(record, run=run)
        check_dataset(record, dataset)
    else:
        dataset = _load_another(record, spec, classes=classes, pixel_range=pixel_range)
    if not len(dataset.x_test):
        raise DatasetError(f"{dataset.name} has no test images. Choose another data set with `data=`.")
    return dataset


def load_own_data(record: RunRecord, *, run: Path | None = None, spec: str | None = None) -> Dataset:
    """Load the data set that a run was trained on, read as it was then. Nothing is downloaded.

    It is searched for where it was, at the path as it was typed, and beside the run. Of several files with its name,
    the one with the recorded contents is taken. Places that hold something else are left out.

    Args:
        run: the run's folder.
        spec: where else it is, by name or path.

    Raises:
        DatasetError: it is nowhere; the message says where it was searched for.
        DatasetError, ImageError: it cannot be read at any of these places; the message is about the first one.
    """
    if spec in DATASETS:
        return load_dataset(spec, image_size=(record.input_shape[0], record.input_shape[1]))
    if spec is None and record.dataset in DATASETS and not record.dataset_path:
        if not is_here(DATASETS[record.dataset]):
            raise DatasetError(
                f"{record.dataset}, on which the run was trained, is not on this machine. "
                f"Download it with: kcnn data fetch {record.dataset}"
            )
        return load_dataset(record.dataset, image_size=(record.input_shape[0], record.input_shape[1]))
    places = [Path(spec).expanduser()] if spec else _places(record, run)
    found = [place for place in places if place.exists()]
    if not found and _was_given_as_arrays(record) and spec is None:
        raise DatasetError(
            f"This run was trained on arrays ({record.dataset}), which a run folder does not store. "
            "Pass them again in Python, with data=."
        )
    if not found:
        raise DatasetError(
            f"{record.dataset}, on which the run was trained, was not found. Looked for "
            f"{', '.join(map(str, places))}. Put it in one of these places."
        )
    first: Dataset | None = None
    failures: list[CourseError] = []
    for place in found:
        try:
            for dataset in _read_as_then(record, place):
                first = first or dataset
                if dataset.sha256 == record.dataset_sha256:
                    return replace(dataset, name=spec or record.dataset)
        except (DatasetError, ImageError) as failure:  # something else of that name
            failures.append(failure)
    if first is None:
        raise failures[0]
    return replace(first, name=spec or record.dataset)


def _is_another(record: RunRecord, spec: str) -> bool:
    """Return whether a path is written as that of the run's own data was, from another folder, and both are there."""
    if spec in DATASETS or not record.dataset_path:
        return False
    place, own = Path(spec).expanduser(), Path(record.dataset_path)
    return place.exists() and own.exists() and place.resolve() != own.resolve()  # either may be a link now


def _was_given_as_arrays(record: RunRecord) -> bool:
    """Return whether a run was trained on arrays; version 0.1, which stored no path and no pixel range, had none."""
    return bool(record.pixel_range) and not record.dataset_path and record.dataset not in DATASETS


def _read_as_then(record: RunRecord, place: Path) -> Iterator[Dataset]:
    """Yield the data set at a place, read with the run's pixel range; for version 0.1 also as that version read it."""
    stated = [(record.pixel_range[0], record.pixel_range[1])] if record.pixel_range else [None, FULL_RANGE]
    for number, pixel_range in enumerate(stated, start=1):
        try:
            yield load_dataset(
                f"./{place}" if str(place) in DATASETS else str(place),  # a folder called digits is not the named set
                image_size=(record.input_shape[0], record.input_shape[1]),
                pixel_range=pixel_range,
                class_names=record.class_names,
            )
        except DatasetError:
            if number == len(stated):
                raise


def _places(record: RunRecord, run: Path | None) -> list[Path]:
    """Return where a run's own data set may be, without duplicates."""
    typed = Path(record.dataset).expanduser()
    places = [Path(record.dataset_path)] if record.dataset_path else []
    places.append(typed)
    if run is not None:
        beside = [run.resolve(), *run.resolve().parents[:2]]
        places += [folder / typed.name for folder in beside]
        places += [folder / typed for folder in beside if not typed.is_absolute()]
    return list(dict.fromkeys(places))


def _load_another(record: RunRecord, spec: str, *, classes: str | None, pixel_range: PixelRange | None) -> Dataset:
    """Load a data set that the run was not trained on, fitted to its model."""
    if spec in DATASETS:
        info = DATASETS[spec]
        _check_size(record, name=spec, input_shape=info.image_shape)
        map_classes(record, name=spec, names=info.class_names, classes=classes)
        dataset = load_dataset(spec, pixel_range=pixel_range)
    else:
        is_folder = Path(spec).expanduser().is_dir()
        size = (record.input_shape[0], record.input_shape[1]) if is_folder else None
        names, white = record.class_names, record.white or None
        dataset = load_dataset(spec, image_size=size, pixel_range=pixel_range, class_names=names, white=white)
        own = str(Path(record.dataset_path).resolve()) if record.dataset_path else ""
        if dataset.path == own:  # the run's own, however its path is written
            check_dataset(record, dataset)
    return fit_run_data(record, dataset, classes=classes)


def fit_run_data(record: RunRecord, dataset: Dataset, *, classes: str | None = None) -> Dataset:
    """Return a data set with the channels of a run's model and with labels that are the model's.

    Where no test images were set aside when the run was trained, because the data are others, all images are tested.

    Raises:
        DatasetError: its images have another size, or it has a class that the model does not know.
    """
    _check_size(record, name=dataset.name, input_shape=dataset.input_shape)
    if dataset.sha256 == record.dataset_sha256:
        return dataset
    fitted = match_classes(record, _with_channels_of(record, dataset), classes=classes)
    if not fitted.unsplit:
        return fitted
    note = f"{fitted.name} has no test images of its own, so all of its images are tested."
    outdated = (fitted.notes[0], *describe_absent(dataset.name, dataset.y_test, dataset.class_names))
    return replace(
        fitted,
        x_test=np.concatenate([fitted.x_train, fitted.x_test]),
        y_test=np.concatenate([fitted.y_train, fitted.y_test]),
        files_test=fitted.files_train + fitted.files_test,
        notes=(note, *(other for other in fitted.notes if other not in outdated)),
        unsplit=False,
    )


def check_dataset(record: RunRecord, dataset: Dataset) -> None:
    """Check that a run's own data set is what the run was trained on.

    Raises:
        DatasetError: its size or its contents have changed.
    """
    _check_size(record, name=dataset.name, input_shape=dataset.input_shape)
    if dataset.sha256 != record.dataset_sha256:
        raise DatasetError(
            f"{dataset.name} has changed since this run was trained on it (SHA-256 {record.dataset_sha256[:12]}..., "
            f"now {dataset.sha256[:12]}...). Restore the original. To test on new images, save them alone under "
            "another name: the network has learned from the others."
        )


def _with_channels_of(record: RunRecord, dataset: Dataset) -> Dataset:
    """Return the images with the model's channels: gray ones three times, or color ones as their luminance."""
    channels, wanted = dataset.input_shape[2], record.input_shape[2]
    if channels == wanted or {channels, wanted} != {1, 3}:
        return dataset
    if wanted == 3:
        parts = [np.repeat(images, 3, axis=3) for images in (dataset.x_train, dataset.x_test)]
        note = "gray, and the model takes color images: all three channels receive the gray level"
    else:
        parts = [(images.astype(np.float32) @ _LUMINANCE)[..., None] for images in (dataset.x_train, dataset.x_test)]
        note = "in color, and the model takes gray images: it receives their luminance"
    notes = (*dataset.notes, f"The images of {dataset.name} are {note}.")
    return replace(dataset, x_train=parts[0], x_test=parts[1], notes=notes)


def _check_size(record: RunRecord, *, name: str, input_shape: tuple[int, ...]) -> None:
    same = tuple(input_shape) == record.input_shape
    convertible = tuple(input_shape[:2]) == record.input_shape[:2] and {input_shape[2], record.input_shape[2]} == {1, 3}
    if not same and not convertible:
        raise DatasetError(
            f"{name} does not fit this run: its images are {_times(input_shape)}, and the model was trained on "
            f"{_times(record.input_shape)}. Choose another data set with `data=`."
        )


def _times(shape: tuple[int, ...]) -> str:
    return "x".join(str(size) for size in shape)
