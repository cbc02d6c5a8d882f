"""`kcnn notebook`: write the notebooks of the course."""

from pathlib import Path

import click

from keras_cnn_course.cli.options import UserPath

__all__ = ["command"]


@click.command("notebook")
@click.argument("folder", metavar="[DIR]", type=UserPath(file_okay=False), default="notebooks")
def command(folder: Path) -> None:
    """Write notebooks to learn with.

    Writes five short notebooks into the folder DIR (default: notebooks), for Jupyter, VS Code and Colab: the lecture by
    hand, the first CNN, what the filters learned, a network of your own, and your own images. Each runs from top to
    bottom in less than a minute. A notebook that is there already is left as it is.

    \b
    Example:  kcnn notebook
              kcnn notebook course
    """
    from keras_cnn_course.notebooks.writing import write_notebooks

    paths, kept = write_notebooks(folder)
    for path in paths:
        click.echo(str(path))
    if kept:
        click.echo(f"{len(kept)} of {len(paths)} were there already and are unchanged.", err=True)
    click.echo(f"Open them in VS Code or Colab, or with: jupyter lab {folder}", err=True)
