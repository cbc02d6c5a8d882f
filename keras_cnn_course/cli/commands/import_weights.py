"""`kcnn import-weights`: read a network that learned in a live page."""

from pathlib import Path

import click

from keras_cnn_course.cli.options import UserPath

__all__ = ["command"]


@click.command("import-weights")
@click.argument("path", metavar="FILE", type=UserPath())
@click.option("--out", type=UserPath(), help="Keras file to write.  [default: FILE with .keras]")
def command(path: Path, out: Path | None) -> None:
    """Turn a live page's weights into a model.

    FILE is what the button "Save the weights" of a live page wrote. The model is checked against an answer that the
    page saved with it, and written as a Keras file.

    \b
    Example:  kcnn import-weights learned.json --out learned.keras
    """
    from keras_cnn_course.errors import UsageError
    from keras_cnn_course.files.atomic import atomic_file
    from keras_cnn_course.files.keras_archive import save_keras_file
    from keras_cnn_course.page.learned import import_weights

    written = out or path.with_suffix(".keras")
    if written.suffix != ".keras":
        raise UsageError(f"--out must end in .keras; got {written}.")
    if written.exists():
        raise UsageError(f"{written} exists, and is not overwritten. Choose another file with --out.")
    model = import_weights(path)
    with atomic_file(written) as temporary:
        save_keras_file(model, temporary)
    click.echo(f"{model.count_params():,} weights; layers: {', '.join(layer.name for layer in model.layers)}")
    click.echo(str(written))
    click.echo(f"Open it in Python with: keras.saving.load_model({str(written)!r})", err=True)
