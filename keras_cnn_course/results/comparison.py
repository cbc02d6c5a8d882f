"""What differs between runs: their settings, and their results. Reads JSON only."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keras_cnn_course.errors import UsageError
from keras_cnn_course.results.history import label_runs
from keras_cnn_course.results.interval import wilson_interval
from keras_cnn_course.runs.directory import RunDirectory

__all__ = ["RunSummary", "differing_settings", "summarize_runs"]

_SETTINGS = ("recipe", "dataset", "seed", "train_examples", "val_examples", "device", "threads", "precision", "engine")
_RESULTS = (
    *("test_accuracy", "test_loss", "test_examples", "val_accuracy", "parameters"),
    *("images_per_second", "fit_seconds", "epochs"),
)


@dataclass(frozen=True)
class RunSummary:
    """A run's settings and results.

    Args:
        name: short name.
        path: its folder.
        status: `running`, `finished`, `interrupted` or `failed`.
        settings: what was chosen, and what it ran on.
        results: of metrics.json, with `accuracy_interval`, the 95 % interval; empty for a run that did not finish.
    """

    name: str
    path: Path
    status: str
    settings: dict[str, Any]
    results: dict[str, Any]


def summarize_runs(paths: Sequence[Path]) -> list[RunSummary]:
    """Read the runs at `paths`.

    Raises:
        UsageError: a run is given twice.
        RunError: a folder is no run, or its files are broken.
    """
    places = [path.absolute() for path in paths]
    for path, place in zip(paths, places, strict=True):
        if places.count(place) > 1:
            raise UsageError(f"Expected each run once. Received {path} more than once.")
    return [_summarize(path, name) for path, name in zip(paths, label_runs(paths), strict=True)]


def differing_settings(runs: Sequence[RunSummary]) -> dict[str, list[Any]]:
    """Return each setting that is not the same in all runs, with its value in each; None where a run has none.

    The recipe's source and the data's hash are listed only where they tell apart what has the same name.
    """
    names = dict.fromkeys(name for run in runs for name in run.settings)
    columns = {name: [run.settings.get(name) for run in runs] for name in names}
    differing = {name: values for name, values in columns.items() if any(value != values[0] for value in values)}
    for named, contents in (("recipe", "recipe source"), ("dataset", "data SHA-256")):
        if contents in differing and len(set(zip(columns[named], columns[contents], strict=True))) == len(
            set(columns[named])
        ):
            del differing[contents]
    return differing


def _summarize(path: Path, name: str) -> RunSummary:
    run = RunDirectory.open(path)
    record = run.read_record()
    settings = {field: getattr(record, field) for field in _SETTINGS}
    settings["image size"] = "x".join(str(side) for side in record.input_shape)
    settings["data SHA-256"] = record.dataset_sha256[:8]
    recipe_hash = run.hash_recipe()
    if recipe_hash is not None:
        settings["recipe source"] = recipe_hash[:8]
    return RunSummary(
        name=name,
        path=path,
        status=record.status,
        settings={**settings, **record.hyperparameters, **record.versions},
        results=_read_results(run) if record.status == "finished" else {},
    )


def _read_results(run: RunDirectory) -> dict[str, Any]:
    metrics = run.read_metrics()
    results = {field: metrics[field] for field in _RESULTS if field in metrics}
    if "test_accuracy" in results and "test_examples" in results:
        examples = results["test_examples"]
        results["accuracy_interval"] = wilson_interval(round(results["test_accuracy"] * examples), examples)
    return results
