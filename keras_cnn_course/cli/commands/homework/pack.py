"""`kcnn homework pack`: an autograder for Gradescope."""

from pathlib import Path

import click

from keras_cnn_course.cli.commands.homework.options import read_secret, secret_option, zip_option

__all__ = ["command"]


@click.command("pack")
@secret_option
@zip_option("autograder.zip")
def command(secret: Path, out: Path) -> None:
    """Build an autograder zip for Gradescope.

    The zip contains this package, your own exercises, the secret, setup.sh and run_autograder. Keep it as safe as the
    secret.

    \b
    Example:  kcnn homework pack --secret secret.txt -o autograder.zip
    """
    from keras_cnn_course.homework.grading.archives import write_autograder

    write_autograder(out, read_secret(secret))
    click.echo(f"{out}: {out.stat().st_size / 1e6:.1f} MB. Upload it in Gradescope under Configure Autograder.")
