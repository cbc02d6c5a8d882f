"""The command line `kcnn`. Each command is a module of `commands`, which is loaded when it is called.

At its top, the module of a command imports only click and light modules; everything else is imported inside its
functions. So `kcnn --help` and shell completion load neither TensorFlow, Keras, NumPy nor matplotlib.
"""

import sys
from typing import Any

import click

from keras_cnn_course.cli.groups import SectionGroup
from keras_cnn_course.cli.spelling import spell_options
from keras_cnn_course.cli.streams import prepare_streams
from keras_cnn_course.errors import CourseError, describe_refusal
from keras_cnn_course.files.printable import printable

__all__ = ["kcnn", "main"]

_SECTIONS = {
    "Start here": ("train", "plot", "filters", "page", "open"),
    "Look inside": ("recipes", "show", "features", "explain", "dream", "shift", "lecture"),
    "Use the model": ("evaluate", "predict", "export", "report", "import-weights"),
    "Many runs": ("sweep", "compare", "verify"),
    "Teach": ("notebook", "homework"),
    "Set up": ("data", "audit", "doctor"),
}


_HINTS = {
    "version": " The version is printed by: kcnn --version",
    "list": " `kcnn recipes`, `kcnn data list` and `kcnn lecture` list what there is.",
    "runs": " The runs are the folders in ./runs; compare them with: kcnn compare runs/*",
    "test": " Test a model with `kcnn evaluate`.",
    "fit": " Train with `kcnn train`.",
    "run": " Train with `kcnn train`.",
    "models": " List the recipes with `kcnn recipes`.",
}


class _Reported(click.ClickException):
    """An error on its way to the terminal."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(printable(message))
        self.exit_code = exit_code  # type: ignore[misc]  # click declares it for the class, and reads it so


class CourseGroup(SectionGroup):
    """The group of all commands. It reports errors and interruptions in one place."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the command line. Refuse a file name that is not valid text: no report or picture could show it."""
        for arg in args:
            try:
                arg.encode()
            except UnicodeEncodeError:
                ctx.fail(f"{arg!a} is not valid {sys.getfilesystemencoding()} text. Rename the file or folder.")
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. Without --debug, print an error of the user or the system as a message, not a traceback."""
        try:
            return super().invoke(ctx)
        except CourseError as error:
            if ctx.params.get("debug"):
                raise
            raise _Reported(spell_options(str(error)), error.exit_code) from error
        except (OSError, UnicodeEncodeError) as error:  # no module expected it, such as a path that is too long
            if ctx.params.get("debug"):
                raise
            raise _Reported(describe_refusal(error), CourseError.exit_code) from error
        except KeyboardInterrupt as interruption:  # a training that stopped on request says how to resume it
            click.echo(str(interruption) or "Interrupted.", err=True)
            ctx.exit(getattr(interruption, "exit_code", 130))


def _print_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"kcnn {version('keras-cnn-course')}")
        ctx.exit()


@click.group(
    cls=CourseGroup,
    package=f"{__name__}.commands",
    sections=_SECTIONS,
    hints=_HINTS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Show the version."
)
def kcnn(debug: bool) -> None:
    """Train, understand and export the convolutional networks of the lecture.

    \b
    Example:  kcnn train --recipe cnn
              kcnn plot runs/cnn-001
    """


def main(args: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 the work failed, 2 wrong use, 3 the grader itself failed."""
    prepare_streams()
    kcnn.main(args=args, prog_name="kcnn" if args is None else None)
    sys.exit(0)
