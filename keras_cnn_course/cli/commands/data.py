"""`kcnn data`: list the data sets, and download those that are not here yet."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import click
from click.shell_completion import CompletionItem

from keras_cnn_course.cli.options import json_option
from keras_cnn_course.cli.output import echo_json
from keras_cnn_course.cli.streams import style, terminal
from keras_cnn_course.datasets.registry import (
    DATASETS,
    DOWNLOAD_TIMEOUT,
    DatasetFile,
    DatasetInfo,
    download_path,
    find_file,
    is_here,
)
from keras_cnn_course.errors import unknown_name

__all__ = ["command"]


def _complete_names(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the data sets whose names begin with the text so far."""
    return [CompletionItem(name, help=info.summary) for name, info in DATASETS.items() if name.startswith(incomplete)]


@click.group()
def command() -> None:
    """List or download data sets.

    \b
    Example:  kcnn data list
    """


@command.command("list")
@json_option
def list_datasets(as_json: bool) -> None:
    """List the data sets.

    For each one: its images, where it is on this machine or how to get it, and its license.

    \b
    Example:  kcnn data list
    """
    if as_json:
        echo_json([_described(info) for info in DATASETS.values()])
        return
    for info in DATASETS.values():
        shape = "x".join(map(str, info.image_shape))
        click.echo(f"{style(info.name.ljust(13), bold=True)}  {info.summary}")
        click.echo(
            f"    {info.train_examples:,} training and {info.test_examples:,} test images of {shape}, "
            f"{len(info.class_names)} classes"
        )
        click.echo(f"    {_where(info)}")
        click.echo(f"    license: {info.license}; {info.source_url}")


@command.command("fetch")
@click.argument("names", metavar="NAME...", nargs=-1, required=True, shell_complete=_complete_names)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1, max=3600),
    default=DOWNLOAD_TIMEOUT,
    show_default=True,
    help="Seconds to wait for the server.",
)
def fetch(names: tuple[str, ...], timeout: float) -> None:
    """Download data sets.

    They go to $KCNN_DATA_HOME, or to the cache of Keras if that is not set.

    \b
    Example:  kcnn data fetch mnist
    """
    for name in names:
        if name not in DATASETS:
            raise unknown_name("data set", name, DATASETS)
    for info in [DATASETS[name] for name in dict.fromkeys(names)]:
        if not info.files:
            click.echo(f"{info.name} is part of this package, so there is nothing to download.")
        for file in info.files:
            _fetch_file(info, file, timeout)


def _fetch_file(info: DatasetInfo, file: DatasetFile, timeout: float) -> None:
    """Download one file, unless it is here already with the published bytes."""
    from keras_cnn_course.datasets.download import download_file
    from keras_cnn_course.datasets.loading import is_as_published

    here = find_file(file)
    if here is not None and is_as_published(file, here):
        click.echo(f"{info.name} is here already: {here}")
        return
    if here is not None:
        click.echo(f"{here} is not the published file. Downloading it again.", err=True)
    with _progress_bar(file) as progress:
        target = download_file(file, timeout=timeout, progress=progress)
    click.echo(f"{info.name}: saved {target} ({_megabytes(file.size)}, SHA-256 as published)")


@contextmanager
def _progress_bar(file: DatasetFile) -> Iterator[Callable[[int], None]]:
    """Give a function that receives the number of bytes so far: for a bar on a terminal, one line elsewhere."""
    if not sys.stderr.isatty():
        click.echo(f"Downloading {file.url} ({_megabytes(file.size)}) ...", err=True)
        yield lambda received: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(file=terminal(sys.stderr))) as bar:
        task = bar.add_task(file.path, total=file.size)
        yield lambda received: bar.update(task, completed=received)


def _described(info: DatasetInfo) -> dict[str, Any]:
    """Return a data set as `--json` prints it."""
    values = asdict(info)
    files = [
        {**values_of_file, "here": str(find_file(file) or "") or None, "fetched_to": str(download_path(file))}
        for file, values_of_file in zip(info.files, values["files"], strict=True)
    ]
    return {**values, "files": files, "download_size": info.download_size, "here": is_here(info)}


def _where(info: DatasetInfo) -> str:
    """Return where a data set is, or how to get it."""
    if not info.files:
        return "here: part of this package"
    paths = [find_file(file) for file in info.files]
    present = [path for path in paths if path is not None]
    if len(present) == len(paths):
        size = sum(path.stat().st_size for path in present)
        place = present[0] if len(present) == 1 else present[0].parent
        return style("here:", color="green") + f" {place} ({_megabytes(size)})"
    return f"not here; download it with: kcnn data fetch {info.name} ({_megabytes(info.download_size)})"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size / 1e3:.1f} kB"
