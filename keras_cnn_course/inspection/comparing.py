"""Several runs side by side: their curves, their settings and results, and the shift test."""

import shutil
import textwrap
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_cnn_course.datasets.given import read_into_memory
from keras_cnn_course.inspection.opened_run import OpenedRun
from keras_cnn_course.results.comparability import explain_incomparable
from keras_cnn_course.results.comparison import RunSummary, differing_settings, name_machines, summarize_runs
from keras_cnn_course.results.history import label_runs, read_all_curves

if TYPE_CHECKING:
    from keras_cnn_course.datasets.dataset import Dataset
    from keras_cnn_course.plots.saving import Picture
    from keras_cnn_course.results.same_images import PairTest
    from keras_cnn_course.results.shift import ShiftTest

__all__ = ["RunComparison", "ShiftTests", "compare_runs", "plot_curves", "run_shift_tests"]

_IMAGES_FOR_EQUIVARIANCE = 100


@dataclass(frozen=True, repr=False)
class RunComparison:
    """Runs side by side.

    Args:
        runs: settings and results of each run.
        opened: the runs themselves, in the same order.
        settings: every setting that is not the same in all runs, with its value per run.
        machines: what the runs were computed on, as a sentence.
        not_comparable: why their accuracies cannot be compared, as a sentence; empty if they can.
    """

    runs: tuple[RunSummary, ...]
    opened: tuple[OpenedRun, ...]
    settings: dict[str, list[Any]]
    machines: str
    not_comparable: str

    def __repr__(self) -> str:
        rows = [
            f"{run.name}  {run.results['test_accuracy']:.2%}" if run.results else f"{run.name}  {run.status}"
            for run in self.runs
        ]
        differing = [f"{name}: {', '.join(map(str, values))}" for name, values in self.settings.items()]
        return "\n".join([*rows, *differing, self.machines, *([self.not_comparable] if self.not_comparable else [])])

    def test_pairs(self, data: Any = None, *, which: str = "best") -> "list[PairTest]":
        """Test each pair of runs: do they differ on the same test images (McNemar's test)?

        If the data sets of a pair differ, its `sentence` says why the pair cannot be tested.

        Args:
            data: with the test images, for runs that were trained on arrays or for images of another data set; a name,
                a path, a `Dataset` or arrays. The runs' own when None.
            which: the model to use, `best` or `final`.

        Raises:
            DatasetError: the test images are not at hand.
        """
        from keras_cnn_course.inspection.same_images import compare_pairwise

        return compare_pairwise(self.opened, self.runs, data=data, which=which)

    def plot_curves(self) -> "Picture":
        """Draw the curves of all runs on the same axes."""
        return plot_curves([run.path for run in self.runs])

    def report(self, *, out: str | PathLike[str] | None = None, which: str = "best") -> Path:
        """Write a report that compares the runs, and return its path.

        Args:
            out: HTML file to write; report-compared.html in the first run's folder when None.
            which: the model whose answers are compared, `best` or `final`. The results are those of the kept model.
        """
        from keras_cnn_course.inspection.writing import write_comparison

        return write_comparison(self.opened, out=out, which=which)

    def page(
        self,
        *,
        out: str | PathLike[str] | None = None,
        data: "str | PathLike[str] | Dataset | None" = None,
        which: str = "best",
        present: bool = False,
    ) -> Path:
        """Write one live page of up to four runs, whose networks all see the same image, and return its path.

        Args:
            out: HTML file to write; page-compared.html in the first run's folder when None.
            data: with the test images; the first run's own when None.
            which: the model to use, `best` or `final`.
            present: open the page in large type, one panel at a time, to present it to an audience.

        Raises:
            UsageError: there are more than four runs, or their images or classes differ.
            ExportError: the page cannot compute a layer of a model.
        """
        from keras_cnn_course.inspection.writing import check_page_runs, write_page
        from keras_cnn_course.results.run_data import fit_run_data, load_run_data

        directories = [run.directory for run in self.opened]
        check_page_runs(directories)
        record = directories[0].read_record()
        if data is None or isinstance(data, str | PathLike):
            images = load_run_data(record, None if data is None else fspath(data), run=directories[0].path)
        else:
            images = fit_run_data(record, data)
        with ExitStack() as stack:
            models = [stack.enter_context(run.open_model(which, device="cpu")) for run in self.opened]
            path, _ = write_page(directories, models, images, out=out, present=present)
        return path


@dataclass(frozen=True, repr=False)
class ShiftTests:
    """How accurate runs stay when all test images are moved.

    Args:
        tests: one per run.
        explanation: the results in words.
    """

    tests: tuple["ShiftTest", ...]
    explanation: str

    def __repr__(self) -> str:
        return textwrap.fill(self.explanation, max(40, shutil.get_terminal_size().columns))

    def plot(self) -> "Picture":
        """Draw the accuracy of each run for every shift."""
        from keras_cnn_course.plots.shift import plot_shift

        return plot_shift(self.tests)


def plot_curves(paths: Sequence[Path]) -> "Picture":
    """Draw the curves of the runs in some folders on the same axes."""
    curves = read_all_curves(paths)
    from keras_cnn_course.plots import curves as drawing

    return drawing.plot_curves(curves)


def compare_runs(opened: Sequence[OpenedRun]) -> RunComparison:
    """Compare some runs."""
    runs = summarize_runs([run.path for run in opened])
    return RunComparison(
        tuple(runs), tuple(opened), differing_settings(runs), name_machines(runs), explain_incomparable(runs)
    )


def run_shift_tests(
    runs: Sequence[Any],
    data: Any,
    *,
    radius: int,
    which: str,
    device: str,
    progressed: Callable[[str, int, int], None] | None = None,
) -> ShiftTests:
    """Run the shift test of each run.

    Args:
        runs: each a `Run`.
        data: with the test images; that of each run when None.
        progressed: called with a label, the number of images in all, and the number just classified.
    """
    from keras_cnn_course.results.shift import check_radius

    data = read_into_memory(data)
    datasets = [run.load_dataset(data) for run in runs]
    for images in datasets:
        radius = check_radius(radius, images.input_shape)
    tests = []
    for run, images, name in zip(runs, datasets, label_runs([run.path for run in runs]), strict=True):
        with run.open_model(which, device=device) as model:
            from keras_cnn_course.models.equivariance import measure_convolution_shift
            from keras_cnn_course.results.shift import ShiftTest, explain_shift_tests, measure_shift_accuracy

            shifts = (2 * radius + 1) ** 2
            label = f"{name}: {shifts} shifts of {len(images.x_test):,} images of {images.name}"

            def tell(count: int, label: str = label, total: int = shifts * len(images.x_test)) -> None:
                if progressed is not None:
                    progressed(label, total, count)

            accuracy = measure_shift_accuracy(model, images.x_test, images.y_test, radius=radius, progressed=tell)
            convolution = measure_convolution_shift(model, images.x_test[:_IMAGES_FOR_EQUIVARIANCE], radius=radius)
        tests.append(ShiftTest(name, images.name, accuracy, convolution))
    return ShiftTests(tuple(tests), explain_shift_tests(tests))
