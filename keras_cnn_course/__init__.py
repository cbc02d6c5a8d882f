"""Train, understand and export the convolutional networks of a university lecture, with Keras.

    import keras_cnn_course as kcnn

    run = kcnn.train("cnn", "digits", epochs=3)
    run.metrics["test_accuracy"]
    run.plot_curves()

Each name is imported when it is first used: `import keras_cnn_course` alone loads neither Keras nor NumPy.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keras_cnn_course import errors, lecture
    from keras_cnn_course.api import Run, list_runs, open_run, resume, train
    from keras_cnn_course.catalog.hyperparameters import Hyperparameters
    from keras_cnn_course.datasets.dataset import Dataset
    from keras_cnn_course.datasets.loading import load_dataset
    from keras_cnn_course.inspection.auditing import DatasetAudit, audit
    from keras_cnn_course.inspection.found_rate import FoundRate, find_rate
    from keras_cnn_course.inspection.functions import (
        compare,
        doctor,
        fetch_dataset,
        list_datasets,
        list_recipes,
        plot_curves,
        shift,
        show,
        slide,
    )
    from keras_cnn_course.inspection.sweeping import sweep
    from keras_cnn_course.notebooks.writing import write_notebooks
    from keras_cnn_course.page.learned import import_weights
    from keras_cnn_course.training.fit import fit

    __version__: str

__all__ = [
    "Dataset",
    "DatasetAudit",
    "FoundRate",
    "Hyperparameters",
    "Run",
    "__version__",
    "audit",
    "compare",
    "doctor",
    "errors",
    "fetch_dataset",
    "find_rate",
    "fit",
    "import_weights",
    "lecture",
    "list_datasets",
    "list_recipes",
    "list_runs",
    "load_dataset",
    "open_run",
    "plot_curves",
    "resume",
    "shift",
    "show",
    "slide",
    "sweep",
    "train",
    "write_notebooks",
]

_MODULES = {
    name: module
    for module, names in {
        "api": ("Run", "list_runs", "open_run", "resume", "train"),
        "catalog.hyperparameters": ("Hyperparameters",),
        "datasets.dataset": ("Dataset",),
        "datasets.loading": ("load_dataset",),
        "inspection.auditing": ("DatasetAudit", "audit"),
        "inspection.found_rate": ("FoundRate", "find_rate"),
        "inspection.functions": (
            *("compare", "doctor", "fetch_dataset", "list_datasets", "list_recipes"),
            *("plot_curves", "shift", "show", "slide"),
        ),
        "inspection.sweeping": ("sweep",),
        "notebooks.extension": ("load_ipython_extension",),  # IPython calls it for %load_ext keras_cnn_course
        "notebooks.writing": ("write_notebooks",),
        "page.learned": ("import_weights",),
        "training.fit": ("fit",),
    }.items()
    for name in names
}
_ROOMS = ("errors", "lecture")


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("keras-cnn-course")
    elif name in _ROOMS:
        value = importlib.import_module(f"{__name__}.{name}")
    elif name in _MODULES:
        value = getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
