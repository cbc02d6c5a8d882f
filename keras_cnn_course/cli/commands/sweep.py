"""`kcnn sweep`: train many runs."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keras_cnn_course.cli.arguments import (
    RecipeName,
    dataset_option,
    device_option,
    image_size_option,
    precision_option,
)
from keras_cnn_course.cli.sweep_report import describe_outcome, describe_plan, report_sweep
from keras_cnn_course.errors import TrainingError, UsageError

if TYPE_CHECKING:
    from keras_cnn_course.catalog.recipes import RecipeSource
    from keras_cnn_course.sweep.design import Conditions, Trial
    from keras_cnn_course.sweep.executor import Executor
    from keras_cnn_course.sweep.running import Sweep

__all__ = ["command"]


@click.command("sweep")
@click.option(
    "--recipe",
    "recipes",
    type=RecipeName(),
    default=("cnn",),
    multiple=True,
    show_default=True,
    help="Recipe, by name or .py file; repeatable.",
)
@dataset_option()
@image_size_option
@click.option(
    "--grid",
    metavar="KEY=V1,V2",
    multiple=True,
    help="Values to try of a hyperparameter; repeatable, for every combination.",
)
@click.option(
    "--seeds",
    metavar="N",
    type=click.IntRange(1, 1000),
    default=3,
    show_default=True,
    help="Train everything with the seeds 0, 1, ... so many.",
)
@click.option(
    "--jobs",
    metavar="N",
    type=click.IntRange(1, 1024),
    help="Runs at a time, each in a process of its own.  [default: 1]",
)
@click.option(
    "--ray",
    "address",
    metavar="[auto|HOST:PORT]",
    is_flag=False,
    flag_value="local",
    help="Train the runs as tasks of a Ray cluster; without an address, of a Ray instance started here. "
    "They compute on processors, or with --device gpu on a GPU each.",
)
@click.option(
    "--threads",
    metavar="N",
    type=click.IntRange(1, 1024),
    help="Compute threads of each run.  [default: its share of the cores; 1 with --ray]",
)
@device_option
@precision_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder of the sweep, a new one or one to go on with.  [default: sweeps/sweep-NNN]",
)
@click.option("--quiet", is_flag=True, help="No progress; errors, warnings and the result only.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_context
def command(context: click.Context, as_json: bool, **options: Any) -> None:
    """Train recipes with every combination of a grid's values and several seeds, and compare.

    Every run is an ordinary run folder below the sweep's. sweep.csv has a row a run, sweep.png a dot a run. Means have
    95 % intervals over the seeds. Each setting is also compared with the first one seed by seed: the same seed holds
    out the same images and shows the others in the same order.

    The same command with the same --out goes on with a sweep that was stopped: finished runs stay, interrupted ones go
    on from their checkpoints, failed ones are tried again. It may also ask for more seeds, values or recipes. A run
    that fails is reported and does not stop the others. A recipe given as a file is Python code, and it is run, on
    every machine that takes part.

    \b
    Example:  kcnn sweep --recipe cnn --grid filters=8,16,32 --seeds 5 --jobs 2
              kcnn sweep --recipe mlp --recipe cnn --dataset mnist --out sweeps/mnist
    """
    sources, trials = _design(options)
    executor, conditions = _choose_engine(options)

    from keras_cnn_course.datasets.loading import load_dataset
    from keras_cnn_course.sweep.folder import SweepFolder
    from keras_cnn_course.sweep.running import Sweep

    dataset = load_dataset(options["dataset"], image_size=conditions.image_size)
    with executor:
        folder = SweepFolder.prepare(options["out"], sources)
        with folder.writing():
            sweep = Sweep(trials, conditions, dataset, folder)
            exit_code = _run(sweep, executor, quiet=options["quiet"])
    if exit_code and sweep.left:
        words = ["kcnn", *sys.argv[1:], *(() if options["out"] else ("--out", str(folder.path)))]
        finished = f"{len(trials) - len(sweep.left)} of {len(trials)} runs finished"
        click.echo(f"Stopped with {finished}. Go on with: {shlex.join(words)}", err=True)
        context.exit(exit_code)
    report_sweep(sweep, as_json=as_json)
    if sweep.left:
        first = sweep.outcomes[sweep.left[0]]
        raise TrainingError(
            f"Expected all runs to finish. Received: {len(sweep.left)} of {len(trials)} that did not, the first of "
            f"them {first.trial.name}: {first.error}"
        )


def _design(options: dict[str, Any]) -> "tuple[list[RecipeSource], list[Trial]]":
    """Return the recipes and the trials; wrong options are found before anything is loaded."""
    from keras_cnn_course.catalog.recipes import find_recipe
    from keras_cnn_course.sweep.design import design_trials, parse_grid

    sources = [find_recipe(name) for name in options["recipes"]]
    return sources, design_trials(sources, parse_grid(options["grid"]), seeds=options["seeds"])


def _choose_engine(options: dict[str, Any]) -> "tuple[Executor, Conditions]":
    """Return what runs the trials, and what is the same for all of them."""
    from keras_cnn_course.datasets.registry import DATASETS
    from keras_cnn_course.devices.backend import available_cores
    from keras_cnn_course.sweep.cluster import RayExecutor
    from keras_cnn_course.sweep.design import Conditions
    from keras_cnn_course.sweep.executor import LocalExecutor

    address, jobs, device = options["address"], options["jobs"] or 1, options["device"]
    if address and options["jobs"]:
        raise UsageError("Expected --jobs or --ray. Received both: Ray runs as many at a time as it has room for.")
    if address and device.startswith("gpu:"):
        raise UsageError(f"Expected --device cpu or gpu with --ray, which chooses the GPU itself. Received: {device}.")
    spec = options["dataset"]
    conditions = Conditions(
        dataset=spec if spec in DATASETS else str(Path(spec).expanduser().absolute()),
        image_size=options["image_size"],
        device="cpu" if address and device == "auto" else device,
        precision=options["precision"],
        threads=options["threads"] or (1 if address else max(1, available_cores() // jobs)),
    )
    if address:
        return RayExecutor(address, cpus=conditions.threads, gpus=1 if device == "gpu" else 0), conditions
    return LocalExecutor(jobs), conditions


def _run(sweep: "Sweep", executor: "Executor", *, quiet: bool) -> int:
    """Run what has not finished; return the exit code where a signal stopped it, or 0."""
    from keras_cnn_course.training.stopping import StopRequest

    if sweep.left and not quiet:
        click.echo(describe_plan(sweep, executor), err=True)
    stop = StopRequest()
    with stop.listening():
        for outcome in sweep.run(executor, should_stop=lambda: stop.signal is not None):
            if not quiet:
                finished = len(sweep.trials) - len(sweep.left)
                click.echo(f"{finished}/{len(sweep.trials)}  {describe_outcome(outcome)}", err=True)
    return 0 if stop.signal is None else stop.exit_code
