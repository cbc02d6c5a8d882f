"""`kcnn features`: draw the output of every layer for one image."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from keras_cnn_course.cli.data_options import dataset_option
from keras_cnn_course.cli.options import picture_option, run_argument, trust_option, which_option
from keras_cnn_course.cli.output import echo_notes, save_arrays
from keras_cnn_course.cli.pictures import describe_preparations, is_index, read_pictures
from keras_cnn_course.errors import ImageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np

    from keras_cnn_course.api import Run
    from keras_cnn_course.models.outputs import LayerOutput
    from keras_cnn_course.plots.saving import Picture

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
    from keras_cnn_course.plots.saving import check_picture_path, save_picture

    opened = open_run(run, trust_recipe=trust_recipe)
    path = out or opened.directory.plot_file("features.png")
    check_picture_path(path)
    pixels, image_name = _read_image(image, opened, dataset)
    with opened.open_model(which, device="cpu") as model:
        from keras_cnn_course.models.outputs import read_layer_outputs

        outputs = _name_outputs(read_layer_outputs(model, pixels[None]))
    name = f"{opened.name} on {image_name}"
    for suffix, picture in _draw(pixels, outputs, opened.record.class_names, name=name):
        target = path.with_name(f"{path.stem}{suffix}{path.suffix}")
        save_picture(picture, target)
        click.echo(f"{target}: {picture.alt}")
    arrays = {"image": pixels, **{key: output.values[0] for key, output in outputs.items()}}
    save_arrays(arrays, path.with_suffix(".npz"))


def _read_image(image: str, run: "Run", dataset: str | None) -> "tuple[np.ndarray, str]":
    """Return an image on the scale 0 to 255 in the shape that the model takes, and a name for it."""
    if is_index(image):
        data = run.load_dataset(dataset)
        echo_notes(data.notes)
        if int(image) >= len(data.x_test):
            raise UsageError(
                f"--image must be a file or the index of a test image, at most {len(data.x_test) - 1}; got {image}."
            )
        label = data.class_names[data.y_test[int(image)]]
        return data.x_test[int(image)], f"test image {image} (class {label})"
    if dataset is not None:
        raise UsageError("--dataset needs the index of a test image as --image, not a file.")
    pictures = read_pictures([image], run)
    echo_notes(describe_preparations(run, pictures))
    picture = pictures[image]
    if isinstance(picture, ImageError):
        raise picture
    return picture.pixels, Path(image).name


def _draw(
    pixels: "np.ndarray", outputs: "dict[str, LayerOutput]", class_names: tuple[str, ...], *, name: str
) -> "Iterator[tuple[str, Picture]]":
    """Give each picture with the suffix of its file's name."""
    from keras_cnn_course.models.outputs import find_pooled_map
    from keras_cnn_course.plots.layers import plot_layer_outputs, plot_layer_pooling, plot_layer_relu

    yield "", plot_layer_outputs(pixels, list(outputs.values()), class_names, name=name)
    for key, output in outputs.items():
        if output.is_rectified:
            yield f"_{key}", plot_layer_relu(output, name=name)
        elif output.is_pooled:
            pooled = find_pooled_map(output)
            if pooled is None:
                click.echo(f"{output.name}: not drawn, because its windows are not square", err=True)
            else:
                yield f"_{key}", plot_layer_pooling(pooled, name=name)


def _name_outputs(outputs: "Sequence[LayerOutput]") -> "dict[str, LayerOutput]":
    """Return the outputs by names for files; when a layer is used again, a number follows its name."""
    named: dict[str, LayerOutput] = {}
    for output in outputs:
        name = output.name.replace(" ", "_").replace("/", "_")
        uses = sum(other.name == output.name for other in named.values())
        named[f"{name}_{uses + 1}" if uses else name] = output
    return named
