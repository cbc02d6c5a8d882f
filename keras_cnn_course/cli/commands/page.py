"""`kcnn page`: write the live page of one or more runs."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keras_cnn_course.cli.browser import open_option, show_file
from keras_cnn_course.cli.data_options import dataset_option
from keras_cnn_course.cli.options import RunPath, html_option, trust_option, which_option
from keras_cnn_course.files.command_line import join_words

if TYPE_CHECKING:
    from keras_cnn_course.api import Run
    from keras_cnn_course.page.writing import LivePage

__all__ = ["command"]

_RECIPE = "cnn"  # trained on the embedded digits, it reads more drawn ones than deep_cnn does: see docs/page.md


@click.command("page")
@click.argument("runs", metavar="[RUN]...", type=RunPath(), nargs=-1)
@html_option(default="page.html in RUN; for several, page-compared.html in the first")
@dataset_option(
    "Data set with the test images; without RUN, the one to train on.  [default: that of the run, or digits]",
    default=None,
)
@which_option
@click.option("--present", is_flag=True, help="Open the page in large type, one panel at a time; arrow keys move.")
@trust_option
@open_option
def command(
    runs: tuple[Path, ...],
    out: Path | None,
    dataset: str | None,
    which: str,
    present: bool,
    trust_recipe: bool,
    is_opened: bool,
) -> None:
    """Write a live page of a run.

    On the page you draw a digit and watch every layer of the network while you draw. If the network was not trained on
    drawings, or was trained on color images, you choose a test image instead. Point at a number to see how it was
    computed. The page is one HTML file that works offline: open it from a disk, an e-mail or a web site.

    A page of up to four runs gives the same image to all networks. Move it by some pixels to see which answers change.

    Without RUN, the recipe cnn is trained for the page first.

    \b
    Example:  kcnn page runs/cnn-001 --open
              kcnn page runs/mlp-001 runs/cnn-001
              kcnn page --dataset mnist
    """
    from keras_cnn_course.api import open_run
    from keras_cnn_course.files.markup import check_html_path
    from keras_cnn_course.inspection.writing import check_page_runs, write_page

    if out is not None:
        check_html_path(out)
    opened = [open_run(run, trust_recipe=trust_recipe) for run in runs] or [_train(dataset or "digits")]
    directories = [run.directory for run in opened]
    check_page_runs(directories)
    data = opened[0].load_dataset(dataset if runs else None)
    with ExitStack() as stack:
        models = [stack.enter_context(run.open_model(which, device="cpu")) for run in opened]
        path, page = write_page(directories, models, data, out=out, present=present)
    _print_result(page)
    click.echo(str(path))
    if page.caution:
        click.echo(page.caution, err=True)
    if is_opened:
        show_file(path)


def _train(spec: str) -> "Run":
    """Train a network for the page."""
    from keras_cnn_course.api import train
    from keras_cnn_course.datasets.loading import load_dataset
    from keras_cnn_course.page.steps import check_images

    data = load_dataset(spec)
    check_images(data.input_shape)
    command_line = join_words(["kcnn", "train", "--recipe", _RECIPE, "--dataset", spec])
    return train(_RECIPE, data, command=command_line)


def _print_result(page: "LivePage") -> None:
    """Print the size of the page, and for each run how many test images are classified correctly."""
    size = f"{len(page.html.encode()) / 1e6:.2f} MB"
    for name, rounding in page.roundings.items():
        beginning = size if len(page.roundings) == 1 else name
        changed = f"{rounding.changed:,} {'answer' if rounding.changed == 1 else 'answers'} changed"
        click.echo(
            f"{beginning}; {rounding.correct_before:,} of {rounding.examples:,} test "
            f"images correct, {rounding.correct_after:,} with the weights rounded to two bytes ({changed})"
        )
    if len(page.roundings) > 1:
        click.echo(size)
