"""`kcnn train`: train a recipe."""

import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from keras_cnn_course.cli.data_options import data_options
from keras_cnn_course.cli.drawing import draw_results
from keras_cnn_course.cli.groups import PlainOption, SectionCommand
from keras_cnn_course.cli.options import (
    RecipeName,
    RunPath,
    device_option,
    filters_option,
    gather_overrides,
    json_option,
    out_option,
    precision_option,
    quiet_option,
    seed_option,
    set_option,
    strategy_options,
)
from keras_cnn_course.cli.output import count, wrap
from keras_cnn_course.cli.training import copy_to_resume, place_to_write, watching
from keras_cnn_course.errors import UsageError

if TYPE_CHECKING:
    from keras_cnn_course.api import Run
    from keras_cnn_course.datasets.dataset import Dataset
    from keras_cnn_course.devices.backend import Backend
    from keras_cnn_course.runs.record import RunRecord

__all__ = ["command"]

_SECTIONS = {
    "Start with these": ("recipe", "dataset", "epochs", "filters", "seed", "out"),
    "What to train on": ("train_examples", "image_size", "pixel_range", "augment"),
    "Training": (
        "batch_size",
        "learning_rate",
        "class_weight",
        "patience",
        "assignments",
        "ensemble",
        "run",
        "force",
        "checkpoint_every",
    ),
    "Hardware": ("device", "threads", "precision"),
    "Cluster": ("strategy", "replicas", "worker_timeout"),
    "Output": ("log", "quiet", "as_json"),
}
_WITH_RESUME = {"run", "epochs", "dataset", "force", "checkpoint_every", "quiet", "as_json"}
_WITH_RESUME |= {"device", "threads", "strategy", "replicas", "worker_timeout"}


_HINTS = {
    "--optimizer": " A recipe chooses its optimizer: copy one of recipes/ and change its build_model.",
    "--loss": " A recipe chooses its loss: copy one of recipes/ and change its build_model.",
    "--model": " Choose the model with --recipe.",
    "--data": " Choose the data set with --dataset.",
    "--units": " Change it with: --set units=N",
    "--schedule": " Change it with: --set schedule=NAME",
}


@click.command("train", cls=SectionCommand, sections=_SECTIONS, hints=_HINTS)
@click.argument("named", metavar="[RECIPE]", type=RecipeName(), required=False)
@click.option("--recipe", type=RecipeName(), default="cnn", show_default=True, help="Recipe, by name or .py file.")
@data_options(several=False)
@click.option("--epochs", metavar="N", help="Passes over the training images, whatever the recipe's min_steps.")
@filters_option
@seed_option
@out_option("Run folder to write.", default="runs/<recipe>-NNN")
@click.option(
    "--augment",
    metavar="none|shift|affine|elastic|handwriting",
    help="Change the training images in every epoch.",
)
@click.option("--batch-size", metavar="N", help="Images per optimizer step.")
@click.option("--learning-rate", "--lr", metavar="RATE", help="Peak learning rate.")
@click.option("--class-weight", metavar="none|balanced", help="Let the images of rare classes count more.")
@click.option("--patience", metavar="N", help="Stop after N epochs without a smaller validation loss.")
@set_option
@click.option(
    "--ensemble",
    metavar="N",
    cls=PlainOption,
    type=click.IntRange(2, 1000),
    help="Train N runs with consecutive seeds, and test the mean of their probabilities.",
)
@click.option("--resume", "run", metavar="RUN", type=RunPath(), help="Continue a run that was stopped.")
@click.option("--force", is_flag=True, help="With --resume: continue although something has changed.")
@click.option(
    "--checkpoint-every",
    metavar="SECONDS",
    cls=PlainOption,
    type=click.FloatRange(0, 1e6),
    default=60.0,
    show_default=True,
    help="Seconds between two checkpoints within an epoch.",
)
@device_option
@click.option(
    "--threads",
    metavar="N",
    cls=PlainOption,
    type=click.IntRange(1, 1024),
    help="Compute threads.  [default: all cores]",
)
@precision_option
@strategy_options
@click.option(
    "--log",
    type=click.Choice(["tensorboard"]),
    help="Write event files for TensorBoard into the run folder.",
)
@quiet_option
@json_option
@click.pass_context
def command(
    context: click.Context,
    *,
    named: str | None,
    recipe: str,
    dataset: str,
    image_size: tuple[int, int] | None,
    pixel_range: tuple[float, float] | None,
    train_examples: str | None,
    epochs: str | None,
    batch_size: str | None,
    learning_rate: str | None,
    class_weight: str | None,
    patience: str | None,
    filters: str | None,
    augment: str | None,
    assignments: tuple[str, ...],
    seed: int,
    ensemble: int | None,
    out: Path | None,
    run: Path | None,
    force: bool,
    checkpoint_every: float,
    device: str,
    threads: int | None,
    precision: str,
    strategy: str,
    replicas: int | None,
    worker_timeout: float,
    log: str | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Train a recipe.

    The run folder that it writes holds everything that happened: the recipe, the numbers, the history, the models.
    The recipe's own values are used unless an option replaces them.

    Ctrl-C writes a checkpoint first, and --resume continues from there as if nothing had happened. To train a
    finished run for longer, add --epochs with the new total.

    A recipe file is Python code and runs on your machine: train and resume only what you trust.

    \b
    Example:  kcnn train --recipe cnn --dataset mnist --filters 16
              kcnn train --resume runs/cnn-001
    """
    hardware = _Hardware(device, threads, strategy, replicas, worker_timeout)
    given = _list_given(context)
    if named is not None:
        if "recipe" in given and recipe != named:
            raise UsageError(f"Two recipes are named, {named} and {recipe}. Name one.")
        recipe = named
    if run is not None:
        _refuse_recipe_options(context, given)
        _resume(
            run,
            epochs=_parse_epochs(epochs),
            dataset=dataset if "dataset" in given else None,
            force=force,
            checkpoint_every=checkpoint_every,
            hardware=hardware if "device" in given else replace(hardware, device=None),
            quiet=quiet,
            as_json=as_json,
        )
        return
    if force:
        raise UsageError("--force only works together with --resume RUN.")
    shortcuts = {
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "class_weight": class_weight,
        "patience": patience,
        "filters": filters,
        "augment": augment,
        "train_examples": train_examples,
    }
    overrides = gather_overrides(shortcuts, assignments)
    data = _load(recipe, dataset, image_size=image_size, pixel_range=pixel_range, overrides=overrides, out=out)
    if not quiet:
        click.echo("Starting TensorFlow ...", err=True)
    started = hardware.start()
    with place_to_write(out, started.distribution) as folder:
        from keras_cnn_course.api import train

        def train_one(seed: int, out: Path | None) -> "Run":
            return train(
                recipe,
                data,
                seed=seed,
                out=out,
                precision=precision,
                checkpoint_every=checkpoint_every,
                quiet=quiet or not started.distribution.is_chief,
                log=log,
                command=shlex.join(["kcnn", *sys.argv[1:]]),
                backend=started,
                overrides=overrides,
            )

        if ensemble is None:
            runs = [train_one(seed, folder)]
        else:
            runs = [train_one(one, folder and folder / f"seed-{one}") for one in range(seed, seed + ensemble)]
        if started.distribution.is_chief:  # several workers print one result
            if ensemble is None:
                _print_result(runs[0], as_json=as_json)
                draw_results(runs[0], data)
                if not (quiet or as_json):
                    click.echo(_name_next(runs[0].path), err=True)
            else:
                _print_ensemble(runs, data, as_json=as_json)


@dataclass(frozen=True)
class _Hardware:
    """Where to train; None for a device takes that of the run to resume."""

    device: str | None
    threads: int | None
    strategy: str
    replicas: int | None
    worker_timeout: float

    def start(self, record: "RunRecord | None" = None) -> "Backend":
        """Start TensorFlow, for a resumed run with the device and threads of its record unless others were chosen."""
        from keras_cnn_course.devices import backend

        return backend.start(
            device=self.device or (record.device if record else "auto"),
            threads=self.threads or (record.threads if record else None),
            strategy=self.strategy,
            replicas=self.replicas,
            worker_timeout=self.worker_timeout,
        )


def _load(
    recipe: str,
    dataset: str,
    *,
    image_size: tuple[int, int] | None,
    pixel_range: tuple[float, float] | None,
    overrides: dict[str, str],
    out: Path | None,
) -> "Dataset":
    """Load the data set, after a check of the other options: wrong ones are found before anything slow happens."""
    from keras_cnn_course.api import load_dataset
    from keras_cnn_course.catalog.recipes import find_recipe
    from keras_cnn_course.runs.directory import check_new

    source = find_recipe(recipe)
    if source.hyperparameters:
        source.hyperparameters.with_overrides(overrides)
    if out is not None:
        check_new(out)
    return load_dataset(dataset, image_size=image_size, pixel_range=pixel_range)


def _print_ensemble(runs: "Sequence[Run]", data: "Dataset", *, as_json: bool) -> None:
    """Print the test accuracy of each run, and of the mean of their probabilities."""
    from keras_cnn_course.results.evaluation import evaluate_ensemble

    together = evaluate_ensemble([run.directory for run in runs], data)
    alone = [run.metrics["test_accuracy"] for run in runs]
    if as_json:
        values = {"ensemble_accuracy": together.accuracy, "ensemble_loss": together.loss, "test_accuracy": alone}
        click.echo(json.dumps({"runs": [str(run.path) for run in runs], **values}))
        return
    for run, accuracy in zip(runs, alone, strict=True):
        click.echo(f"{run.path}  test accuracy {accuracy:.2%}")
    low, high = together.interval
    click.echo(
        f"mean of the {len(runs)} test accuracies {sum(alone) / len(alone):.2%}\n"
        f"test accuracy {together.accuracy:.2%} with the mean of their probabilities "
        f"(95% interval {low:.2%} to {high:.2%}), loss {together.loss:.4f}"
    )


def _resume(
    path: Path,
    *,
    epochs: int | None,
    dataset: str | None,
    force: bool,
    checkpoint_every: float,
    hardware: _Hardware,
    quiet: bool,
    as_json: bool,
) -> None:
    """Continue a run. A finished one is left as it is, unless it is to have more epochs."""
    from keras_cnn_course.api import Run, open_run
    from keras_cnn_course.results.run_data import load_own_data

    run = open_run(path)
    record = run.record
    planned = sum(record.cycles)
    if record.status == "finished" and epochs in (None, planned):
        trained = run.metrics["epochs"]
        advice = f"To make it longer: kcnn train --resume {shlex.quote(str(path))} --epochs {2 * planned}"
        if trained < planned:
            advice = f"It stopped early, {planned - trained} before the last; a longer one needs a larger --patience."
        click.echo(f"{path} has finished its {count(trained, 'epoch')}, so nothing was done. {advice}", err=True)
        _print_result(run, as_json=as_json)
        return
    data = load_own_data(record, run=path, spec=dataset)
    started = hardware.start(record)

    from keras_cnn_course.training.resume import ResumeSettings, resume

    settings = ResumeSettings(epochs=epochs, force=force, checkpoint_every=checkpoint_every)
    quiet = quiet or not started.distribution.is_chief
    with copy_to_resume(run.directory, started.distribution) as own, watching(quiet=quiet) as (callback, stop):
        resume(own, data, settings, backend=started, callback=callback, stop=stop)
        if started.distribution.is_chief:
            _print_result(Run(own), as_json=as_json)


def _list_given(context: click.Context) -> set[str]:
    """Return the names of the options that were given, not left at their defaults."""
    return {name for name in context.params if context.get_parameter_source(name) != ParameterSource.DEFAULT}


def _refuse_recipe_options(context: click.Context, given: set[str]) -> None:
    """Refuse options that would change a run that exists.

    Raises:
        UsageError: such an option was given.
    """
    refused = given - _WITH_RESUME
    if refused:
        names = [parameter.opts[0] for parameter in context.command.params if parameter.name in refused]
        raise UsageError(
            f"A resumed run keeps the settings that it was started with, so {', '.join(names)} cannot be used with "
            "--resume. Start another run to change them."
        )


def _parse_epochs(text: str | None) -> int | None:
    """Return the total number of epochs asked for a resumed run."""
    if text is not None and not (text.isdecimal() and 1 <= int(text) <= 100_000):
        raise UsageError(f"--epochs must be a whole number from 1 to 100000; got {text!r}.")
    return None if text is None else int(text)


def _name_next(run: Path) -> str:
    """Return the commands to try after a training."""
    name = shlex.quote(str(run))
    return (
        f"Curves, confusion matrix and mistakes are in {run / 'plots'}. Next:\n"
        f"  kcnn filters {name}          draw the learned filters\n"
        f"  kcnn page {name} --open      draw digits and watch the network\n"
        f"  kcnn report {name} --open    see all results on one page"
    )


def _print_result(run: "Run", *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"run": str(run.path), "machine": run.record.machine, **run.metrics}))
        return
    sentences = str(run).removesuffix(str(run.path)).rstrip()
    click.echo(f"{wrap(sentences)}\n{run.path}")  # the path is for programs and keeps a line of its own
