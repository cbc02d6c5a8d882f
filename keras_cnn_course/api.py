"""The functions that train runs, resume and open them. The commands call them too."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from keras_cnn_course.errors import UsageError
from keras_cnn_course.files.values import SECONDS, SEED, as_python, check_path, check_value, whole_number
from keras_cnn_course.inspection.run import Run
from keras_cnn_course.runs.finding import find_runs

if TYPE_CHECKING:
    import keras

    from keras_cnn_course.datasets.dataset import Dataset
    from keras_cnn_course.devices.backend import Backend
    from keras_cnn_course.training.callbacks import Callback

__all__ = ["Run", "list_runs", "open_run", "resume", "train"]


def open_run(path: str | os.PathLike[str], *, trust_recipe: bool = False) -> Run:
    """Open a run folder.

    Args:
        trust_recipe: build the model by running the run's recipe.py, for layers of your own.

    Raises:
        RunError: there is no run folder at `path`.
    """
    from keras_cnn_course.runs.directory import RunDirectory

    return Run(RunDirectory.open(check_path("The run", path)), trust_recipe=trust_recipe)


def list_runs(folder: str | os.PathLike[str] = "runs") -> list[Run]:
    """Return the runs in a folder, sorted by name."""
    return [open_run(path) for path in find_runs(check_path("The folder", folder))]


def train(
    recipe: "str | os.PathLike[str] | Callable[..., Any]" = "cnn",
    data: "str | os.PathLike[str] | Dataset | Sequence[Any]" = "digits",
    *,
    seed: int = 0,
    out: str | os.PathLike[str] | None = None,
    device: str = "auto",
    threads: int | None = None,
    precision: str = "auto",
    checkpoint_every: float = 60.0,
    quiet: bool = False,
    callback: "Callback | None" = None,
    callbacks: "keras.callbacks.Callback | Sequence[keras.callbacks.Callback] | None" = (),
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
        data: a name, a path, a `Dataset`, arrays `(images, labels)` of which a fifth become the test images,
            `((x_train, y_train), (x_test, y_test))`, or a finite `tf.data.Dataset`.
        seed: random seed for the initial weights, the validation split and the image order.
        out: the run folder to write; the next free `runs/<recipe>-NNN` when None.
        device: `auto` (a GPU if there is one), `cpu`, `gpu` or `gpu:N`.
        threads: number of compute threads; all cores when None.
        precision: number format of the hidden layers: `auto`, `float32`, `bfloat16` or `float16`.
        checkpoint_every: seconds between two checkpoints within an epoch.
        quiet: show only warnings.
        callback: receives the progress, which is then not shown.
        callbacks: Keras callbacks, or a single one, called before and after each epoch; those that need a batch's end
            are refused.
        log: `tensorboard` to write event files for TensorBoard into the run folder.
        command: text to record in run.json as the command; this call when None. If given, the result is not printed.
        backend: TensorFlow, already started; `device` and `threads` are then ignored.
        overrides: hyperparameters by name, for names that are also parameters of this function.
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
    from keras_cnn_course.runs.directory import check_new

    hyperparameters = {**(overrides or {}), **hyperparameters}
    source = find_live_recipe(recipe)
    seed = check_value("seed", seed, SEED, kind=UsageError)
    check_value("checkpoint_every", checkpoint_every, SECONDS, kind=UsageError)
    if source.hyperparameters:  # wrong values are found before anything is loaded
        source.hyperparameters.with_overrides(hyperparameters)
    folder = None if out is None else check_path("`out=`", out)
    if folder is not None:
        check_new(folder)
    called = [] if callbacks is None else callbacks if isinstance(callbacks, Sequence) else [callbacks]
    listening = _list_callbacks(called, log=log)
    from keras_cnn_course.datasets.given import read_dataset

    dataset = read_dataset(data)
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
        callbacks=tuple(type(one).__name__ for one in called),
    )
    stop = StopRequest()
    display = showing_progress(quiet=quiet) if callback is None else nullcontext(callback)
    with stop.listening(), display as receiver:
        receivers = Callbacks([receiver, *listening])
        written = train_recipe(source, dataset, settings, backend=backend, callback=receivers, stop=stop)
    run = Run(written, trust_recipe=written.needs_recipe(), dataset=dataset)  # the recipe has just been run
    if command is None and callback is None and not quiet:
        sys.stderr.write(f"{run}\n")
    return run


def resume(
    run: "Run | str | os.PathLike[str]",
    *,
    epochs: int | None = None,
    data: "str | os.PathLike[str] | Dataset | None" = None,
    force: bool = False,
    device: str | None = None,
    threads: int | None = None,
    checkpoint_every: float = 60.0,
    quiet: bool = False,
    callback: "Callback | None" = None,
    backend: "Backend | None" = None,
) -> Run:
    """Continue a stopped run from its newest checkpoint, or train a finished one for longer with `epochs`.

    Without `epochs`, a finished run is returned unchanged.

    Args:
        run: the run, or the path of its folder.
        epochs: total number of epochs; as many as were planned when None.
        data: the data set that it was started with, if it is elsewhere now or was given as arrays.
        force: continue although something that decides the result has changed.
        device: `auto`, `cpu`, `gpu` or `gpu:N`; that of the run when None.
        threads: number of compute threads; that of the run when None.
        checkpoint_every: seconds between two checkpoints within an epoch.
        quiet: show only warnings.
        callback: receives the progress, which is then not shown.
        backend: TensorFlow as it was started, in place of `device` and `threads`.

    Raises:
        RunError: another process writes the run, or it cannot be resumed exactly.
        UsageError: `epochs` is less than the run already has.

    >>> short = train("softmax", "digits", epochs=1, out=tmp / "longer", quiet=True)
    >>> resume(short, epochs=2, quiet=True).history["epoch"]
    [1.0, 2.0]
    """
    if epochs is not None:
        epochs = check_value("epochs", epochs, whole_number(1, 100_000), kind=UsageError)
    check_value("checkpoint_every", checkpoint_every, SECONDS, kind=UsageError)
    opened = run if isinstance(run, Run) else open_run(run)
    record = opened.record
    if record.status == "finished" and epochs in (None, sum(record.cycles)):
        return opened
    from keras_cnn_course.datasets.given import read_dataset
    from keras_cnn_course.results.run_data import load_own_data

    if data is None or isinstance(data, str | os.PathLike):
        given = opened.given if data is None else None
        dataset = given or load_own_data(record, run=opened.path, spec=None if data is None else os.fspath(data))
    else:
        dataset = read_dataset(data)
    if backend is None:
        from keras_cnn_course.devices.backend import start

        backend = start(
            device=record.device if device is None else device, threads=record.threads if threads is None else threads
        )
    from keras_cnn_course.training import resume as resuming
    from keras_cnn_course.training.callbacks import StopRequest
    from keras_cnn_course.training.progress import showing_progress

    settings = resuming.ResumeSettings(epochs=epochs, force=force, checkpoint_every=checkpoint_every)
    stop = StopRequest()
    display = showing_progress(quiet=quiet) if callback is None else nullcontext(callback)
    with stop.listening(), display as receiver:
        resuming.resume(opened.directory, dataset, settings, backend=backend, callback=receiver, stop=stop)
    return Run(opened.directory, trust_recipe=opened.directory.needs_recipe(), dataset=dataset)


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


def _describe_call(
    recipe: "str | os.PathLike[str] | Callable[..., Any]", dataset: str, values: Mapping[str, object]
) -> str:
    """Return a call of `train` as text."""
    shown = recipe.__name__ if callable(recipe) else repr(os.fspath(recipe))
    words = [shown, repr(dataset), *(f"{name}={as_python(value)!r}" for name, value in values.items())]
    return f"kcnn.train({', '.join(words)})"
