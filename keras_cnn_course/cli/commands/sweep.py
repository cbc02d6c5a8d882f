"""`kcnn sweep`: train many runs."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from keras_cnn_course.cli.data_options import data_options
from keras_cnn_course.cli.groups import PlainOption, SectionCommand
from keras_cnn_course.cli.options import (
    RecipeName,
    device_option,
    json_option,
    out_option,
    precision_option,
    quiet_option,
    threads_option,
)
from keras_cnn_course.cli.spelling import spell_options
from keras_cnn_course.cli.sweep_report import list_values
from keras_cnn_course.errors import TrainingError, UsageError
from keras_cnn_course.files.command_line import join_words

__all__ = ["command"]

_SECTIONS = {
    "Start with these": ("recipes", "dataset", "grid", "seeds", "jobs", "out"),
    "What to train on": ("train_examples", "image_size", "pixel_range"),
    "Hardware": ("device", "threads", "precision"),
    "Cluster": ("ray",),
    "Output": ("quiet", "as_json"),
}


@click.command("sweep", cls=SectionCommand, sections=_SECTIONS)
@click.option(
    "--recipe",
    "recipes",
    type=RecipeName(),
    default=("cnn",),
    multiple=True,
    show_default=True,
    help="Recipe, by name or .py file; repeatable.",
)
@data_options(several=True)
@click.option(
    "--grid",
    metavar="KEY=V1,V2",
    multiple=True,
    help="Values of a hyperparameter; repeatable, for every combination.",
)
@click.option(
    "--seeds",
    metavar="N",
    cls=PlainOption,
    type=click.IntRange(1, 1000),
    default=3,
    show_default=True,
    help="Number of seeds per setting: 0, 1, 2, ...",
)
@click.option(
    "--jobs", metavar="N", cls=PlainOption, type=click.IntRange(1, 1024), help="Runs at a time.  [default: 1]"
)
@out_option("Sweep folder to write or to continue.", default="sweeps/sweep-NNN")
@device_option
@threads_option("Compute threads per run.  [default: an equal share of the cores; 1 with --ray]")
@precision_option
@click.option(
    "--ray",
    metavar="[auto|HOST:PORT]",
    is_flag=False,
    flag_value="local",
    help="Train the runs as tasks of a Ray cluster; without an address, Ray is started on this machine. "
    "Each run gets a share of the CPU, or with --device gpu one GPU.",
)
@quiet_option
@json_option
@click.pass_context
def command(
    context: click.Context,
    *,
    recipes: tuple[str, ...],
    dataset: str,
    grid: tuple[str, ...],
    seeds: int,
    jobs: int | None,
    out: Path | None,
    image_size: tuple[int, int] | None,
    pixel_range: tuple[float, float] | None,
    train_examples: str | None,
    device: str,
    threads: int | None,
    precision: str,
    ray: str | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Train many runs and compare them.

    Every combination of the grid's values is trained with every seed. Each run is an ordinary run folder inside the
    sweep's folder; sweep.csv has one row per run and sweep.png one dot per run. The means have 95% intervals over
    the seeds, and each setting is compared with the first one seed by seed.

    To continue a stopped sweep, repeat its command with the same --out. You may ask for more seeds, values or
    recipes. A run that fails is reported and does not stop the others.

    A recipe file is Python code and runs on every machine that takes part: use only files that you trust.

    \b
    Example:  kcnn sweep --recipe cnn --grid filters=8,16,32 --seeds 5 --jobs 2
              kcnn sweep --recipe mlp --recipe cnn --train-examples 100,300,1000
    """
    from keras_cnn_course.inspection.sweeping import SweepStopped
    from keras_cnn_course.inspection.sweeping import sweep as train_all

    grid = (*grid, f"train_examples={train_examples}") if train_examples else grid
    try:
        result = train_all(
            recipes,
            dataset,
            _parse_grid(grid),
            seeds=seeds,
            jobs=jobs,
            out=out,
            image_size=image_size,
            pixel_range=pixel_range,
            device=device,
            threads=threads,
            precision=precision,
            ray=ray,
            quiet=quiet,
            spell=spell_options,
        )
    except SweepStopped as stopped:
        words = ["kcnn", *sys.argv[1:], *(() if out else ("--out", str(stopped.path)))]
        click.echo(f"Stopped with {stopped.finished}. Continue with: {join_words(words)}", err=True)
        context.exit(stopped.exit_code)
    click.echo(json.dumps(list_values(result)) if as_json else str(result))
    if result.failed:
        raise TrainingError(result.describe_failure())


def _parse_grid(assignments: Sequence[str]) -> dict[str, list[str]]:
    """Return the values to try for each hyperparameter, as text.

    Raises:
        UsageError: an assignment is not KEY=V1,V2, or a key is given twice.
    """
    from keras_cnn_course.sweeps.design import split_values

    grid: dict[str, list[str]] = {}
    for assignment in assignments:
        key, _, text = assignment.partition("=")
        values = split_values(text)
        if not key or not all(values):
            raise UsageError(f"--grid must look like KEY=VALUE,VALUE, for example filters=8,16; got {assignment!r}.")
        if key in grid:
            raise UsageError(f"--grid has {key} twice. Put all of its values into one: --grid {key}=V1,V2.")
        grid[key] = values
    return grid
