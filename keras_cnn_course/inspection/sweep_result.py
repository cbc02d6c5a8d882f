"""What a sweep has found: its runs, the settings with intervals over the seeds, and what can be concluded."""

import html
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from keras_cnn_course.files.tables import count, format_table, wrap
from keras_cnn_course.inspection.run import Run
from keras_cnn_course.results.comparison import RunSummary, differing_settings
from keras_cnn_course.results.interval import format_interval
from keras_cnn_course.results.seeds import PairedDifference, SeedGroup, compare_pairs, explain_choice, summarize_seeds
from keras_cnn_course.runs.directory import RunDirectory

if TYPE_CHECKING:
    from keras_cnn_course.plots.saving import Picture
    from keras_cnn_course.sweeps.sweep import Sweep, TrialState

__all__ = ["SweepResult", "summarize_sweep"]

# Differences between the runs in these are reported: they change the bits of a result, and its time.
_CONDITIONS = ("device", "threads", "precision", "machine", "vector instructions", "tensorflow", "keras", "numpy")


@dataclass(frozen=True, repr=False)
class SweepResult:
    """The runs of a sweep, and its settings compared. A notebook shows the tables and the picture.

    Args:
        path: the sweep's folder, with the runs, sweep.csv and sweep.png.
        trials: each run that was asked for, with its setting, its seed and its status.
        settings: each setting's accuracies over the seeds, with mean and 95% interval.
        differences: each setting compared with the first one, seed by seed.
        unlike: what was not the same for all runs although it may change their results, such as the processor.
        dataset: name of the data set.
    """

    path: Path
    trials: "tuple[TrialState, ...]"
    settings: tuple[SeedGroup, ...]
    differences: tuple[PairedDifference, ...]
    unlike: dict[str, str]
    dataset: str

    @property
    def runs(self) -> list[Run]:
        """The runs that have finished."""
        return [Run(RunDirectory.open(state.path)) for state in self.trials if state.status == "finished"]

    @property
    def failed(self) -> "list[TrialState]":
        """The runs that did not finish, each with its `error`."""
        return [state for state in self.trials if state.status != "finished"]

    @property
    def conclusions(self) -> list[str]:
        """What can be said about each difference, and which setting to choose, in sentences."""
        from keras_cnn_course.results.significance import explain_difference

        if not self.settings:
            return []
        return [*(explain_difference(one) for one in self.differences), explain_choice(self.settings)]

    def describe_failure(self) -> str:
        """Return how many runs did not finish, and why the first one did not; nothing if all have finished."""
        if not self.failed:
            return ""
        first = self.failed[0]
        some = f"{len(self.failed)} of {count(len(self.trials), 'run')} did not finish"
        return f"{some}. The first is {first.trial.name}: {first.error}"

    def plot(self) -> "Picture":
        """Draw every run as a dot, with the means and their intervals: sweep.png.

        Raises:
            TrainingError: no run has finished.
        """
        from keras_cnn_course.errors import TrainingError
        from keras_cnn_course.plots.seeds import plot_seeds

        if not self.settings:
            raise TrainingError("No run of the sweep has finished, so there is nothing to draw.")
        return plot_seeds(self.settings, self.differences, dataset=self.dataset)

    def __str__(self) -> str:
        parts = []
        if self.settings:
            tables = [_tabulate_means(self.settings), *_tabulate_differences(self.differences)]
            parts.append("\n\n".join([*tables, *map(wrap, self.conclusions)]))
        if self.unlike:
            listed = "; ".join(f"{name} {values}" for name, values in self.unlike.items())
            parts.append(f"differs between runs: {listed}")
        return "\n".join([*parts, str(self.path)])

    def __repr__(self) -> str:
        return "\n".join([str(self), *([self.describe_failure()] if self.failed else [])])

    def _repr_html_(self) -> str:
        from keras_cnn_course.plots.saving import make_image_element, render_png

        shown = f"<pre>{html.escape(repr(self))}</pre>"
        if not self.settings:
            return shown
        picture = self.plot()
        return shown + make_image_element(render_png(picture), picture.alt)


def summarize_sweep(sweep: "Sweep") -> SweepResult:
    """Compare the settings of a sweep by its finished runs, and draw sweep.png."""
    groups: dict[str, list[RunSummary]] = {}
    for state in sweep.states.values():
        if state.status == "finished" and state.summary:
            groups.setdefault(state.trial.setting, []).append(state.summary)
    settings = tuple(summarize_seeds(setting, runs) for setting, runs in groups.items())
    differing = differing_settings([run for runs in groups.values() for run in runs])
    unlike = {name: ", ".join(sorted(set(map(str, differing[name])))) for name in _CONDITIONS if name in differing}
    result = SweepResult(
        path=sweep.folder.path,
        trials=tuple(sweep.states.values()),
        settings=settings,
        differences=tuple(compare_pairs(settings)),
        unlike=unlike,
        dataset=sweep.dataset.name,
    )
    if settings:
        result.plot().savefig(sweep.folder.picture_file)
    return result


def _tabulate_means(seed_groups: Sequence[SeedGroup]) -> str:
    header = ("setting", "seeds", "test accuracy", "95% interval", "validation", "parameters", "seconds")
    rows = [
        (
            one.name,
            str(len(one.seeds)),
            f"{one.mean:.2%}",
            format_interval(one.interval),
            f"{one.val_mean:.2%}",
            f"{one.parameters:,}",
            f"{statistics.median(one.fit_seconds):.1f}",
        )
        for one in seed_groups
    ]
    return format_table(header, rows)


def _tabulate_differences(differences: Sequence[PairedDifference]) -> list[str]:
    """Return the table of the differences, or nothing if there is only one setting."""
    rows = [
        (
            one.name,
            str(len(one.seeds)),
            f"{100 * one.mean:+.2f}",
            format_interval(one.interval, "{:+.2f}", scale=100),
            f"{one.wins} of {len(one.seeds)}",
        )
        for one in differences
    ]
    if not rows:
        return []
    header = (f"against {differences[0].against}", "seeds", "difference", "95% interval", "better with")
    return [format_table(header, rows)]
