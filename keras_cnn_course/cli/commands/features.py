"""`kcnn features`: draw the output of every layer for one image."""

from pathlib import Path

import click

from keras_cnn_course.cli.data_options import dataset_option
from keras_cnn_course.cli.options import picture_option, run_argument, trust_option, which_option
from keras_cnn_course.cli.output import echo_notes, save_arrays

__all__ = ["command"]


@click.command("features")
@run_argument
@click.option(
    "--image",
    metavar="FILE|INDEX",
    default="0",
    show_default=True,
    help="Image file, or the index of a test image.",
)
@picture_option(default="plots/features.png in RUN")
@which_option
@trust_option
@dataset_option("Data set with the test images.  [default: that of the run]", default=None)
def command(run: Path, image: str, out: Path | None, which: str, trust_recipe: bool, dataset: str | None) -> None:
    """Draw the feature maps of one image.

    features.png has one row per layer with all its channels, before and after the activation. Each ReLU and each
    pooling layer gets its own picture, features_LAYER.png: which values ReLU sets to 0, and which pixel is the largest
    in its window. All values are also stored as an .npz next to the pictures.

    \b
    Example:  kcnn features runs/cnn-001 --image 7
              kcnn features runs/cnn-001 --image seven.png --out inside.png
    """
    from keras_cnn_course.api import open_run
    from keras_cnn_course.plots.saving import check_picture_path

    opened = open_run(run, trust_recipe=trust_recipe)
    path = out or opened.directory.plot_file("features.png")
    check_picture_path(path)
    drawn = opened.features(image, data=dataset, which=which)
    echo_notes(drawn.notes)
    for target, picture in zip(drawn.savefig(path), drawn.values(), strict=True):
        click.echo(f"{target}: {picture.alt}")
    save_arrays(drawn.arrays, path.with_suffix(".npz"))
