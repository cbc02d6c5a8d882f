"""`kcnn homework new`: begin an exercise of your own."""

from pathlib import Path

import click

from keras_cnn_course.cli.options import out_option

__all__ = ["command"]


@click.command("new")
@click.argument("name", metavar="NAME")
@out_option("Folder for your exercises.", default="the folder of --exercises, or exercises")
@click.pass_obj
def command(folder: Path | None, name: str, out: Path | None) -> None:
    """Begin an exercise of your own.

    NAME names the exercise and its function. Its folder gets a small exercise that is complete: what students see, a
    solution, checks, wrong solutions and hints. Change these step by step, and prove the exercise with
    `kcnn homework verify`. The guide is docs/exercises.md.

    \b
    Example:  kcnn homework new mean_pooling
              kcnn homework verify --exercises exercises
    """
    from keras_cnn_course.homework.authoring.own_exercises import create_exercise

    place = out or folder or Path("exercises")
    created = create_exercise(name, place)
    click.echo(str(created))
    click.echo(f"Change its files, and prove it with: kcnn homework verify {name} --exercises {place}")
