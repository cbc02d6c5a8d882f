"""`kcnn filters`: what a model learned, as pictures and as arrays."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keras_cnn_course.cli.options import dataset_option, run_argument, which_option
from keras_cnn_course.cli.output import save_arrays
from keras_cnn_course.errors import RunError, UsageError

if TYPE_CHECKING:
    from keras_cnn_course.datasets.dataset import Dataset
    from keras_cnn_course.models.kernels import ConvolutionKernels, PixelWeights
    from keras_cnn_course.runs.directory import RunDirectory

__all__ = ["command"]


@click.command("filters")
@run_argument
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Picture to write: .png, .svg or .pdf.  [default: plots/filters.png in the run]",
)
@which_option
@click.option("--patches", "with_patches", is_flag=True, help="Also draw the test patches that drive each filter most.")
@dataset_option("Data set whose test images --patches searches.  [default: the run's own]", default=None)
def command(run: Path, out: Path | None, which: str, with_patches: bool, dataset: str | None) -> None:
    """Draw the kernels of every convolution of RUN, and store them as an .npz beside the picture.

    The first layer goes to filters.png, each deeper one to filters_LAYER.png; where the run kept them, the kernels
    from before training stand beside the trained ones. A model without a convolution, such as the mlp, has the weights
    of its first dense layer drawn as images.

    With --patches the nine test patches that each filter answers to most are drawn too, cut out to what the filter
    sees of an image: to patches.png and patches_LAYER.png.

    \b
    Example:  kcnn filters runs/cnn-001 --patches
    """
    from keras_cnn_course.plots.saving import check_picture_path
    from keras_cnn_course.runs.directory import RunDirectory

    if dataset is not None and not with_patches:
        raise UsageError("Expected --dataset with --patches, which searches its test images. Received it alone.")
    directory = RunDirectory.open(run)
    path = out or directory.plot_file("filters.png")
    check_picture_path(path)
    record = directory.read_record()
    data = _load_data(directory, dataset) if with_patches else None

    from keras_cnn_course.devices import backend

    backend.start(device="cpu")
    from keras_cnn_course.models.kernels import read_kernels, read_pixel_weights

    model = directory.load_model(which)
    layers: list[ConvolutionKernels | PixelWeights] = list(read_kernels(model))
    if data is not None and not layers:
        raise RunError(f"Expected a Conv2D layer in {run}, whose patches could be searched. Received a model without.")
    weights = read_pixel_weights(model)
    if weights is not None:
        layers.append(weights)
    if not layers:
        raise RunError(f"Expected a Conv2D layer, or a dense layer on the pixels, in {run}. Received a model without.")
    arrays: dict[str, Any] = {}
    for number, layer in enumerate(layers):
        arrays |= _name_arrays(layer)
        target = path if number == 0 else path.with_name(f"{path.stem}_{layer.layer}{path.suffix}")
        _draw_layer(layer, target, run=directory, class_names=record.class_names)
    save_arrays(arrays, path.with_suffix(".npz"))
    if data is not None:
        _draw_patches(model, data, path, run_name=directory.name)


def _load_data(run: "RunDirectory", dataset: str | None) -> "Dataset":
    from keras_cnn_course.results.run_data import load_run_data

    return load_run_data(run.read_record(), dataset)


def _draw_layer(
    layer: "ConvolutionKernels | PixelWeights", path: Path, *, run: "RunDirectory", class_names: tuple[str, ...]
) -> None:
    """Draw one layer, and print what it holds and where it went."""
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
    """Search the test images for what drives each filter most, and draw it beside the kernels, a picture a layer."""
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
        click.echo(f"{name}: no patches, what it sees of the image is not known behind a branch", err=True)


def _patches_stem(path: Path) -> str:
    """Return the name of the patches' picture: patches beside filters, otherwise the given name with -patches."""
    return "patches" if path.stem == "filters" else f"{path.stem}-patches"


def _name_arrays(layer: "ConvolutionKernels | PixelWeights") -> dict[str, Any]:
    """Return a layer's arrays under the names that they have in the .npz."""
    from keras_cnn_course.models.kernels import ConvolutionKernels

    kernels = layer.kernel if isinstance(layer, ConvolutionKernels) else layer.images
    arrays = {f"{layer.layer}_{'kernel' if isinstance(layer, ConvolutionKernels) else 'images'}": kernels}
    return arrays if layer.bias is None else {**arrays, f"{layer.layer}_bias": layer.bias}
