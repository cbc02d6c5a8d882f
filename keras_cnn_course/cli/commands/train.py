"""`kcnn train`: train a recipe."""

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from keras_cnn_course.cli.groups import PlainOption, SectionCommand
from keras_cnn_course.cli.options import (
    RecipeName,
    RunPath,
    dataset_option,
    device_option,
    filters_option,
    gather_overrides,
    image_size_option,
    json_option,
    out_option,
    precision_option,
    quiet_option,
    seed_option,
    set_option,
    strategy_options,
)
from keras_cnn_course.cli.training import copy_to_resume, place_to_write, watching
from keras_cnn_course.errors import UsageError

if TYPE_CHECKING:
    from keras_cnn_course.catalog.recipes import RecipeSource
    from keras_cnn_course.datasets.dataset import Dataset
    from keras_cnn_course.devices.backend import Backend
    from keras_cnn_course.runs.directory import RunDirectory

__all__ = ["command"]

_SECTIONS = {
    "Start with these": ("recipe", "dataset", "epochs", "filters", "seed", "out"),
    "What to train on": ("image_size", "augment"),
    "Training": ("batch_size", "learning_rate", "assignments", "ensemble", "run", "force", "checkpoint_every"),
    "Hardware": ("device", "threads", "precision"),
    "Cluster": ("strategy", "replicas", "worker_timeout"),
    "Output": ("quiet", "as_json"),
}
_SHORTCUTS = ("epochs", "batch_size", "learning_rate", "filters", "augment")
_WITH_RESUME = {"run", "epochs", "dataset", "force", "checkpoint_every", "quiet", "as_json"}
_WITH_RESUME |= {"device", "threads", "strategy", "replicas", "worker_timeout"}


@click.command("train", cls=SectionCommand, sections=_SECTIONS)
@click.option("--recipe", type=RecipeName(), default="cnn", show_default=True, help="Recipe, by name or .py file.")
@dataset_option()
@click.option("--epochs", metavar="N", help="Passes over the training images, whatever the recipe's min_steps.")
@filters_option
@seed_option
@out_option("Run folder to write.", default="runs/<recipe>-NNN")
@image_size_option
@click.option("--augment", metavar="none|shift|affine|elastic", help="Change the training images in every epoch.")
@click.option("--batch-size", metavar="N", help="Images per optimizer step.")
@click.option("--learning-rate", metavar="RATE", help="Peak learning rate.")
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
@quiet_option
@json_option
@click.pass_context
def command(context: click.Context, run: Path | None, as_json: bool, **options: Any) -> None:
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
    if run is not None:
        _refuse_recipe_options(context)
        _resume(run, options, given=_given(context), as_json=as_json)
        return
    if options["force"]:
        raise UsageError("--force only works together with --resume RUN.")
    source, data, started = _prepare(options)
    with place_to_write(options["out"], started.distribution) as out:
        settled = {**options, "out": out, "quiet": options["quiet"] or not started.distribution.is_chief}
        if options["ensemble"]:
            _train_ensemble(source, data, started, settled, as_json=as_json)
        else:
            _report(_train(source, data, started, settled), started, as_json=as_json)


def _prepare(options: dict[str, Any]) -> "tuple[RecipeSource, Dataset, Backend]":
    """Check the options, load the data and start TensorFlow, in this order: wrong options are found first."""
    from keras_cnn_course.catalog.recipes import find_recipe
    from keras_cnn_course.datasets.loading import load_dataset
    from keras_cnn_course.runs.directory import check_new

    source = find_recipe(options["recipe"])
    overrides = gather_overrides({name: options[name] for name in _SHORTCUTS}, options["assignments"])
    if source.hyperparameters:
        source.hyperparameters.with_overrides(overrides)
    if options["out"] is not None:
        check_new(options["out"])
    data = load_dataset(options["dataset"], image_size=options["image_size"])

    from keras_cnn_course.devices import backend

    return source, data, backend.start(device=options["device"], threads=options["threads"], **_distribution(options))


def _train(source: "RecipeSource", data: "Dataset", started: "Backend", options: dict[str, Any]) -> "RunDirectory":
    """Train one new run."""
    from keras_cnn_course.training.trainer import TrainingSettings, train

    settings = TrainingSettings(
        overrides=gather_overrides({name: options[name] for name in _SHORTCUTS}, options["assignments"]),
        seed=options["seed"],
        precision=options["precision"],
        out=options["out"],
        command=shlex.join(["kcnn", *sys.argv[1:]]),
        checkpoint_every=options["checkpoint_every"],
    )
    with watching(quiet=options["quiet"]) as (callback, stop):
        return train(source, data, settings, backend=started, callback=callback, stop=stop)


def _train_ensemble(
    source: "RecipeSource", data: "Dataset", started: "Backend", options: dict[str, Any], *, as_json: bool
) -> None:
    """Train ordinary runs that differ only in their seed, and print how well they do together."""
    from keras_cnn_course.results.evaluation import evaluate_ensemble

    runs = []
    for seed in range(options["seed"], options["seed"] + options["ensemble"]):
        out = options["out"] and options["out"] / f"seed-{seed}"
        runs.append(_train(source, data, started, {**options, "seed": seed, "out": out}))
    if not started.distribution.is_chief:
        return
    together = evaluate_ensemble(runs, data)
    alone = [run.read_metrics()["test_accuracy"] for run in runs]
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
        f"(95 % interval {low:.2%} to {high:.2%}), loss {together.loss:.4f}"
    )


def _resume(path: Path, options: dict[str, Any], *, given: set[str], as_json: bool) -> None:
    """Resume a run. A finished one is not touched, unless it is made longer."""
    from keras_cnn_course.runs.directory import RunDirectory

    run = RunDirectory.open(path)
    record = run.read_record()
    epochs = _parse_epochs(options["epochs"])
    if record.status == "finished" and epochs in (None, sum(record.cycles)):
        click.echo(
            f"{path} has finished its {sum(record.cycles)} epochs, so nothing was done. "
            f"To make it longer: kcnn train --resume {shlex.quote(str(path))} --epochs {2 * sum(record.cycles)}",
            err=True,
        )
        _print_result(run, as_json=as_json)
        return

    from keras_cnn_course.datasets.loading import load_dataset

    spec = options["dataset"] if "dataset" in given else record.dataset
    data = load_dataset(spec, image_size=(record.input_shape[0], record.input_shape[1]))

    from keras_cnn_course.devices import backend

    started = backend.start(
        device=options["device"] if "device" in given else record.device,
        threads=options["threads"] or record.threads,
        **_distribution(options),
    )

    from keras_cnn_course.training.resume import ResumeSettings, resume

    settings = ResumeSettings(epochs=epochs, force=options["force"], checkpoint_every=options["checkpoint_every"])
    quiet = options["quiet"] or not started.distribution.is_chief
    with copy_to_resume(run, started.distribution) as own, watching(quiet=quiet) as (callback, stop):
        resume(own, data, settings, backend=started, callback=callback, stop=stop)
        _report(own, started, as_json=as_json)


def _distribution(options: dict[str, Any]) -> dict[str, Any]:
    return {name: options[name] for name in ("strategy", "replicas", "worker_timeout")}


def _given(context: click.Context) -> set[str]:
    """Return the names of the options that were given, not left at their defaults."""
    return {name for name in context.params if context.get_parameter_source(name) != ParameterSource.DEFAULT}


def _refuse_recipe_options(context: click.Context) -> None:
    """Refuse options that cannot change once a run has started.

    Raises:
        UsageError: such an option was given.
    """
    refused = _given(context) - _WITH_RESUME
    if refused:
        names = [parameter.opts[0] for parameter in context.command.params if parameter.name in refused]
        raise UsageError(
            f"A resumed run keeps the settings that it was started with, so {', '.join(names)} cannot be used with "
            "--resume. Start another run to change them."
        )


def _parse_epochs(text: str | None) -> int | None:
    """Return the total number of epochs of a resumed run."""
    if text is not None and not (text.isdecimal() and 1 <= int(text) <= 100_000):
        raise UsageError(f"--epochs must be a whole number from 1 to 100000; got {text!r}.")
    return None if text is None else int(text)


def _report(run: "RunDirectory", started: "Backend", *, as_json: bool) -> None:
    """Print the result of a training, in the chief only if there are several workers."""
    if started.distribution.is_chief:
        _print_result(run, as_json=as_json)


def _print_result(run: "RunDirectory", *, as_json: bool) -> None:
    metrics = run.read_metrics()
    click.echo(json.dumps({"run": str(run.path), **metrics}) if as_json else _summarize(run.path, metrics))


def _summarize(path: Path, metrics: dict[str, Any]) -> str:
    examples = metrics["test_examples"]
    correct = round(metrics["test_accuracy"] * examples)
    return (
        f"test accuracy {metrics['test_accuracy']:.2%} ({correct:,} of {examples:,} images), "
        f"loss {metrics['test_loss']:.4f}, with the model of epoch {metrics['best_epoch']} of {metrics['epochs']}, "
        "which has the smallest validation loss\n"
        f"trained in {metrics['fit_seconds']:.1f} s, {metrics['images_per_second']:,.0f} images/s\n"
        f"{path}"
    )
