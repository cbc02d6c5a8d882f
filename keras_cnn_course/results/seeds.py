"""Which of several runs differ in nothing but their seed."""

from collections.abc import Sequence

from keras_cnn_course.results.comparison import RunSummary, differing_settings
from keras_cnn_course.results.repetition import Repetition, summarize_repetition

__all__ = ["group_by_seed"]

# What a run happened to run on or follows from its data, which is not what was chosen.
_INCIDENTAL = ("seed", "device", "threads", "engine", "train_examples", "val_examples")


def group_by_seed(runs: Sequence[RunSummary]) -> list[Repetition]:
    """Return the finished runs in groups that differ in their seed only, in the order of their first run.

    A group is named by its recipe and the settings that tell it from other groups of the same recipe. Of several runs
    with the same seed the first one counts: the others say nothing about other seeds.
    """
    finished = [run for run in runs if "test_accuracy" in run.results]
    names = _telling_settings(finished)
    groups: dict[tuple[str, ...], dict[int, RunSummary]] = {}
    for run in finished:
        members = groups.setdefault(tuple(str(run.settings.get(name)) for name in names), {})
        members.setdefault(run.settings["seed"], run)
    return [
        summarize_repetition(_name_group(next(iter(members.values())), finished), list(members.values()))
        for members in groups.values()
    ]


def _telling_settings(runs: Sequence[RunSummary]) -> list[str]:
    return [name for name in differing_settings(runs) if name not in _INCIDENTAL]


def _name_group(run: RunSummary, runs: Sequence[RunSummary]) -> str:
    alike = [other for other in runs if other.settings["recipe"] == run.settings["recipe"]]
    told = [f"{name}={run.settings[name]}" for name in _telling_settings(alike) if name in run.settings]
    return " ".join([str(run.settings["recipe"]), *told])
