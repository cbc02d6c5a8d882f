"""`kcnn filters`: draw the learned filters, and store them as arrays."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from keras_cnn_course.cli.data_options import dataset_option
from keras_cnn_course.cli.options import picture_option, run_argument, trust_option, which_option
from keras_cnn_course.cli.output import save_arrays
from keras_cnn_course.errors import UsageError

if TYPE_CHECKING:
    from keras_cnn_course.plots.saving import Pictures

__all__ = ["command"]


@click.command("filters")
@run_argument
@picture_option(default="plots/filters.png in RUN")
@which_option
@trust_option
@click.option(
    "--patches", "with_patches", is_flag=True, help="Also draw the patches to which each filter responds most."
)
@dataset_option("Data set that --patches searches.  [default: that of the run]", default=None)
def command(
    run: Path,
    out: Path | None,
    which: str,
    trust_recipe: bool,
    with_patches: bool,
    dataset: str | None,
) -> None:
    """Draw the learned filters.

    Draws the kernels of each convolution, after and before training: the first layer to filters.png, each further one
    to filters_LAYER.png. For a model without a convolution, such as mlp, it draws the weights of the first dense
    layer as images. The kernels are also stored as an .npz next to the pictures.

    --patches adds patches.png and patches_LAYER.png: for each filter, the nine patches of the test images to which it
    responds most.

    \b
    Example:  kcnn filters runs/cnn-001 --patches
    """
    from keras_cnn_course.api import open_run
    from keras_cnn_course.plots.saving import check_picture_path

    if dataset is not None and not with_patches:
        raise UsageError("--dataset needs --patches, which searches the test images of the data set.")
    opened = open_run(run, trust_recipe=trust_recipe)
    path = out or opened.directory.plot_file("filters.png")
    check_picture_path(path)
    data = opened.load_dataset(dataset) if with_patches else None
    patches = None
    if data is not None:
        click.echo(f"Searching {len(data.x_test):,} test images of {data.name} ...", err=True)
        patches = opened.plot_patches(data, which=which)
    drawn = opened.plot_filters(which=which)
    _save(drawn, path)
    save_arrays(drawn.arrays, path.with_suffix(".npz"))
    if patches is not None:
        _save(patches, path.with_stem(_patches_stem(path)))
        for note in patches.notes:
            click.echo(note, err=True)


def _save(drawn: "Pictures", path: Path) -> None:
    """Save each picture, and print what it shows and where it is."""
    for name, target in drawn.name_files(path).items():
        drawn[name].savefig(target)
        click.echo(f"{drawn.captions[name]}\n{target}")


def _patches_stem(path: Path) -> str:
    """Return `patches` for a picture named filters, otherwise the picture's name with `-patches`."""
    return "patches" if path.stem == "filters" else f"{path.stem}-patches"
