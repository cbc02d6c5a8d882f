"""Arguments and options that several commands share, with their shell completion."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from keras_cnn_course.errors import UsageError

__all__ = [
    "RecipeName",
    "RunPath",
    "dataset_option",
    "device_option",
    "gather_overrides",
    "image_size_option",
    "precision_option",
    "run_argument",
    "runs_argument",
    "strategy_options",
    "which_option",
]

Command = TypeVar("Command", bound=Callable[..., Any])


class RunPath(click.Path):
    """A run folder; completes to the runs below ./runs."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the run folders below ./runs that begin with the text so far, or any folder."""
        found = sorted(str(path.parent) for path in Path("runs").glob("*/run.json"))
        matching = [CompletionItem(name) for name in found if name.startswith(incomplete)]
        return matching or [CompletionItem(incomplete, type="dir")]


class DatasetName(click.ParamType):
    """A data set's name or a path; completes to the known names, or to files."""

    name = "name|path"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the known data sets that begin with the text so far, or any file."""
        from keras_cnn_course.datasets.registry import DATASETS

        matching = [CompletionItem(name) for name in DATASETS if name.startswith(incomplete)]
        return matching or [CompletionItem(incomplete, type="file")]


class RecipeName(click.ParamType):
    """A recipe's name or a .py file; completes to the known names, or to files."""

    name = "name|file.py"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the recipes that begin with the text so far, or any file."""
        from keras_cnn_course.catalog.recipes import recipe_names

        matching = [CompletionItem(name) for name in recipe_names() if name.startswith(incomplete)]
        return matching or [CompletionItem(incomplete, type="file")]


def run_argument(command: Command) -> Command:
    """Add the argument RUN, a Path."""
    return click.argument("run", type=RunPath())(command)


def runs_argument(command: Command) -> Command:
    """Add the argument RUN..., one or more Paths, as `runs`."""
    return click.argument("runs", metavar="RUN...", type=RunPath(), nargs=-1, required=True)(command)


def dataset_option(*, default: str | None = "digits", help: str = "Data set, by name or path.") -> Any:  # noqa: A002
    """Add --dataset NAME|PATH."""
    return click.option("--dataset", type=DatasetName(), default=default, show_default=default is not None, help=help)


def device_option(command: Command) -> Command:
    """Add --device."""
    return click.option(
        "--device",
        default="auto",
        show_default=True,
        metavar="auto|cpu|gpu[:N]",
        callback=_check_device,
        help="Where to compute.",
    )(command)


def _check_device(ctx: click.Context, param: click.Parameter, value: str) -> str:
    if not re.fullmatch(r"auto|cpu|gpu(:\d+)?", value):
        raise click.BadParameter(f"Expected auto, cpu, gpu or gpu:N. Received: {value!r}.")
    return value


def image_size_option(command: Command) -> Command:
    """Add --image-size, as `(height, width)`."""
    return click.option(
        "--image-size",
        metavar="HEIGHTxWIDTH",
        callback=_parse_size,
        help="Resize all images; needed where they differ in size.",
    )(command)


def _parse_size(ctx: click.Context, param: click.Parameter, text: str | None) -> tuple[int, int] | None:
    """Return `(height, width)` of text such as 32x48."""
    if text is None:
        return None
    height, _, width = text.lower().partition("x")
    if not (height.isdecimal() and width.isdecimal() and 1 <= int(height) <= 1024 and 1 <= int(width) <= 1024):
        raise UsageError(f"Expected --image-size HEIGHTxWIDTH, such as 32x32, up to 1024. Received: {text!r}.")
    return int(height), int(width)


def precision_option(command: Command) -> Command:
    """Add --precision."""
    return click.option(
        "--precision",
        type=click.Choice(["auto", "float32", "bfloat16", "float16"]),
        default="auto",
        show_default=True,
        help="What the hidden layers compute in; the model that is saved is float32.",
    )(command)


def strategy_options(command: Command) -> Command:
    """Add --strategy, --replicas and --worker-timeout."""
    for option in (
        click.option(
            "--worker-timeout",
            metavar="SECONDS",
            type=click.FloatRange(1, 1e6),
            default=120.0,
            show_default=True,
            help="How long to wait for another worker.",
        ),
        click.option(
            "--replicas",
            metavar="N",
            type=click.IntRange(2, 1024),
            help="Of mirrored: how many.  [default: all GPUs]",
        ),
        click.option(
            "--strategy",
            type=click.Choice(["none", "mirrored", "multiworker", "auto"]),
            default="none",
            show_default=True,
            help="Share each batch among the devices of this machine, or among processes on several.",
        ),
    ):
        command = option(command)
    return command


def which_option(command: Command) -> Command:
    """Add --which, the saved model to use."""
    return click.option(
        "--which",
        type=click.Choice(["best", "final"]),
        default="best",
        show_default=True,
        help="The model that was best on the validation images, or the final one.",
    )(command)


def gather_overrides(shortcuts: dict[str, str | None], assignments: tuple[str, ...]) -> dict[str, str]:
    """Return the hyperparameters to replace, as text, by name."""
    overrides = {name: value for name, value in shortcuts.items() if value is not None}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not (name and equals):
            raise UsageError(f"Expected --set KEY=VALUE, such as --set filters=16. Received: {assignment!r}.")
        if name in overrides:
            raise UsageError(f"Expected each hyperparameter once. Received: {name!r} twice.")
        overrides[name] = value
    return overrides
