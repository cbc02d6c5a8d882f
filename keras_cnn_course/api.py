"""The functions behind `import keras_cnn_course as kcnn`. The commands call them too."""

import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_cnn_course.errors import UsageError

if TYPE_CHECKING:
    import keras
    from matplotlib.figure import Figure

    from keras_cnn_course.datasets.dataset import Dataset
    from keras_cnn_course.devices.backend import Backend
    from keras_cnn_course.plots.saving import Picture
    from keras_cnn_course.runs.directory import RunDirectory, RunRecord
    from keras_cnn_course.runs.health_file import LayerHealth
    from keras_cnn_course.training.callbacks import Callback
    from keras_cnn_course.training.rate_test import RateTest

__all__ = ["FoundRate", "Run", "find_rate", "list_runs", "load_dataset", "open_run", "train"]


class Run:
    """A run folder, opened for reading.

    `record`, `history` and `metrics` are read whenever they are asked for, `dataset` and `model` once.

    Args:
        directory: the run folder.
        trust_recipe: build the model by running the run's recipe.py, for layers that are not Keras's own.
    """

    def __init__(self, directory: "RunDirectory", *, trust_recipe: bool = False) -> None:
        self.directory = directory
        self.trust_recipe = trust_recipe

    def __repr__(self) -> str:
        return f"<Run {self.path}: {self.record.status}>"

    def __str__(self) -> str:
        metrics = self.metrics
        correct = round(metrics["test_accuracy"] * metrics["test_examples"])
        return (
            f"test accuracy {metrics['test_accuracy']:.2%} ({correct:,} of {metrics['test_examples']:,} images), "
            f"loss {metrics['test_loss']:.4f}, with the model of epoch {metrics['best_epoch']} of {metrics['epochs']}, "
            f"which has the smallest validation loss\n{_describe_classes(metrics)}"
            f"trained in {metrics['fit_seconds']:.1f} s, {metrics['images_per_second']:,.0f} images/s\n"
            f"on {self.record.machine}\n"
            f"{self.path}"
        )

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
    def findings(self) -> list[str]:
        """What is wrong with the training, in sentences; empty if nothing seems to be."""
        from keras_cnn_course.training.diagnosis import diagnose_run

        return diagnose_run(self.directory)

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
        """The Keras model of the epoch with the smallest validation loss."""
        with self.open_model() as model:
            return model

    def load_dataset(
        self,
        spec: str | None = None,
        *,
        classes: str | None = None,
        pixel_range: tuple[float, float] | None = None,
    ) -> "Dataset":
        """Load a data set whose images and classes fit the run's model.

        Its classes are matched with the model's by their names.

        Args:
            spec: a name or a path; the data set that the run was trained on when None.
            classes: which of its classes is which of the model, such as `Katze=cat,Hund=dog`.
            pixel_range: the values of black and white; recognized when None.

        Raises:
            DatasetError: it is missing, does not fit, has changed since the training, or has no test images.
        """
        from keras_cnn_course.results.run_data import load_run_data

        return load_run_data(self.record, spec, run=self.path, classes=classes, pixel_range=pixel_range)

    @contextmanager
    def open_model(self, which: str = "best", *, device: str = "auto") -> Iterator[Any]:
        """Start TensorFlow, load a saved Keras model, and compute the body of the `with` statement on the device.

        Args:
            which: `best` on the validation images, or `final`.
            device: `auto` (a GPU if there is one), `cpu`, `gpu` or `gpu:N`.

        Raises:
            RunError: the file is missing, is not a Keras model, or could run code.
            UsageError: there is no such device.
        """
        from keras_cnn_course.devices import backend

        started = backend.start(device=device)
        import tensorflow as tf

        with tf.device(started.tf_device):
            if self.trust_recipe:
                from keras_cnn_course.runs.trusted_model import rebuild_model

                yield rebuild_model(self.directory, which)
            else:
                yield self.directory.load_model(which)


def _describe_classes(metrics: Mapping[str, Any]) -> str:
    """Return a line about the worst class, if the run has rare classes."""
    if "worst_class" not in metrics:
        return ""
    return (
        f"balanced accuracy {metrics['balanced_accuracy']:.2%} (mean over the classes, whose sizes differ); worst "
        f"class {metrics['worst_class']}: {metrics['worst_class_accuracy']:.2%} "
        f"of {metrics['worst_class_examples']:,} images\n"
    )


def open_run(path: str | os.PathLike[str], *, trust_recipe: bool = False) -> Run:
    """Open a run folder.

    Args:
        trust_recipe: build the model by running the run's recipe.py, for layers of your own.

    Raises:
        RunError: there is no run folder at `path`.
    """
    from keras_cnn_course.runs.directory import RunDirectory

    return Run(RunDirectory.open(Path(path)), trust_recipe=trust_recipe)


def list_runs(folder: str | os.PathLike[str] = "runs") -> list[Run]:
    """Return the runs in a folder, sorted by name."""
    return [open_run(file.parent) for file in sorted(Path(folder).glob("*/run.json"))]


def load_dataset(
    spec: str | os.PathLike[str],
    *,
    image_size: tuple[int, int] | None = None,
    pixel_range: tuple[float, float] | None = None,
) -> "Dataset":
    """Load a data set by name or by path.

    Args:
        spec: a name such as `mnist`, an .npz, a folder with MNIST's four IDX files, or a folder of images with one
            sub-folder per class.
        image_size: `(height, width)` to resize all images to.
        pixel_range: the values of black and white in data of your own; recognized when None.

    Raises:
        UsageError: neither a known name nor a path that exists.
        DatasetError: the data set cannot be downloaded or is damaged.
    """
    from keras_cnn_course.datasets.loading import load_dataset

    return load_dataset(os.fspath(spec), image_size=image_size, pixel_range=pixel_range)


def train(
    recipe: "str | os.PathLike[str] | Callable[..., Any]" = "cnn",
    data: "str | os.PathLike[str] | Dataset" = "digits",
    *,
    seed: int = 0,
    out: str | os.PathLike[str] | None = None,
    device: str = "auto",
    threads: int | None = None,
    precision: str = "auto",
    checkpoint_every: float = 60.0,
    quiet: bool = False,
    callback: "Callback | None" = None,
    callbacks: "Sequence[keras.callbacks.Callback]" = (),
    log: str | None = None,
    command: str | None = None,
    backend: "Backend | None" = None,
    overrides: Mapping[str, object] | None = None,
    **hyperparameters: object,
) -> Run:
    """Train a recipe, write its run folder and return the run.

    The progress and the result are printed to stderr. Ctrl-C, or stopping the notebook's cell, writes a checkpoint
    first and then raises `KeyboardInterrupt` with the command that resumes the run.

    Args:
        recipe: a name such as `cnn`, the path of a recipe's file, or the `build_model` function of a file or of a
            notebook cell that holds a whole recipe.
        data: a name, a path, or a `Dataset`.
        seed: random seed for the initial weights, the validation split and the image order.
        out: the run folder to write; the next free `runs/<recipe>-NNN` when None.
        device: `auto` (a GPU if there is one), `cpu`, `gpu` or `gpu:N`.
        threads: number of compute threads; all cores when None.
        precision: number format of the hidden layers: `auto`, `float32`, `bfloat16` or `float16`.
        checkpoint_every: seconds between two checkpoints within an epoch.
        quiet: show only warnings.
        callback: receives the progress, which is then not shown.
        callbacks: Keras callbacks, called before and after each epoch; those that need a batch's end are refused.
        log: `tensorboard` to write event files for TensorBoard into the run folder.
        command: the command line for run.json, of a command that prints the result itself; this call when None.
        backend: TensorFlow as it was started, in place of `device` and `threads`.
        overrides: hyperparameters by name, for a recipe that has one with the name of a parameter above.
        **hyperparameters: values that replace the recipe's own. `epochs` also switches off the recipe's `min_steps`.

    Raises:
        UsageError: an unknown recipe, data set, device or hyperparameter, or a value out of range.
        RecipeError: the recipe cannot be used.
        DatasetError: the data set cannot be used.
        RunError: the run folder cannot be written.
        TrainingError: the loss is no longer a finite number.

    >>> run = train("softmax", "digits", epochs=1, out=tmp / "softmax", quiet=True)
    >>> run.history["epoch"]
    [1.0]
    """
    from keras_cnn_course.catalog.live import find_live_recipe
    from keras_cnn_course.catalog.recipes import find_recipe
    from keras_cnn_course.runs.directory import check_new

    hyperparameters = {**(overrides or {}), **hyperparameters}
    source = find_live_recipe(recipe) if callable(recipe) else find_recipe(os.fspath(recipe))
    if source.hyperparameters:  # wrong values are found before anything is loaded
        source.hyperparameters.with_overrides(hyperparameters)
    folder = None if out is None else Path(out)
    if folder is not None:
        check_new(folder)
    listening = _list_callbacks(callbacks, log=log)
    dataset = load_dataset(data) if isinstance(data, str | os.PathLike) else data
    if backend is None:
        from keras_cnn_course.devices.backend import start

        backend = start(device=device, threads=threads)

    from keras_cnn_course.training.callbacks import Callbacks, StopRequest
    from keras_cnn_course.training.progress import showing_progress
    from keras_cnn_course.training.trainer import TrainingSettings
    from keras_cnn_course.training.trainer import train as train_recipe

    settings = TrainingSettings(
        overrides=hyperparameters,
        seed=seed,
        precision=precision,
        out=folder,
        command=command or _describe_call(recipe, dataset.name, values={"seed": seed, **hyperparameters}),
        checkpoint_every=checkpoint_every,
        callbacks=tuple(type(one).__name__ for one in callbacks),
    )
    stop = StopRequest()
    is_main = threading.current_thread() is threading.main_thread()  # the only one that receives signals
    display = showing_progress(quiet=quiet) if callback is None else nullcontext(callback)
    with stop.listening() if is_main else nullcontext(), display as receiver:
        receivers = Callbacks([receiver, *listening])
        run = Run(train_recipe(source, dataset, settings, backend=backend, callback=receivers, stop=stop))
    if command is None and callback is None and not quiet:
        sys.stderr.write(f"{run}\n")
    return run


def _list_callbacks(callbacks: "Sequence[keras.callbacks.Callback]", *, log: str | None) -> "list[Callback]":
    """Return what receives a training's progress besides the display.

    Raises:
        UsageError: a Keras callback cannot be used, or the log is unknown or needs a package that is missing.
    """
    listening: list[Callback] = []
    if callbacks:
        from keras_cnn_course.training.keras_callbacks import KerasCallbacks

        listening.append(KerasCallbacks(callbacks))
    if log == "tensorboard":
        from keras_cnn_course.training.tensorboard import TensorBoardLog

        listening.append(TensorBoardLog())
    elif log is not None:
        raise UsageError(f"log must be 'tensorboard' or None; got {log!r}.")
    return listening


class FoundRate:
    """The learning rates that `find_rate` tried.

    Args:
        test: the learning rates and the losses.
        used: the learning rate of the hyperparameters.
        name: of the recipe and the data set, for the picture.
    """

    def __init__(self, test: "RateTest", *, used: float, name: str) -> None:
        self.test = test
        self.used = used
        self.name = name

    def __str__(self) -> str:
        if self.suggestion is None:
            return f"No learning rate to suggest: the loss did not fall. The training would use {self.used:g}."
        return (
            f"Suggested learning rate {self.suggestion:g}, between {self.test.fastest:.2g}, at which the loss falls "
            f"fastest, and {self.test.best:.2g}, at which it is smallest. The training would use {self.used:g}."
        )

    @property
    def rates(self) -> tuple[float, ...]:
        """The learning rate of each optimizer step."""
        return self.test.rates

    @property
    def losses(self) -> tuple[float, ...]:
        """The loss of each step's batch."""
        return self.test.losses

    @property
    def suggestion(self) -> float | None:
        """A learning rate to train with, the peak of a one-cycle schedule; None if the loss did not fall."""
        return self.test.suggestion

    def draw(self) -> "Picture":
        """Return the picture of the losses over the learning rates, with its alt text."""
        from keras_cnn_course.plots.rates import plot_rates

        return plot_rates(self.test, used=self.used, name=self.name)

    def plot(self) -> "Figure":
        """Return the picture of the losses over the learning rates."""
        return self.draw().figure


def find_rate(
    recipe: "str | os.PathLike[str] | Callable[..., Any]" = "cnn",
    data: "str | os.PathLike[str] | Dataset" = "digits",
    *,
    seed: int = 0,
    device: str = "auto",
    threads: int | None = None,
    precision: str = "auto",
    backend: "Backend | None" = None,
    overrides: Mapping[str, object] | None = None,
    **hyperparameters: object,
) -> FoundRate:
    """Try learning rates from 0.000001 to 10, one per optimizer step, and suggest one. No run folder is written.

    Args:
        recipe: a name such as `cnn`, the path of a recipe's file, or a `build_model` function.
        data: a name, a path, or a `Dataset`.
        seed: random seed for the initial weights and the image order.
        device: `auto` (a GPU if there is one), `cpu`, `gpu` or `gpu:N`.
        threads: number of compute threads; all cores when None.
        precision: number format of the hidden layers: `auto`, `float32`, `bfloat16` or `float16`.
        backend: TensorFlow as it was started, in place of `device` and `threads`.
        overrides: hyperparameters by name, for a recipe that has one with the name of a parameter above.
        **hyperparameters: values that replace the recipe's own.

    Raises:
        UsageError, RecipeError, DatasetError: as in `train`; the recipe's optimizer has a schedule of its own.

    >>> found = find_rate("softmax", "digits")
    >>> 0.001 < found.suggestion < 1
    True
    """
    from keras_cnn_course.catalog.live import find_live_recipe
    from keras_cnn_course.catalog.recipes import find_recipe

    source = find_live_recipe(recipe) if callable(recipe) else find_recipe(os.fspath(recipe))
    dataset = load_dataset(data) if isinstance(data, str | os.PathLike) else data
    if backend is None:
        from keras_cnn_course.devices.backend import start

        backend = start(device=device, threads=threads)

    from keras_cnn_course.training.plan import make_plan
    from keras_cnn_course.training.progress import QuietProgress
    from keras_cnn_course.training.rate_test import run_rate_test

    changed = {**(overrides or {}), **hyperparameters}
    plan = make_plan(source, dataset, overrides=changed, seed=seed, precision=precision, backend=backend)
    test = run_rate_test(plan, callback=QuietProgress())
    return FoundRate(test, used=plan.hyperparameters.learning_rate, name=f"{source.name} on {dataset.name}")


def _describe_call(
    recipe: "str | os.PathLike[str] | Callable[..., Any]", dataset: str, values: Mapping[str, object]
) -> str:
    """Return a call of `train` as text."""
    shown = recipe.__name__ if callable(recipe) else repr(os.fspath(recipe))
    words = [shown, repr(dataset), *(f"{name}={value!r}" for name, value in values.items())]
    return f"kcnn.train({', '.join(words)})"
