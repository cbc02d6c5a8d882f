"""What differs between runs: their settings and their results, read from their JSON files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keras_cnn_course.results.history import label_runs
from keras_cnn_course.results.interval import wilson_interval
from keras_cnn_course.runs.directory import RunDirectory, RunRecord

__all__ = [
    "DATA_SETTINGS",
    "RunSummary",
    "differing_settings",
    "format_setting",
    "name_machines",
    "name_setting",
    "summarize_runs",
]

# What a run records about its data set, the most telling first. All but the names follow from the SHA-256.
DATA_SETTINGS = ("dataset", "image size", "pixel range", "ground", "colors", "placing", "classes")
_FROM_DATA = {"image size", "pixel range", "ground", "colors", "placing"}
# Recorded since version 0.2: a run that lacks one of them does not differ in it.
_LATER = {"pixel range", "ground", "colors", "placing", "outputs"}

_SETTINGS = ("recipe", "dataset", "seed", "device", "threads", "precision", "engine")
_RESULTS = (
    *("test_accuracy", "test_loss", "test_examples", "val_accuracy", "parameters"),
    *("images_per_second", "fit_seconds", "epochs"),
)


@dataclass(frozen=True)
class RunSummary:
    """A run's settings and results.

    Args:
        name: short name.
        path: the run folder.
        status: `running`, `finished`, `interrupted` or `failed`.
        settings: chosen values, and the machine and versions it ran on. A hyperparameter of the same name as one of
            the others, such as `seed`, is called `hyperparameter seed`.
        results: values of metrics.json and `accuracy_interval`, the 95% interval; empty for an unfinished run.
        machine: processor, instruction set and threads.
    """

    name: str
    path: Path
    status: str
    settings: dict[str, Any]
    results: dict[str, Any]
    machine: str


def name_machines(runs: Sequence[RunSummary]) -> str:
    """Return what the runs were computed on, in one sentence; a speed says nothing without it.

    If they were computed on several machines, each run is named.
    """
    machines: dict[str, list[str]] = {}
    for run in runs:
        machines.setdefault(run.machine, []).append(run.name)
    if len(machines) == 1:
        return f"Trained on: {next(iter(machines))}."
    listed = [f"{', '.join(names)} on {machine}" for machine, names in machines.items()]
    return f"Trained: {'; '.join(listed)}."


def summarize_runs(paths: Sequence[Path]) -> list[RunSummary]:
    """Read the runs at `paths`.

    Raises:
        UsageError: a run is given twice.
        RunError: a folder is not a run, or its files are damaged.
    """
    return [_summarize(path, name) for path, name in zip(paths, label_runs(paths), strict=True)]


def differing_settings(runs: Sequence[RunSummary]) -> dict[str, list[Any]]:
    """Return every setting that is not the same in all runs, with its value per run; None for a run that lacks it.

    The hashes of recipe and data are listed only if two recipes or data sets of the same name differ, and what follows
    from the data only if the data differ.
    """
    names = dict.fromkeys(name for run in runs for name in run.settings)
    columns = {name: [run.settings.get(name) for run in runs] for name in names}
    differing = {name: values for name, values in columns.items() if _differ(name, values)}
    if "data SHA-256" not in differing:
        differing = {name: values for name, values in differing.items() if name not in _FROM_DATA}
    for named, contents in (("recipe", "recipe source"), ("dataset", "data SHA-256")):
        if contents in differing and len(set(zip(columns[named], columns[contents], strict=True))) == len(
            set(columns[named])
        ):
            del differing[contents]
    return differing


def _differ(name: str, values: Sequence[Any]) -> bool:
    known = [value for value in values if value is not None] if name in _LATER else values
    return any(value != known[0] for value in known)


def name_setting(name: str, *settings: Mapping[str, Any]) -> str:
    """Return a setting's name in a table. With `patience`, a run may have fewer epochs than were set.

    Args:
        settings: of each run in the table.

    >>> name_setting("epochs", {"epochs": 60, "patience": 3}), name_setting("epochs", {"epochs": 60, "patience": 0})
    ('epochs at most', 'epochs')
    """
    stops_early = any(run.get("patience") for run in settings)
    return "epochs at most" if name == "epochs" and stops_early else name


def format_setting(value: Any) -> str:
    """Return the value of a setting as text, or a dash for None.

    >>> format_setting(0.0010), format_setting("cnn"), format_setting(None)
    ('0.001', 'cnn', '-')
    """
    return "-" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _summarize(path: Path, name: str) -> RunSummary:
    run = RunDirectory.open(path)
    record = run.read_record()
    settings = {field: getattr(record, field) for field in _SETTINGS}
    if record.processor:
        settings["processor"] = record.processor
    settings |= {"training images": record.train_examples, "validation images": record.val_examples}
    settings |= _describe_data(record)
    if record.outputs:
        settings["outputs"] = record.outputs
    if record.lengthened:
        settings["lengthened"] = record.lengthened
    recipe_hash = run.hash_recipe()
    if recipe_hash is not None:
        settings["recipe source"] = recipe_hash[:8]
    taken = {*settings, *record.versions}
    hyperparameters = {
        f"hyperparameter {key}" if key in taken else key: value for key, value in record.hyperparameters.items()
    }
    return RunSummary(
        name=name,
        path=path,
        status=record.status,
        settings={**settings, **hyperparameters, **record.versions},
        results=_read_results(run) if record.status == "finished" else {},
        machine=record.machine,
    )


def _describe_data(record: RunRecord) -> dict[str, Any]:
    """Return what run.json says about the images and the classes, in words."""
    data: dict[str, Any] = {
        "image size": "x".join(str(side) for side in record.input_shape),
        "data SHA-256": record.dataset_sha256[:8],
        "classes": ", ".join(record.class_names),
    }
    if record.pixel_range:
        data["pixel range"] = ":".join(f"{value:g}" for value in record.pixel_range)
    if record.appearance:
        data["colors"] = "color" if record.appearance["colors"] else "gray"
        data |= {name: record.appearance[name] for name in ("ground", "placing")}
    return data


def _read_results(run: RunDirectory) -> dict[str, Any]:
    metrics = run.read_metrics()
    results = {field: metrics[field] for field in _RESULTS if field in metrics}
    if "test_accuracy" in results and "test_examples" in results:
        examples = results["test_examples"]
        results["accuracy_interval"] = wilson_interval(round(results["test_accuracy"] * examples), examples)
    return results
