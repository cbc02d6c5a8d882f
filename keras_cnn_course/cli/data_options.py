"""The options for the data set: which images to use, and how to read them. They are the same in every command."""

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from keras_cnn_course.cli.options import complete_names
from keras_cnn_course.errors import UsageError

__all__ = ["DatasetName", "data_options", "dataset_option", "image_size_option", "pixel_range_option"]

Command = TypeVar("Command", bound=Callable[..., Any])

_MAX_SIDE = 1024


class DatasetName(click.ParamType):
    """A data set's name or a path; completes to the known names, or to files."""

    name = "name|path"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text; the name of a known data set may be written in any case."""
        from keras_cnn_course.datasets.registry import DATASETS

        return value.lower() if value.lower() in DATASETS and not Path(value).exists() else value

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the known data sets that begin with the text so far, or any file."""
        from keras_cnn_course.datasets.registry import DATASETS

        return complete_names(DATASETS, incomplete, other="file")


def dataset_option(
    purpose: str = "Data set to train on, by name or path.", *, default: str | None = "digits"
) -> Callable[[Command], Command]:
    """Add --dataset NAME|PATH."""
    return click.option(
        "--dataset", type=DatasetName(), default=default, show_default=default is not None, help=purpose
    )


def data_options(*, several: bool) -> Callable[[Command], Command]:
    """Add what a training says about its data: --dataset, --image-size, --pixel-range and --train-examples, as text.

    Args:
        several: whether --train-examples may list several numbers, for a sweep.
    """
    examples = click.option(
        "--train-examples",
        metavar="N,..." if several else "N",
        help=f"Number of training images to use{', or several to compare' if several else ''}, the same share of "
        "every class.  [default: all]",
    )
    return lambda command: dataset_option()(image_size_option(pixel_range_option(examples(command))))


def image_size_option(command: Command) -> Command:
    """Add --image-size, as `(height, width)`."""
    return click.option(
        "--image-size",
        metavar="HEIGHTxWIDTH",
        callback=_parse_size,
        help="Resize all images, such as to 32x32 (or 32). Needed if they differ in size.",
    )(command)


def _parse_size(ctx: click.Context, param: click.Parameter, text: str | None) -> tuple[int, int] | None:
    """Return `(height, width)` of text such as 32x48."""
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,4})(?:x(\d{1,4}))?", text.lower())
    if match is None or not all(1 <= int(side or 1) <= _MAX_SIDE for side in match.groups()):
        raise UsageError(f"--image-size must look like 32x32, at most {_MAX_SIDE}x{_MAX_SIDE}; got {text!r}.")
    return int(match[1]), int(match[2] or match[1])


def pixel_range_option(command: Command) -> Command:
    """Add --pixel-range, as `(low, high)`."""
    return click.option(
        "--pixel-range",
        metavar="LOW:HIGH",
        callback=_parse_range,
        help="Pixel values of black and white in your own data, such as 0:16.  [default: recognized]",
    )(command)


def _parse_range(ctx: click.Context, param: click.Parameter, text: str | None) -> tuple[float, float] | None:
    """Return `(low, high)` of text such as 0:16."""
    if text is None:
        return None
    try:
        low, high = (float(part) for part in text.split(":"))
    except ValueError:
        low = high = math.nan
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise UsageError(f"--pixel-range must look like 0:255, the lower value first; got {text!r}.")
    return low, high
