"""`kcnn homework pack`: an autograder for Gradescope."""

from pathlib import Path

import click

from keras_cnn_course.cli.commands.homework.options import read_secret, secret_option

__all__ = ["command"]


@click.command("pack")
@secret_option
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("autograder.zip"),
    show_default=True,
    help="The zip to write.",
)
def command(secret: Path, out: Path) -> None:
    """Write the zip that Gradescope takes as an autograder: this package, the secret, setup.sh and run_autograder.

    The secret is in it: keep the zip as you keep the secret.

    \b
    Example:  kcnn homework pack --secret secret.txt -o autograder.zip
    """
    from keras_cnn_course.homework.grading.archives import write_autograder

    write_autograder(out, read_secret(secret))
    click.echo(f"{out}: {out.stat().st_size / 1e6:.1f} MB. Upload it under Configure Autograder.")
