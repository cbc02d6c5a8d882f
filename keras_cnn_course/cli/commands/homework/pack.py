"""`kcnn homework pack`: an autograder for Gradescope."""

from pathlib import Path

import click

from keras_cnn_course.cli.commands.homework.options import only_option, read_secret, secret_option, zip_option
from keras_cnn_course.homework.authoring.exercise import Exercise

__all__ = ["command"]


@click.command("pack")
@secret_option
@zip_option("autograder.zip")
@only_option("to grade")
def command(secret: Path, out: Path, exercises: list[Exercise]) -> None:
    """Build an autograder zip for Gradescope.

    The zip contains this package, your own exercises, the secret, setup.sh and run_autograder. Keep it as safe as the
    secret.

    \b
    Example:  kcnn homework pack --secret secret.txt -o autograder.zip
    """
    from keras_cnn_course.homework.grading.archives import write_autograder

    write_autograder(out, read_secret(secret), exercises=exercises)
    click.echo(f"{out}: {out.stat().st_size / 1e6:.1f} MB. Upload it in Gradescope under Configure Autograder.")
