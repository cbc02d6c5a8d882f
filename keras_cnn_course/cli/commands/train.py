"""`kcnn train`: train a recipe."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from keras_cnn_course.cli.data_options import data_options
from keras_cnn_course.cli.ensembles import holds_seeds, train_seeds
from keras_cnn_course.cli.groups import PlainOption, SectionCommand
from keras_cnn_course.cli.hardware import Hardware, hardware_options
from keras_cnn_course.cli.options import (
    RecipeName,
    RunPath,
    filters_option,
    gather_overrides,
    json_option,
    out_option,
    precision_option,
    quiet_option,
    seed_option,
    set_option,
)
from keras_cnn_course.cli.rate_finding import choose_rate_picture, find_and_draw_rate
from keras_cnn_course.cli.resuming import parse_epochs, resume_run
from keras_cnn_course.cli.train_order import TrainOrder
from keras_cnn_course.cli.train_results import print_ensemble, report_result
from keras_cnn_course.cli.training import place_to_write
from keras_cnn_course.errors import UsageError

if TYPE_CHECKING:
    from keras_cnn_course.datasets.dataset import Dataset

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
        "find_rate",
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
@click.option("--epochs", metavar="N", help="Passes over the training images; the recipe's `min_steps` is ignored.")
@filters_option
@seed_option("the initial weights, the validation split and the image order")
@out_option("Run folder to write.", default="runs/<recipe>-NNN")
@click.option(
    "--augment",
    metavar="none|shift|affine|elastic|slanted|handwriting|objects",
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
@click.option(
    "--find-rate",
    is_flag=True,
    help="Suggest a learning rate instead of training a run: try growing rates on a few batches, and plot the losses.",
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
@hardware_options
@precision_option
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
    find_rate: bool,
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
    finished run for longer, add --epochs with the new total. To continue a stopped ensemble, repeat its command with
    the same --out.

    A recipe file is Python code and runs on your machine: train and resume only what you trust.

    \b
    Example:  kcnn train --recipe cnn --dataset mnist --filters 16
              kcnn train my_cnn.py --find-rate
              kcnn train --resume runs/cnn-001
    """
    hardware = Hardware(device, threads, strategy, replicas, worker_timeout)
    given = _list_given(context)
    recipe = _choose_recipe(recipe, named, is_given="recipe" in given)
    if run is not None:
        _refuse_recipe_options(context, given)
        resume_run(
            run,
            epochs=parse_epochs(epochs),
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
    if find_rate:
        picture = choose_rate_picture(recipe, out, given=given)
    continues = ensemble is not None and strategy != "multiworker" and holds_seeds(out)
    data = _load(
        recipe,
        dataset,
        image_size=image_size,
        pixel_range=pixel_range,
        overrides=overrides,
        out=None if find_rate or continues else out,
    )
    if not quiet:
        click.echo("Starting TensorFlow ...", err=True)
    started = hardware.start()
    order = TrainOrder(recipe, data, seed, precision, overrides, quiet or not started.distribution.is_chief)
    if find_rate:
        find_and_draw_rate(order, started, picture=picture, as_json=as_json)
        return
    with place_to_write(out, started.distribution) as folder:
        runs = train_seeds(
            order,
            started,
            seeds=ensemble or 1,
            out=folder,
            device=device,
            checkpoint_every=checkpoint_every,
            log=log,
        )
        if started.distribution.is_chief:  # several workers print one result
            if ensemble is None:
                report_result(runs[0], data, quiet=quiet, as_json=as_json)
            else:
                print_ensemble(runs, data, as_json=as_json)


def _choose_recipe(recipe: str, named: str | None, *, is_given: bool) -> str:
    """Return the recipe that was named, with --recipe or without."""
    if named is not None and is_given and recipe != named:
        raise UsageError(f"Two recipes are named, {named} and {recipe}. Name one.")
    return named or recipe


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
    from keras_cnn_course.catalog.recipes import find_recipe
    from keras_cnn_course.datasets.loading import load_dataset
    from keras_cnn_course.runs.directory import check_new

    source = find_recipe(recipe)
    if source.hyperparameters:
        source.hyperparameters.with_overrides(overrides)
    if out is not None:
        check_new(out)
    return load_dataset(dataset, image_size=image_size, pixel_range=pixel_range)


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
