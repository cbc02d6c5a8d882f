"""Training one trial in its own process. No other part of a sweep needs TensorFlow."""

import sys
from pathlib import Path

from keras_cnn_course.catalog.recipes import find_recipe
from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.datasets.loading import load_dataset
from keras_cnn_course.devices import backend
from keras_cnn_course.errors import RunError
from keras_cnn_course.files.atomic import is_empty_folder
from keras_cnn_course.files.command_line import join_words
from keras_cnn_course.runs.begun import advising_to_force, is_begun
from keras_cnn_course.runs.directory import RunDirectory
from keras_cnn_course.runs.new_folder import holds_nothing
from keras_cnn_course.sweeps.design import Conditions, Trial
from keras_cnn_course.sweeps.folder import SweepFolder
from keras_cnn_course.sweeps.local import CallStopped
from keras_cnn_course.training.callbacks import Callback, StopRequest, TrainingStopped
from keras_cnn_course.training.resume import ResumeSettings, resume
from keras_cnn_course.training.trainer import TrainingSettings, train

__all__ = ["train_trial"]


class _Warnings(Callback):
    """Prints warnings only."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial

    def on_warning(self, text: str) -> None:
        """Print the warning."""
        sys.stderr.write(f"Warning: {self.trial.name}: {text}\n")


def train_trial(trial: Trial, conditions: Conditions, folder: Path) -> None:
    """Train a trial's run, or resume it if it has begun. SIGINT and SIGTERM stop it after a checkpoint.

    Args:
        conditions: the settings that all trials share.
        folder: of the sweep.

    Raises:
        CallStopped: a signal has stopped it.
        CourseError: it failed.
    """
    if not folder.is_dir():
        raise RunError(
            f"There is no folder {folder} on this machine. Choose an `out=` that all machines of the cluster share."
        )
    run = RunDirectory(SweepFolder(folder).run_path(trial))
    stop = StopRequest(announced=False)
    try:
        with stop.listening():
            if is_begun(run.path):
                _resume(run, trial, conditions, stop)
            else:
                _check_place(run.path)
                _train(run, trial, conditions, stop, recipe_file=SweepFolder(folder).recipe_file(trial.recipe))
    except TrainingStopped as stopped:
        raise CallStopped(str(stopped)) from stopped


def _check_place(path: Path) -> None:
    if path.exists() and not is_empty_folder(path) and not holds_nothing(path):
        raise RunError(f"{path} is not a run folder: it has no run.json. Remove it to train this run again.")


def _train(run: RunDirectory, trial: Trial, conditions: Conditions, stop: StopRequest, *, recipe_file: Path) -> None:
    settings = TrainingSettings(
        overrides=dict(trial.values),
        seed=trial.seed,
        precision=conditions.precision,
        out=run.path,
        command=_command(trial, conditions, recipe_file),
    )
    data = _load(conditions)
    started = backend.start(device=conditions.device, threads=conditions.threads)
    train(find_recipe(str(recipe_file)), data, settings, backend=started, callback=_Warnings(trial), stop=stop)


def _resume(run: RunDirectory, trial: Trial, conditions: Conditions, stop: StopRequest) -> None:
    record = run.read_record()
    data = _load(conditions)
    started = backend.start(device=record.device, threads=record.threads)
    with advising_to_force(run.path):
        resume(run, data, ResumeSettings(), backend=started, callback=_Warnings(trial), stop=stop)


def _load(conditions: Conditions) -> Dataset:
    return load_dataset(conditions.dataset, image_size=conditions.image_size, pixel_range=conditions.pixel_range)


def _command(trial: Trial, conditions: Conditions, recipe_file: Path) -> str:
    """Return the command that trains the same run without the sweep."""
    words = ["kcnn", "train", "--recipe", str(recipe_file), "--dataset", conditions.dataset]
    if conditions.image_size:
        words += ["--image-size", "x".join(str(side) for side in conditions.image_size)]
    if conditions.pixel_range:
        words += ["--pixel-range", ":".join(f"{value:g}" for value in conditions.pixel_range)]
    for key, value in trial.values:
        words += ["--set", f"{key}={value}"]
    words += ["--seed", str(trial.seed), "--threads", str(conditions.threads)]
    words += ["--device", conditions.device, "--precision", conditions.precision]
    return join_words(words)
