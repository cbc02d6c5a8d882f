"""`kcnn train`: train a recipe."""

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import click

from keras_cnn_course.cli.arguments import RecipeName, dataset_option, device_option, gather_overrides
from keras_cnn_course.errors import UsageError

__all__ = ["command"]


@click.command("train")
@click.option("--recipe", type=RecipeName(), default="cnn", show_default=True, help="Recipe, by name or .py file.")
@dataset_option()
@click.option("--image-size", metavar="HEIGHTxWIDTH", help="Resize all images; needed where they differ in size.")
@click.option("--epochs", metavar="N", help="Exactly so many passes over the training images.")
@click.option("--batch-size", metavar="N", help="Images an optimizer step.")
@click.option("--learning-rate", metavar="RATE", help="Peak learning rate.")
@click.option("--filters", metavar="K", help="Kernels of the first convolution.")
@click.option("--augment", metavar="none|shift|affine|elastic", help="Change the training images, anew in every epoch.")
@click.option("--set", "assignments", metavar="KEY=VALUE", multiple=True, help="Any hyperparameter; repeatable.")
@click.option(
    "--seed",
    type=click.IntRange(0, 2**31 - 1),
    default=0,
    show_default=True,
    help="Weights, split and order follow it.",
)
@device_option
@click.option(
    "--precision",
    type=click.Choice(["auto", "float32", "bfloat16", "float16"]),
    default="auto",
    show_default=True,
    help="What the hidden layers compute in; the model that is saved is float32.",
)
@click.option("--threads", type=click.IntRange(1, 1024), help="Compute threads.  [default: all cores]")
@click.option("--out", type=click.Path(path_type=Path), help="Run folder to write.  [default: runs/<recipe>-NNN]")
@click.option("--quiet", is_flag=True, help="No progress; errors and the result only.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    recipe: str,
    dataset: str,
    image_size: str | None,
    assignments: tuple[str, ...],
    seed: int,
    device: str,
    precision: str,
    threads: int | None,
    out: Path | None,
    quiet: bool,
    as_json: bool,
    **shortcuts: str | None,
) -> None:
    """Train a recipe and write its run folder.

    The recipe's own values are used unless an option replaces them; `kcnn show RECIPE` lists them. A recipe given as a
    file is Python code, and it is run: train only files that you trust.

    \b
    Example:  kcnn train --recipe cnn --dataset mnist --filters 16
    """
    from keras_cnn_course.catalog import find_recipe
    from keras_cnn_course.datasets.loading import load_dataset
    from keras_cnn_course.runs import check_new

    source = find_recipe(recipe)
    overrides = gather_overrides(shortcuts, assignments)
    if source.hyperparameters:
        source.hyperparameters.with_overrides(overrides)
    if out is not None:
        check_new(out)
    data = load_dataset(dataset, image_size=_parse_size(image_size))

    from keras_cnn_course import backend

    started = backend.start(device=device, threads=threads)

    from keras_cnn_course.cli.progress import make_reporter
    from keras_cnn_course.training.run import TrainingSettings, train

    settings = TrainingSettings(
        overrides=overrides,
        seed=seed,
        precision=precision,
        out=out,
        command=shlex.join(["kcnn", *sys.argv[1:]]),
    )
    with make_reporter(quiet=quiet) as reporter:
        run = train(source, data, settings, backend=started, reporter=reporter)
    metrics = run.read_metrics()
    click.echo(json.dumps({"run": str(run.path), **metrics}) if as_json else _summarize(run.path, metrics))


def _parse_size(text: str | None) -> tuple[int, int] | None:
    """Return `(height, width)` of text such as 32x48."""
    if text is None:
        return None
    height, _, width = text.lower().partition("x")
    if not (height.isdecimal() and width.isdecimal() and 1 <= int(height) <= 1024 and 1 <= int(width) <= 1024):
        raise UsageError(f"Expected --image-size HEIGHTxWIDTH, such as 32x32, up to 1024. Received: {text!r}.")
    return int(height), int(width)


def _summarize(path: Path, metrics: dict[str, Any]) -> str:
    examples = metrics["test_examples"]
    right = round(metrics["test_accuracy"] * examples)
    return (
        f"test accuracy {metrics['test_accuracy']:.2%} ({right:,} of {examples:,} images), "
        f"loss {metrics['test_loss']:.4f}, with the model of epoch {metrics['best_epoch']} of {metrics['epochs']}, "
        "the best on the held-out images\n"
        f"trained in {metrics['fit_seconds']:.1f} s, {metrics['images_per_second']:,.0f} images/s\n"
        f"{path}"
    )
