"""Where the files of a data set are looked for, and where a download goes."""

import os
from pathlib import Path

from keras_cnn_course.datasets.registry import DatasetFile, DatasetInfo

__all__ = ["data_home", "download_path", "find_file", "is_here", "keras_cache"]


def data_home() -> Path | None:
    """Return the folder `$KCNN_DATA_HOME`, or None where the variable is unset or empty."""
    value = os.environ.get("KCNN_DATA_HOME", "")
    return Path(value).expanduser() if value else None


def keras_cache() -> Path:
    """Return the folder in which Keras keeps its data sets: `$KERAS_HOME/datasets` or `~/.keras/datasets`."""
    value = os.environ.get("KERAS_HOME", "")
    return (Path(value) if value else Path.home() / ".keras") / "datasets"


def find_file(file: DatasetFile) -> Path | None:
    """Return where a file lies: in `$KCNN_DATA_HOME`, else in Keras's cache, else None."""
    home, cache = data_home(), keras_cache()
    candidates = [] if home is None else [home / file.path]
    candidates += [cache / file.keras_path, cache / file.path]
    return next((path for path in candidates if path.is_file()), None)


def download_path(file: DatasetFile) -> Path:
    """Return where a download of the file goes: `$KCNN_DATA_HOME` if set, else where Keras would keep it."""
    home = data_home()
    return keras_cache() / file.keras_path if home is None else home / file.path


def is_here(info: DatasetInfo) -> bool:
    """Return whether a data set can be loaded without a download."""
    return all(find_file(file) is not None for file in info.files)
