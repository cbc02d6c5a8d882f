"""The command line `kcnn`: one module a command, loaded when it is called.

A command module defines `command`, imports only click and light modules at its top, and everything else inside the
function: `kcnn --help` and shell completion import neither TensorFlow, Keras, NumPy nor matplotlib.
"""

import importlib
import sys
from typing import Any

import click

from keras_cnn_course.errors import CourseError, did_you_mean

__all__ = ["kcnn", "main"]

_COMMANDS = (
    "recipes",
    "show",
    "data",
    "train",
    "sweep",
    "plot",
    "filters",
    "features",
    "evaluate",
    "predict",
    "compare",
    "verify",
    "export",
    "page",
    "report",
    "open",
    "lecture",
    "shift",
    "doctor",
)


class _Reported(click.ClickException):
    """A CourseError on its way to the terminal."""

    def __init__(self, error: CourseError) -> None:
        super().__init__(str(error))
        self.exit_code = error.exit_code  # type: ignore[misc]  # click declares it for the class, and reads it so


class CourseGroup(click.Group):
    """A group that finds its commands by module name and reports every CourseError in one place."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which a student meets them."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command's module; None for an unknown name."""
        if cmd_name not in _COMMANDS:
            return None
        return importlib.import_module(f"keras_cnn_course.cli.{cmd_name}").command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[Any, Any, list[str]]:
        """Find the command to run, or name the nearest one."""
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"No such command {args[0]!r}.{did_you_mean(args[0], _COMMANDS)}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; print a CourseError on one line instead of its traceback, unless --debug is given."""
        try:
            return super().invoke(ctx)
        except CourseError as error:
            if ctx.params.get("debug"):
                raise
            raise _Reported(error) from error
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            ctx.exit(130)


def _print_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"kcnn {version('keras-cnn-course')}")
        ctx.exit()


@click.group(cls=CourseGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Show the version."
)
def kcnn(debug: bool) -> None:
    """Train, look into and export the convolutional networks of the lecture.

    \b
    Start with:  kcnn train --recipe cnn
    """


def main(args: list[str] | None = None) -> None:
    """Run the command line and exit with its code: 0 done, 1 the work failed, 2 wrong use."""
    kcnn.main(args=args, prog_name="kcnn" if args is None else None)
    sys.exit(0)
