"""`kcnn show`: show the layers of a recipe."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keras_cnn_course.cli.data_options import dataset_option
from keras_cnn_course.cli.options import (
    RecipeName,
    filters_option,
    gather_overrides,
    json_option,
    set_option,
)
from keras_cnn_course.cli.output import echo_json, page_width, wrap

if TYPE_CHECKING:
    from keras_cnn_course.models.architecture import Architecture, Layer

__all__ = ["command"]

_HEADINGS = ("layer", "output", "size", "parameters", "multiply-adds", "sees")
_RIGHT_ALIGNED = (4, 5)


@click.command("show")
@click.argument("recipe", type=RecipeName(), metavar="RECIPE")
@dataset_option("Data set that gives the image shape and the classes.")
@filters_option
@set_option
@json_option
def command(recipe: str, dataset: str, filters: str | None, assignments: tuple[str, ...], as_json: bool) -> None:
    """Show the layers of a recipe.

    The table has each layer's shape, parameters and multiply-adds, with the arithmetic spelled out. "sees" is the
    receptive field: the pixels of the image, height x width, that one number of the layer's output depends on.

    \b
    Example:  kcnn show deep_cnn --dataset cifar10
    """
    from keras_cnn_course.inspection.functions import show as build

    overrides: dict[str, object] = {**gather_overrides({"filters": filters}, assignments)}
    shown = build(recipe, dataset, **overrides)
    source, architecture, values, num_classes = (
        shown.source,
        shown.architecture,
        shown.hyperparameters,
        shown.num_classes,
    )
    image_shape = architecture.input_shape
    if as_json:
        facts = {"recipe": source.name, "file": str(source.path), "hyperparameters": values}
        echo_json({**facts, "dataset": dataset, "num_classes": num_classes, **asdict(architecture)})
        return
    click.echo(wrap(f"{source.name}: {source.summary}") if source.summary else source.name)
    click.echo(f"file    {_shorten(source.path)}")
    listed = ", ".join(f"{name}={value}" for name, value in values.items())
    click.echo(wrap(f"values  {listed}", indent=8))
    click.echo(f"input   {_times(image_shape)} images, {num_classes} classes ({dataset})\n")
    click.echo("\n".join(_lay_out(architecture)))


def _shorten(path: Path) -> str:
    """Return the path relative to the current folder, if it is inside it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _lay_out(architecture: "Architecture") -> list[str]:
    """Return the lines of the table and the remarks below it."""
    rows = [_HEADINGS, *(_describe_row(layer) for layer in architecture.layers)]
    total = ("total", "", "", f"{architecture.parameters:,}", _count(architecture.multiply_adds), "")
    widths = _measure([*rows, total])
    if sum(widths) + 2 * len(widths) - 2 > page_width():
        rows = [part for row in rows for part in _break(row)]
        widths = _measure([*rows, total])
    lines = [_join(row, widths) for row in (*rows, total)]
    lines.insert(1, _join(tuple("-" * width for width in widths), widths))
    lines.insert(-1, lines[1])
    frozen = architecture.parameters - architecture.trainable_parameters
    if frozen:
        lines.append(f"\n{frozen:,} of the parameters are not trained.")
    height, width, _ = architecture.input_shape
    seen = architecture.layers[-1].receptive_field
    if seen and seen != (height, width):
        sentence = (
            f"The last layer sees {_times(seen)} of the {_times((height, width))} pixels: "
            "the last rows and columns that do not fill a window are dropped."
        )
        lines.append(f"\n{wrap(sentence)}")
    return lines


def _measure(rows: list[tuple[str, ...]]) -> list[int]:
    return [max(map(len, column)) for column in zip(*rows, strict=True)]


def _break(row: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return a row in two lines, with the results of the arithmetic in the second one; in one where there is none."""
    parts = [cell.partition(" = ") for cell in row]
    first = tuple(formula for formula, _, _ in parts)
    second = tuple(f"= {result}" if result else "" for _, _, result in parts)
    return [first, second] if any(second) else [first]


def _describe_row(layer: "Layer") -> tuple[str, ...]:
    seen = _times(layer.receptive_field) if layer.receptive_field else "?"
    shape, parameters = _times(layer.output_shape), layer.parameter_arithmetic
    return layer.name, shape, layer.shape_arithmetic, parameters, _count(layer.multiply_adds), seen


def _join(row: tuple[str, ...], widths: list[int]) -> str:
    cells = zip(range(len(row)), row, widths, strict=True)
    return "  ".join(
        text.rjust(width) if column in _RIGHT_ALIGNED else text.ljust(width) for column, text, width in cells
    ).rstrip()


def _count(number: int | None) -> str:
    return "?" if number is None else f"{number:,}"


def _times(sizes: tuple[Any, ...]) -> str:
    """Return `28x28x1` for a shape."""
    return "x".join("?" if size is None else str(size) for size in sizes)
