"""`kcnn predict`: classify image files with the model of a run."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keras_cnn_course.cli.options import device_option, json_option, run_argument, which_option
from keras_cnn_course.cli.output import echo_json
from keras_cnn_course.errors import ImageError, RunError, UsageError, reporting_os_errors

if TYPE_CHECKING:
    import numpy as np

    from keras_cnn_course.api import Run
    from keras_cnn_course.results.prediction import Guess
    from keras_cnn_course.runs.directory import RunRecord

__all__ = ["command"]


@click.command("predict")
@run_argument
@click.argument("images", metavar="IMAGE...", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "--save-input",
    type=click.Path(path_type=Path),
    help="Save the prepared images: a .png for one image, a folder for several.",
)
@which_option
@device_option
@json_option
def command(
    run: Path, images: tuple[Path, ...], save_input: Path | None, which: str, device: str, as_json: bool
) -> None:
    """Classify images of your own.

    Prints the three most likely classes of each IMAGE with their probabilities. The images are PNG, JPEG or BMP files
    of any size. A digit may be dark on light or light on dark; it is cropped and centered like MNIST's.

    \b
    Example:  kcnn predict runs/cnn-001 seven.png --save-input seen.png
    """
    from keras_cnn_course.api import open_run

    opened = open_run(run)
    record = opened.record
    targets = _choose_targets(images, save_input)
    prepared = _prepare(images, record)
    inputs = {path: image for path, image in prepared.items() if not isinstance(image, ImageError)}
    guesses = _predict(opened, inputs, which=which, device=device) if inputs else {}
    for path in inputs:
        if path in targets:
            _save_image(inputs[path], targets[path])
    if as_json:
        rows = [_to_json(path, guesses.get(path), prepared[path], record.class_names) for path in images]
        echo_json(rows)
    else:
        _print_guesses(guesses, record.class_names)
    failed = [path for path in prepared if path not in inputs]
    if failed:
        raise ImageError(f"{len(failed)} of {len(prepared)} images could not be used; the messages above say why.")


def _choose_targets(images: Sequence[Path], save_input: Path | None) -> dict[Path, Path]:
    """Return the path to which the prepared image of each file is saved; empty if none is to be saved.

    Raises:
        UsageError: `--save-input` names one file for several images, or a file that is not a .png.
    """
    if save_input is None:
        return {}
    if not save_input.is_dir() and save_input.suffix:
        if save_input.suffix.lower() != ".png":
            raise UsageError(f"--save-input must name a .png file or a folder; got {str(save_input)!r}.")
        if len(set(images)) > 1:
            raise UsageError(
                f"--save-input must name a folder when there are several images; got the file {save_input}."
            )
        return {images[0]: save_input}
    targets: dict[Path, Path] = {}
    taken: set[Path] = set()
    for path in dict.fromkeys(images):
        target, number = save_input / f"{path.stem}.png", 1
        while target in taken:
            number += 1
            target = save_input / f"{path.stem}-{number}.png"
        taken.add(target)
        targets[path] = target
    return targets


def _prepare(images: Sequence[Path], record: "RunRecord") -> "dict[Path, np.ndarray | ImageError]":
    """Return each image as the model receives it.

    Of several images, one that cannot be used is reported on stderr, and its error takes the place of the image.
    """
    from keras_cnn_course.datasets.preparation import prepare_image

    height, width, channels = record.input_shape
    # A model of 28x28 gray images of clothes needs them whole, not cut out like digits.
    digits = None if record.tells_digits else False
    prepared: dict[Path, np.ndarray | ImageError] = {}
    for path in dict.fromkeys(images):
        try:
            prepared[path] = prepare_image(path, (height, width, channels), as_digit=digits)
        except ImageError as error:
            if len(set(images)) == 1:
                raise
            prepared[path] = error
            click.echo(f"Error: {error}", err=True)
    return prepared


def _predict(
    run: "Run", inputs: "dict[Path, np.ndarray]", *, which: str, device: str
) -> "dict[Path, tuple[Guess, ...]]":
    """Return the three most likely classes of each prepared image."""
    with run.open_model(which, device=device) as model:
        import numpy as np

        from keras_cnn_course.results.prediction import predict_probabilities, top_guesses

        probabilities = predict_probabilities(model, np.stack(list(inputs.values())))
    return {path: top_guesses(row) for path, row in zip(inputs, probabilities, strict=True)}


def _print_guesses(guesses: "dict[Path, tuple[Guess, ...]]", class_names: tuple[str, ...]) -> None:
    width = max((len(str(path)) for path in guesses), default=0)
    for path, likeliest in guesses.items():
        answers = "   ".join(f"{class_names[guess.label]} {guess.probability:.2%}" for guess in likeliest)
        click.echo(f"{path!s:<{width}}   {answers}")


def _save_image(image: "np.ndarray", path: Path) -> None:
    """Write a prepared image as PNG."""
    from PIL import Image

    from keras_cnn_course.files.atomic import atomic_file

    with (
        reporting_os_errors(RunError, "write", path, hint="Choose another --save-input."),
        atomic_file(path) as temporary,
    ):
        Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).save(temporary, format="PNG")


def _to_json(
    path: Path, guesses: "tuple[Guess, ...] | None", image: "np.ndarray | ImageError", class_names: tuple[str, ...]
) -> dict[str, Any]:
    if guesses is None:
        return {"image": str(path), "error": str(image)}
    likeliest = [
        {"class": class_names[guess.label], "label": guess.label, "probability": guess.probability} for guess in guesses
    ]
    return {"image": str(path), "predicted": likeliest[0]["class"], "guesses": likeliest}
