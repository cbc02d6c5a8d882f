"""The functions behind `import keras_cnn_course as kcnn`. The commands call them too."""

import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_cnn_course.errors import UsageError
from keras_cnn_course.inspection.found_rate import FoundRate
from keras_cnn_course.inspection.run import Run

if TYPE_CHECKING:
    import keras

    from keras_cnn_course.datasets.dataset import Dataset
    from keras_cnn_course.devices.backend import Backend
    from keras_cnn_course.training.callbacks import Callback

__all__ = ["FoundRate", "Run", "find_rate", "fit", "list_runs", "load_dataset", "open_run", "resume", "train"]


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
        callbacks=tuple(type(one).__name__ for one in callbacks),
    )
    stop = StopRequest()
    is_main = threading.current_thread() is threading.main_thread()  # the only one that receives signals
    display = showing_progress(quiet=quiet) if callback is None else nullcontext(callback)
    with stop.listening() if is_main else nullcontext(), display as receiver:
        receivers = Callbacks([receiver, *listening])
        written = train_recipe(source, dataset, settings, backend=backend, callback=receivers, stop=stop)
    run = Run(written, dataset=dataset)
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
    """Continue a run from its newest checkpoint, or make a finished one longer. A finished run is left as it is.

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

        backend = start(device=device or record.device, threads=threads or record.threads)
    from keras_cnn_course.training import resume as resuming
    from keras_cnn_course.training.callbacks import StopRequest
    from keras_cnn_course.training.progress import showing_progress

    settings = resuming.ResumeSettings(epochs=epochs, force=force, checkpoint_every=checkpoint_every)
    stop = StopRequest()
    is_main = threading.current_thread() is threading.main_thread()
    display = showing_progress(quiet=quiet) if callback is None else nullcontext(callback)
    with stop.listening() if is_main else nullcontext(), display as receiver:
        resuming.resume(opened.directory, dataset, settings, backend=backend, callback=receiver, stop=stop)
    return Run(opened.directory, trust_recipe=opened.trust_recipe, dataset=dataset)


def fit(
    model: "keras.Model",
    x: Any,
    y: Any,
    *,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: str | int = "auto",
    callbacks: Any = None,
    validation_split: float = 0.0,
    validation_data: Sequence[Any] | None = None,
    shuffle: bool = True,
    class_weight: Mapping[int, float] | None = None,
    sample_weight: Any = None,
    initial_epoch: int = 0,
    validation_batch_size: int | None = None,
    validation_freq: int | list[int] = 1,
    **refused: object,
) -> "keras.callbacks.History":
    """Train a compiled Keras model on arrays, as `model.fit` does, with the engine of this package.

    The model gets the same values that `model.fit` would give it: the images are not scaled. Compiled metrics and
    losses of every kind are computed, and Keras callbacks are called at the same places. An epoch visits every image
    once, in an order that differs from epoch to epoch and repeats after `keras.utils.set_random_seed`. Nothing but the
    model is changed, and no run folder is written.

    Args:
        model: compiled, with one input and one output. A model with a `train_step` of its own is refused.
        x: images, `(n, ...)`, of any numeric type.
        y: labels `(n,)`, or one-hot `(n, classes)`, as the compiled loss expects them.
        batch_size: images per optimizer step; 32 when None.
        epochs: number of the last epoch, counted from 1.
        verbose: `auto`, 0, 1 or 2, as in Keras.
        callbacks: Keras callbacks. If one listens to batches, each step is a call of its own, which is slower.
        validation_split: share of the images, from the end, to validate with.
        validation_data: `(x_val, y_val)` or `(x_val, y_val, sample_weight)`.
        shuffle: whether to change the order of the images.
        class_weight: factor of the loss by label; 1 for labels that it lacks.
        sample_weight: `(n,)`: factor of the loss of each image.
        initial_epoch: number of epochs that are already done.
        validation_batch_size: images per step of the validation; `batch_size` when None.
        validation_freq: validate after every N epochs, or after the listed ones.
        **refused: any other argument is an error that names it.

    Returns:
        Keras's History: `history` has a list with one value per epoch for `loss`, each metric, and each with `val_`.

    Raises:
        UsageError: an argument cannot be honored, or the model asks for another loop.
        TrainingError: a layer or the loss of the model fails.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(2, activation="softmax")])
    >>> model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    >>> history = fit(model, np.ones((20, 8, 8)), np.arange(20) % 2, epochs=2, verbose=0)
    >>> sorted(history.history), history.epoch
    (['accuracy', 'loss'], [0, 1])
    """
    from keras_cnn_course.devices.backend import load

    load()
    from keras_cnn_course.training import fitting

    return fitting.fit(
        model,
        x,
        y,
        batch_size=batch_size,
        epochs=epochs,
        verbose=verbose,
        callbacks=callbacks,
        validation_split=validation_split,
        validation_data=validation_data,
        shuffle=shuffle,
        class_weight=class_weight,
        sample_weight=sample_weight,
        initial_epoch=initial_epoch,
        validation_batch_size=validation_batch_size,
        validation_freq=validation_freq,
        **refused,
    )


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
