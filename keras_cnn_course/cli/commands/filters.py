"""`kcnn filters`: draw the learned filters, and store them as arrays."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keras_cnn_course.cli.data_options import dataset_option
from keras_cnn_course.cli.options import picture_option, run_argument, trust_option, which_option
from keras_cnn_course.cli.output import save_arrays
from keras_cnn_course.errors import RunError, UsageError

if TYPE_CHECKING:
    from keras_cnn_course.api import Run
    from keras_cnn_course.datasets.dataset import Dataset
    from keras_cnn_course.models.kernels import ConvolutionKernels, PixelWeights
    from keras_cnn_course.runs.directory import RunDirectory

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
    with opened.open_model(which, device="cpu") as model:
        _draw(model, data, path, run=opened)


def _draw(model: Any, data: "Dataset | None", path: Path, *, run: "Run") -> None:
    """Draw every layer, store the arrays, and draw the patches if there is a data set to search."""
    from keras_cnn_course.models.kernels import read_kernels, read_pixel_weights

    layers: list[ConvolutionKernels | PixelWeights] = list(read_kernels(model))
    if data is not None and not layers:
        raise RunError(f"The model of {run.path} has no Conv2D layer, so there are no patches to search for.")
    weights = read_pixel_weights(model)
    if weights is not None:
        layers.append(weights)
    if not layers:
        raise RunError(f"The model of {run.path} has no Conv2D layer, and no dense layer on the pixels.")
    arrays: dict[str, Any] = {}
    for number, layer in enumerate(layers):
        arrays |= _name_arrays(layer)
        target = path if number == 0 else path.with_name(f"{path.stem}_{layer.layer}{path.suffix}")
        _draw_layer(layer, target, run=run.directory, class_names=run.record.class_names)
    save_arrays(arrays, path.with_suffix(".npz"))
    if data is not None:
        _draw_patches(model, data, path, run_name=run.name)


def _draw_layer(
    layer: "ConvolutionKernels | PixelWeights", path: Path, *, run: "RunDirectory", class_names: tuple[str, ...]
) -> None:
    """Draw one layer, and print its shape and the path of the picture."""
    from keras_cnn_course.models.kernels import ConvolutionKernels
    from keras_cnn_course.plots.filters import plot_kernels, plot_pixel_weights
    from keras_cnn_course.plots.saving import save_picture
    from keras_cnn_course.runs.initial_kernels import find_initial_kernel

    if isinstance(layer, ConvolutionKernels):
        height, width, channels, filters = layer.kernel.shape
        initial = find_initial_kernel(run, layer.layer, layer.kernel.shape)
        picture = plot_kernels(layer, run_name=run.name, initial=initial)
        click.echo(f"{layer.layer}: {filters} kernels of {height}x{width}x{channels}")
    else:
        units, height, width, channels = layer.images.shape
        names = class_names if layer.gives_classes else ()
        picture = plot_pixel_weights(layer, run_name=run.name, class_names=names)
        click.echo(f"{layer.layer}: {units} units with weights of {height}x{width}x{channels}")
    save_picture(picture, path)
    click.echo(str(path))


def _draw_patches(model: Any, data: "Dataset", path: Path, *, run_name: str) -> None:
    """Draw the test patches to which each filter responds most, one picture per layer."""
    from keras_cnn_course.models.kernels import read_kernels
    from keras_cnn_course.models.patches import find_strongest_patches
    from keras_cnn_course.plots.patches import plot_patches
    from keras_cnn_course.plots.saving import save_picture

    kernels = {layer.layer: layer for layer in read_kernels(model)}
    click.echo(f"Searching {len(data.x_test):,} test images of {data.name} ...", err=True)
    found = find_strongest_patches(model, data.x_test, data.y_test)
    for number, layer in enumerate(found):
        target = path.with_name(f"{_patches_stem(path)}{f'_{layer.layer}' if number else ''}{path.suffix}")
        save_picture(plot_patches(layer, kernels[layer.layer], data.class_names, run_name=run_name), target)
        click.echo(f"{layer.layer}: strongest patches of {layer.field[0]}x{layer.field[1]} pixels\n{target}")
    for name in kernels.keys() - {layer.layer for layer in found}:
        click.echo(f"{name}: no patches, because its receptive field is not known", err=True)


def _patches_stem(path: Path) -> str:
    """Return `patches` for a picture named filters, otherwise the picture's name with `-patches`."""
    return "patches" if path.stem == "filters" else f"{path.stem}-patches"


def _name_arrays(layer: "ConvolutionKernels | PixelWeights") -> dict[str, Any]:
    """Return the arrays of a layer by their names in the .npz."""
    from keras_cnn_course.models.kernels import ConvolutionKernels

    kernels = layer.kernel if isinstance(layer, ConvolutionKernels) else layer.images
    arrays = {f"{layer.layer}_{'kernel' if isinstance(layer, ConvolutionKernels) else 'images'}": kernels}
    return arrays if layer.bias is None else {**arrays, f"{layer.layer}_bias": layer.bias}
