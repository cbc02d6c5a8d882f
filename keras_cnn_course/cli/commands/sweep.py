"""`kcnn sweep`: train many runs."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

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
)
from keras_cnn_course.cli.sweep_report import describe_plan, describe_trial, report_sweep
from keras_cnn_course.errors import TrainingError, UsageError

if TYPE_CHECKING:
    from keras_cnn_course.sweep.design import Conditions
    from keras_cnn_course.sweep.local import Executor
    from keras_cnn_course.sweep.sweep import Sweep

__all__ = ["command"]

_SECTIONS = {
    "Start with these": ("recipes", "dataset", "grid", "seeds", "jobs", "out"),
    "What to train on": ("train_examples", "image_size", "pixel_range"),
    "Hardware": ("device", "threads", "precision"),
    "Cluster": ("address",),
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
@click.option(
    "--threads",
    metavar="N",
    cls=PlainOption,
    type=click.IntRange(1, 1024),
    help="Compute threads per run.  [default: an equal share of the cores; 1 with --ray]",
)
@precision_option
@click.option(
    "--ray",
    "address",
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
    address: str | None,
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
    from keras_cnn_course.api import load_dataset
    from keras_cnn_course.catalog.recipes import find_recipe
    from keras_cnn_course.datasets.registry import DATASETS
    from keras_cnn_course.devices.backend import available_cores
    from keras_cnn_course.sweep.design import Conditions, design_trials, parse_grid

    sources = [find_recipe(name) for name in recipes]
    grid = (*grid, f"train_examples={train_examples}") if train_examples else grid
    trials = design_trials(sources, parse_grid(grid), seeds=seeds)
    _check_cluster(address, jobs=jobs, device=device)
    conditions = Conditions(
        dataset=dataset if dataset in DATASETS else str(Path(dataset).expanduser().absolute()),
        image_size=image_size,
        pixel_range=pixel_range,
        device="cpu" if address and device == "auto" else device,
        precision=precision,
        threads=threads or (1 if address else max(1, available_cores() // (jobs or 1))),
    )
    executor = _choose_executor(address, jobs=jobs or 1, conditions=conditions)

    from keras_cnn_course.sweep.folder import SweepFolder
    from keras_cnn_course.sweep.sweep import Sweep

    data = load_dataset(dataset, image_size=image_size, pixel_range=pixel_range)
    with executor:
        folder = SweepFolder.prepare(out, sources)
        with folder.writing():
            sweep = Sweep(trials, conditions, data, folder)
            exit_code = _run(sweep, executor, quiet=quiet)
    if exit_code and sweep.left:
        words = ["kcnn", *sys.argv[1:], *(() if out else ("--out", str(folder.path)))]
        finished = f"{len(trials) - len(sweep.left)} of {len(trials)} runs finished"
        click.echo(f"Stopped with {finished}. Continue with: {shlex.join(words)}", err=True)
        context.exit(exit_code)
    report_sweep(sweep, as_json=as_json)
    if sweep.left:
        first = sweep.states[sweep.left[0]]
        raise TrainingError(
            f"{len(sweep.left)} of {len(trials)} runs did not finish. The first is {first.trial.name}: {first.error}"
        )


def _check_cluster(address: str | None, *, jobs: int | None, device: str) -> None:
    """Refuse options that a Ray cluster decides itself."""
    if address and jobs:
        raise UsageError("--jobs cannot be used with --ray, which runs as many at a time as it has room for.")
    if address and device.startswith("gpu:"):
        raise UsageError(f"--ray chooses the GPU itself: use --device gpu; got --device {device}.")


def _choose_executor(address: str | None, *, jobs: int, conditions: "Conditions") -> "Executor":
    """Return the executor of the trials."""
    if address:
        from keras_cnn_course.sweep.ray import RayExecutor

        return RayExecutor(address, cpus=conditions.threads, gpus=1 if conditions.device == "gpu" else 0)
    from keras_cnn_course.sweep.local import LocalExecutor

    return LocalExecutor(jobs)


def _run(sweep: "Sweep", executor: "Executor", *, quiet: bool) -> int:
    """Run the trials that have not finished. Return the exit code if a signal stopped them, otherwise 0."""
    from keras_cnn_course.training.callbacks import StopRequest

    if sweep.left and not quiet:
        click.echo(describe_plan(sweep, executor), err=True)
    stop = StopRequest()
    with stop.listening():
        for state in sweep.run(executor, should_stop=lambda: stop.signal is not None):
            if not quiet:
                finished = len(sweep.trials) - len(sweep.left)
                click.echo(f"{finished}/{len(sweep.trials)}  {describe_trial(state)}", err=True)
    return 0 if stop.signal is None else stop.exit_code
