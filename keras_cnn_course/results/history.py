"""The history of a run, epoch by epoch."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from keras_cnn_course.errors import RunError, UsageError
from keras_cnn_course.runs.directory import RunDirectory

__all__ = ["Curves", "label_runs", "read_all_curves", "read_curves"]


@dataclass(frozen=True)
class Curves:
    """The columns of a run's history.csv, and the best epoch.

    Args:
        name: name of the run folder.
        epoch: numbers of the epochs, from 1.
        loss: training loss.
        accuracy: training accuracy, from 0 to 1.
        val_loss: loss on the validation images.
        val_accuracy: accuracy on the validation images, from 0 to 1.
        best_epoch: the epoch with the smallest validation loss; a run may keep the model of another.
    """

    name: str
    epoch: tuple[int, ...]
    loss: tuple[float, ...]
    accuracy: tuple[float, ...]
    val_loss: tuple[float, ...]
    val_accuracy: tuple[float, ...]
    best_epoch: int

    @property
    def best(self) -> int:
        """Position of the best epoch in the columns."""
        return self.epoch.index(self.best_epoch)


def label_runs(paths: Sequence[Path]) -> list[str]:
    """Return a short name for each run: its folder's name, or the path as given if two folders share a name.

    >>> label_runs([Path("runs/cnn-001"), Path("runs/mlp-001")])
    ['cnn-001', 'mlp-001']

    Raises:
        UsageError: a run is given twice.
    """
    places = Counter(path.resolve() for path in paths)
    for path in paths:
        if places[path.resolve()] > 1:
            raise UsageError(f"{path} is given more than once. Name each run once.")
    names = [RunDirectory(path).name for path in paths]
    counts = Counter(names)
    return [name if counts[name] == 1 else str(path) for name, path in zip(names, paths, strict=True)]


def read_all_curves(paths: Sequence[Path]) -> list[Curves]:
    """Read the histories of several runs, each under a different name.

    Raises:
        RunError: see `read_curves`.
        UsageError: a run is given twice.
    """
    return [replace(read_curves(path), name=name) for path, name in zip(paths, label_runs(paths), strict=True)]


def read_curves(path: Path) -> Curves:
    """Read the history of the run folder at `path`; of a run that is still training, the epochs so far.

    Raises:
        RunError: the folder is not a run, or has no finished epoch.
    """
    run = RunDirectory.open(path)
    history = run.read_history()
    if not history["epoch"]:
        raise RunError(f"{path / 'history.csv'} has no finished epoch yet. Wait for the first one.")
    columns = {name: tuple(history[name]) for name in ("loss", "accuracy", "val_loss", "val_accuracy")}
    epoch = tuple(int(number) for number in history["epoch"])
    _, best_epoch = min(zip(columns["val_loss"], epoch, strict=True))
    return Curves(name=run.name, epoch=epoch, best_epoch=best_epoch, **columns)
