"""`kcnn homework pack`: an autograder for Gradescope, or the solutions."""

from pathlib import Path

import click

from keras_cnn_course.cli.commands.homework.options import (
    only_option,
    read_secret,
    refuse_input_as_out,
    secret_option,
    zip_option,
)
from keras_cnn_course.errors import UsageError
from keras_cnn_course.homework.authoring.exercise import Exercise, list_exercises

__all__ = ["command"]


@click.command("pack")
@secret_option
@click.option("--instructor", is_flag=True, is_eager=True, help="Pack the solutions instead, for instructors only.")
@zip_option("autograder.zip", or_else="solutions.zip")
@only_option("to pack")
def command(secret: Path | None, instructor: bool, out: Path | None, exercises: list[Exercise]) -> None:
    """Build an autograder zip for Gradescope.

    The zip contains this package, your own exercises, the secret, setup.sh and run_autograder. Keep it as safe as the
    secret.

    With --instructor, no secret is needed, and the zip contains the solutions for you and your teaching assistants: for
    each exercise the starter, the accepted solutions, the hints, and the mistakes that the checks recognize.

    \b
    Example:  kcnn homework pack --secret secret.txt -o autograder.zip
              kcnn homework pack --instructor
    """
    from keras_cnn_course.homework.grading.archives import write_autograder, write_solutions

    if secret is None:
        out = out or Path("solutions.zip")
        write_solutions(out, exercises or list_exercises())
        click.echo(
            f"{out}: {len(exercises or list_exercises())} exercises with their solutions. Keep it from students."
        )
        return
    if instructor:
        raise UsageError("--instructor packs the solutions, which need no --secret. Give one of the two.")
    out = out or Path("autograder.zip")
    refuse_input_as_out(out, secret)
    write_autograder(out, read_secret(secret), exercises=exercises)
    click.echo(f"{out}: {out.stat().st_size / 1e6:.1f} MB. Upload it in Gradescope under Configure Autograder.")
