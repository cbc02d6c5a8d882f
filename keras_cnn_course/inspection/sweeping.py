"""`sweep`: train many runs side by side, and continue where an earlier call stopped."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_cnn_course.errors import UsageError
from keras_cnn_course.files.tables import count
from keras_cnn_course.files.values import Rule, check_path, check_value, whole_number
from keras_cnn_course.training.callbacks import StopRequest, TrainingStopped

if TYPE_CHECKING:
    from keras_cnn_course.catalog.recipes import RecipeSource
    from keras_cnn_course.inspection.sweep_result import SweepResult
    from keras_cnn_course.sweeps.design import Conditions
    from keras_cnn_course.sweeps.local import Executor
    from keras_cnn_course.sweeps.sweep import Sweep, TrialState

__all__ = ["SweepStopped", "sweep"]

_MOST_SEEDS = 1000
_MOST_JOBS = 1024
_GRID = Rule(
    "a dictionary such as {'filters': [8, 16]}",
    lambda grid: grid is None or (isinstance(grid, Mapping) and all(isinstance(name, str) for name in grid)),
)

Recipe = str | os.PathLike[str] | Callable[..., Any]


class SweepStopped(TrainingStopped):
    """A sweep stopped on request. Its runs have written checkpoints, from which it can continue.

    Args:
        path: the sweep's folder.
        finished: how many runs have finished, as text.
        exit_code: the exit code of a process ended by that signal.
    """

    def __init__(self, path: Path, finished: str, *, exit_code: int) -> None:
        super().__init__(
            f"Stopped with {finished}. Continue with the same call and out={str(path)!r}.", exit_code=exit_code
        )
        self.path, self.finished = path, finished


def sweep(
    recipes: Recipe | Sequence[Recipe] = ("cnn",),
    data: str | os.PathLike[str] = "digits",
    grid: Mapping[str, object] | None = None,
    *,
    seeds: int = 3,
    jobs: int | None = None,
    out: str | os.PathLike[str] | None = None,
    image_size: tuple[int, int] | None = None,
    pixel_range: tuple[float, float] | None = None,
    device: str = "auto",
    threads: int | None = None,
    precision: str = "auto",
    ray: str | None = None,
    quiet: bool = False,
    spell: Callable[[str], str] = str,
) -> "SweepResult":
    """Train every recipe with every combination of a grid's values and every seed, and compare the settings.

    The runs are trained in processes of their own. A run that fails does not stop the others; `SweepResult.failed` has
    it with its error. Ctrl-C, or stopping the notebook's cell, lets the runs write checkpoints and then raises
    `KeyboardInterrupt`. The same call with the same `out` continues; it may ask for more seeds, values or recipes.

    Args:
        recipes: one recipe or several: names, paths, or `build_model` functions.
        data: the name or the path of a data set, which each process loads.
        grid: values to try by hyperparameter, such as `{"filters": [8, 16]}` or `{"filters": "8,16"}`.
        seeds: number of seeds per setting: 0, 1, 2, ...
        jobs: number of runs at a time; one when None.
        out: the sweep's folder, new or to continue; the next free `sweeps/sweep-NNN` when None.
        image_size: `(height, width)` to resize all images to.
        pixel_range: the values of black and white in data of your own; recognized when None.
        device: `auto` (a GPU if there is one), `cpu`, `gpu` or `gpu:N`.
        threads: number of compute threads per run; an equal share of the cores when None, and one with `ray`.
        precision: number format of the hidden layers: `auto`, `float32`, `bfloat16` or `float16`.
        ray: train on a Ray cluster: `local` starts Ray on this machine, `auto` finds the cluster of this machine, and
            `HOST:PORT` names the head node of one. It decides how many runs are trained at a time.
        quiet: show no progress.
        spell: changes the words of the runs' errors before they are shown and stored, as the command line does.

    Raises:
        UsageError: an unknown recipe, data set or hyperparameter, or a value out of range.
        DatasetError: the data set cannot be used.
        RunError: `out` is something else than the folder of this sweep, or cannot be written.
        TrainingError: the Ray cluster cannot be used.

    >>> result = sweep("softmax", grid={"epochs": [1, 2]}, seeds=1, out=tmp / "sweep", quiet=True)
    >>> [setting.name for setting in result.settings], len(result.runs)
    (['softmax epochs=1', 'softmax epochs=2'], 2)
    """
    from keras_cnn_course.datasets.registry import DATASETS
    from keras_cnn_course.devices.backend import available_cores
    from keras_cnn_course.sweeps.design import Conditions, design_trials, split_values

    _check(data, seeds=seeds, jobs=jobs, device=device, threads=threads, precision=precision, ray=ray)
    sources, spec = _find_recipes(recipes), os.fspath(data)
    target = None if out is None else check_path("`out=`", out)
    check_value("grid", grid, _GRID, kind=UsageError)
    values = {name: split_values(tried) for name, tried in (grid or {}).items()}
    trials = design_trials(sources, values, seeds=seeds)
    conditions = Conditions(
        dataset=spec if spec in DATASETS else str(check_path("data", spec).absolute()),
        image_size=image_size,
        pixel_range=pixel_range,
        device="cpu" if ray and device == "auto" else device,
        precision=precision,
        threads=threads or (1 if ray else max(1, available_cores() // (jobs or 1))),
    )
    executor = _choose_executor(ray, jobs=jobs, conditions=conditions)

    from keras_cnn_course.datasets.loading import load_dataset
    from keras_cnn_course.inspection.sweep_result import summarize_sweep
    from keras_cnn_course.sweeps.folder import SweepFolder
    from keras_cnn_course.sweeps.sweep import Sweep

    dataset = load_dataset(spec, image_size=image_size, pixel_range=pixel_range)
    with executor:
        folder = SweepFolder.prepare(target, sources)
        with folder.writing():
            started = Sweep(trials, conditions, dataset, folder, spell)
            _run(started, executor, quiet=quiet)
    return summarize_sweep(started)


def _check(
    data: object,
    *,
    seeds: int,
    jobs: int | None,
    device: str,
    threads: int | None,
    precision: str,
    ray: str | None,
) -> None:
    """Refuse values out of range, data that no other process could load, and what a Ray cluster decides itself."""
    from keras_cnn_course.devices.backend import check_device
    from keras_cnn_course.devices.precision import check_precision

    if not isinstance(data, str | os.PathLike):
        raise UsageError(
            f"The processes of a sweep load the data set themselves, so it must be a name or a path; got "
            f"{type(data).__name__}. Save arrays with numpy.savez as x_train, y_train, x_test and y_test."
        )
    for name, value, most in (("seeds", seeds, _MOST_SEEDS), ("jobs", jobs, _MOST_JOBS), ("threads", threads, 1024)):
        if value is not None:
            check_value(f"`{name}=`", value, whole_number(1, most), kind=UsageError)
    check_device(device)
    check_precision(precision)
    if ray and jobs:
        raise UsageError("`jobs=` cannot be used with `ray=`, which runs as many at a time as it has room for.")
    if ray and device.startswith("gpu:"):
        raise UsageError(f"`ray=` chooses the GPU itself: use `device='gpu'`; got `device={device!r}`.")


def _find_recipes(recipes: Recipe | Sequence[Recipe]) -> "list[RecipeSource]":
    from keras_cnn_course.catalog.live import find_live_recipe

    named = recipes if isinstance(recipes, Sequence) and not isinstance(recipes, str) else [recipes]
    if not named:
        raise UsageError("Name at least one recipe.")
    return [find_live_recipe(one) for one in named]


def _choose_executor(ray: str | None, *, jobs: int | None, conditions: "Conditions") -> "Executor":
    if ray:
        from keras_cnn_course.sweeps.ray import RayExecutor

        return RayExecutor(ray, cpus=conditions.threads, gpus=1 if conditions.device == "gpu" else 0)
    from keras_cnn_course.sweeps.local import LocalExecutor

    return LocalExecutor(jobs or 1)


def _run(started: "Sweep", executor: "Executor", *, quiet: bool) -> None:
    """Train the runs that have not finished.

    Raises:
        SweepStopped: a signal came before all had finished.
    """
    if started.left and not quiet:
        _print(_describe_plan(started, executor))
    stop, total = StopRequest(), len(started.trials)
    with stop.listening():
        for state in started.run(executor, should_stop=lambda: stop.signal is not None):
            if not quiet:
                _print(f"{total - len(started.left)}/{total}  {_describe_trial(state)}")
    if stop.signal is not None and started.left:
        finished = f"{total - len(started.left)} of {total} runs finished"
        raise SweepStopped(started.folder.path, finished, exit_code=stop.exit_code)


def _print(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _describe_plan(started: "Sweep", executor: "Executor") -> str:
    """Return the plan of a sweep in lines."""
    trials, conditions = started.trials, started.conditions
    settings, seeds = {trial.setting for trial in trials}, {trial.seed for trial in trials}
    finished = len(trials) - len(started.left)
    done = f"; {finished} already finished" if finished else ""
    others = len(started.folder.find_runs()) - sum(state.summary is not None for state in started.states.values())
    left_out = f"; {count(others, 'other run')} in the folder not part of this sweep" if others else ""
    return (
        f"runs      {len(trials)}: {count(len(settings), 'setting')} with {count(len(seeds), 'seed')} each"
        f"{done}{left_out}\n"
        f"data      {started.dataset.name}\n"
        f"computing {executor.describe()}, {count(conditions.threads, 'thread')} each; device {conditions.device}\n"
        f"writing   {started.folder.path}"
    )


def _describe_trial(state: "TrialState") -> str:
    """Return the result of a run in one line."""
    words = f"{state.trial.setting} seed={state.trial.seed}  {state.status}"
    if state.status == "finished" and state.summary:
        results = state.summary.results
        return f"{words}  test accuracy {results['test_accuracy']:.2%}  {results['fit_seconds']:.1f} s"
    return f"{words}: {state.error}" if state.error else words
