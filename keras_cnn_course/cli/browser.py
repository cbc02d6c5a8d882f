"""Opening a file that a command wrote, with the program that shows it."""

import os
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

__all__ = ["open_option", "show_file"]

Command = TypeVar("Command", bound=Callable[..., Any])


def open_option(command: Command) -> Command:
    """Add --open, as `is_opened`."""
    return click.option("--open", "is_opened", is_flag=True, help="Open the file when it is written.")(command)


def show_file(path: Path) -> None:
    """Open a page or a picture in the browser; say so if there is none."""
    if not (_has_browser() and webbrowser.open(path.resolve().as_uri())):
        click.echo("No browser found. Open the file on a machine that has one.", err=True)


def _has_browser() -> bool:
    """Return whether a window can be opened. A browser in the terminal, which Python may find, does not count."""
    if sys.platform in ("darwin", "win32"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
