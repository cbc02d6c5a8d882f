"""`kcnn filters`: what a model learned, as pictures and as arrays."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keras_cnn_course.cli.arguments import run_argument, which_option
from keras_cnn_course.errors import RunError

if TYPE_CHECKING:
    from keras_cnn_course.inspection.filters import ConvolutionKernels, PixelWeights

__all__ = ["command"]


@click.command("filters")
@run_argument
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Picture to write: .png, .svg or .pdf.  [default: plots/filters.png in the run]",
)
@which_option
def command(run: Path, out: Path | None, which: str) -> None:
    """Draw the kernels of every convolution of RUN, and store them as an .npz beside the picture.

    The first layer goes to filters.png, each deeper one to filters_LAYER.png. A model without a convolution, such as
    the mlp, has the weights of its first dense layer drawn as images.

    \b
    Example:  kcnn filters runs/cnn-001 --out filters.svg
    """
    from keras_cnn_course.plots.saving import check_picture_path
    from keras_cnn_course.runs import RunDirectory

    directory = RunDirectory.open(run)
    path = out or directory.plot_file("filters.png")
    check_picture_path(path)
    record = directory.read_record()

    from keras_cnn_course import backend

    backend.start(device="cpu")
    from keras_cnn_course.inspection.filters import read_kernels, read_pixel_weights

    model = directory.load_model(which)
    layers: list[ConvolutionKernels | PixelWeights] = list(read_kernels(model))
    weights = read_pixel_weights(model)
    if weights is not None:
        layers.append(weights)
    if not layers:
        raise RunError(f"Expected a Conv2D layer, or a dense layer on the pixels, in {run}. Received a model without.")
    arrays: dict[str, Any] = {}
    for number, layer in enumerate(layers):
        arrays |= _name_arrays(layer)
        target = path if number == 0 else path.with_name(f"{path.stem}_{layer.layer}{path.suffix}")
        _draw_layer(layer, target, run_name=directory.name, class_names=record.class_names)
    _save_arrays(arrays, path.with_suffix(".npz"))


def _draw_layer(
    layer: "ConvolutionKernels | PixelWeights", path: Path, *, run_name: str, class_names: tuple[str, ...]
) -> None:
    """Draw one layer, and print what it holds and where it went."""
    from keras_cnn_course.inspection.filters import ConvolutionKernels
    from keras_cnn_course.plots.filters import plot_kernels, plot_pixel_weights
    from keras_cnn_course.plots.saving import save_picture

    if isinstance(layer, ConvolutionKernels):
        height, width, channels, filters = layer.kernel.shape
        picture = plot_kernels(layer, run_name=run_name)
        click.echo(f"{layer.layer}: {filters} kernels of {height}x{width}x{channels}")
    else:
        units, height, width, channels = layer.images.shape
        names = class_names if layer.gives_classes else ()
        picture = plot_pixel_weights(layer, run_name=run_name, class_names=names)
        click.echo(f"{layer.layer}: {units} units with weights of {height}x{width}x{channels}")
    save_picture(picture, path)
    click.echo(str(path))


def _name_arrays(layer: "ConvolutionKernels | PixelWeights") -> dict[str, Any]:
    """Return a layer's arrays under the names that they have in the .npz."""
    from keras_cnn_course.inspection.filters import ConvolutionKernels

    kernels = layer.kernel if isinstance(layer, ConvolutionKernels) else layer.images
    arrays = {f"{layer.layer}_{'kernel' if isinstance(layer, ConvolutionKernels) else 'images'}": kernels}
    return arrays if layer.bias is None else {**arrays, f"{layer.layer}_bias": layer.bias}


def _save_arrays(arrays: Mapping[str, Any], path: Path) -> None:
    import numpy as np

    from keras_cnn_course.atomic import atomic_file

    try:
        with atomic_file(path) as temporary:
            np.savez(temporary, allow_pickle=False, **arrays)
    except OSError as error:
        raise RunError(f"Expected to write {path}. Received: {error.strerror}. Choose another --out.") from error
    click.echo(f"{path} ({', '.join(arrays)})")
