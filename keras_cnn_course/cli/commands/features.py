"""`kcnn features`: what every layer of a run's model makes of one image."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keras_cnn_course.cli.options import dataset_option, run_argument, which_option
from keras_cnn_course.cli.output import save_arrays
from keras_cnn_course.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np

    from keras_cnn_course.models.outputs import LayerOutput
    from keras_cnn_course.plots.saving import Picture
    from keras_cnn_course.runs.directory import RunRecord

__all__ = ["command"]


@click.command("features")
@run_argument
@click.option(
    "--image",
    metavar="FILE|INDEX",
    default="0",
    show_default=True,
    help="A picture as `kcnn predict` takes it, or the index of a test image.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Picture to write: .png, .svg or .pdf.  [default: plots/features.png in the run]",
)
@which_option
@dataset_option("Data set whose test images INDEX counts.  [default: the run's own]", default=None)
def command(run: Path, image: str, out: Path | None, which: str, dataset: str | None) -> None:
    """Draw what every layer of RUN makes of one image, and store all of it as an .npz beside the pictures.

    features.png shows each layer in a row, all channels, before and after its activation. Each ReLU and each pooling
    has a picture of its own, features_LAYER.png: what ReLU sets to 0, and which pixels win their pooling window.

    \b
    Example:  kcnn features runs/cnn-001 --image 7
              kcnn features runs/cnn-001 --image seven.png --out seven-inside.png
    """
    from keras_cnn_course.plots.saving import check_picture_path, save_picture
    from keras_cnn_course.runs.directory import RunDirectory

    directory = RunDirectory.open(run)
    path = out or directory.plot_file("features.png")
    check_picture_path(path)
    record = directory.read_record()
    pixels, image_name = _read_image(image, record, dataset)

    from keras_cnn_course.devices import backend

    started = backend.start(device="cpu")
    import tensorflow as tf

    from keras_cnn_course.models.outputs import read_layer_outputs

    with tf.device(started.tf_device):
        model = directory.load_model(which)
        outputs = _name_outputs(read_layer_outputs(model, pixels[None]))
    name = f"{directory.name} on {image_name}"
    for suffix, picture in _draw(model, pixels, outputs, record.class_names, name=name):
        target = path.with_name(f"{path.stem}{suffix}{path.suffix}")
        save_picture(picture, target)
        click.echo(f"{target}: {picture.alt}")
    arrays = {"image": pixels, **{key: output.values[0] for key, output in outputs.items()}}
    save_arrays(arrays, path.with_suffix(".npz"))


def _read_image(image: str, record: "RunRecord", dataset: str | None) -> "tuple[np.ndarray, str]":
    """Return an image as the model takes it, from 0 to 255, and what to call it."""
    if image.isdecimal() and len(image) < 10 and not Path(image).exists():
        from keras_cnn_course.results.run_data import load_run_data

        data = load_run_data(record, dataset)
        if int(image) >= len(data.x_test):
            raise UsageError(
                f"Expected --image to name a file or a test image from 0 to {len(data.x_test) - 1}. Received: {image}."
            )
        label = data.class_names[data.y_test[int(image)]]
        return data.x_test[int(image)], f"test image {image} (class {label})"
    if dataset is not None:
        raise UsageError("Expected --dataset with the index of a test image. Received it with a file.")
    from keras_cnn_course.datasets.preparation import prepare_image

    height, width, channels = record.input_shape
    digits = None if record.tells_digits else False
    return prepare_image(Path(image), (height, width, channels), as_digit=digits), Path(image).name


def _draw(
    model: Any, pixels: "np.ndarray", outputs: "dict[str, LayerOutput]", class_names: tuple[str, ...], *, name: str
) -> "Iterator[tuple[str, Picture]]":
    """Give the pictures, each with what its file's name ends in."""
    from keras_cnn_course.models.pooled_map import find_pooled_map
    from keras_cnn_course.plots.forward_sheet import plot_forward_sheet
    from keras_cnn_course.plots.pooling import plot_pooling
    from keras_cnn_course.plots.relu import plot_relu

    yield "", plot_forward_sheet(pixels, list(outputs.values()), class_names, name=name)
    for key, output in outputs.items():
        if output.is_rectified:
            yield f"_{key}", plot_relu(output, name=name)
        elif output.kind in ("MaxPooling2D", "AveragePooling2D"):
            pooled = find_pooled_map(model.get_layer(output.name), output)
            if pooled is None:
                click.echo(f"{output.name}: not drawn, its windows are not square", err=True)
            else:
                yield f"_{key}", plot_pooling(pooled, name=name)


def _name_outputs(outputs: "Sequence[LayerOutput]") -> "dict[str, LayerOutput]":
    """Return the outputs by names for files; a layer that is used again has its number behind its name."""
    named: dict[str, LayerOutput] = {}
    for output in outputs:
        name = output.name.replace(" ", "_").replace("/", "_")
        uses = sum(other.name == output.name for other in named.values())
        named[f"{name}_{uses + 1}" if uses else name] = output
    return named
