"""`kcnn predict`: classify images with the model of a run."""

import csv
import io
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keras_cnn_course.cli.options import (
    UserPath,
    device_option,
    json_option,
    out_option,
    run_argument,
    trust_option,
    which_option,
)
from keras_cnn_course.cli.output import echo_json, echo_notes
from keras_cnn_course.errors import ImageError, RunError, UsageError, reporting_os_errors
from keras_cnn_course.files.printable import printable
from keras_cnn_course.inspection.pictures import describe_preparations, list_files, read_pictures

if TYPE_CHECKING:
    import numpy as np

    from keras_cnn_course.api import Run
    from keras_cnn_course.datasets.fitting import FittedImage
    from keras_cnn_course.results.prediction import Guess
    from keras_cnn_course.runs.record import RunRecord

    Guesses = tuple[Guess, ...]

__all__ = ["command"]

_SHOWN = 50


@click.command("predict")
@run_argument
@click.argument("images", metavar="IMAGE...", nargs=-1, required=True)
@out_option("Also write all answers to a .csv or .json file.")
@click.option(
    "--save-input",
    type=UserPath(),
    help="Save the prepared images: a .png for one image, a folder for several.",
)
@which_option
@trust_option
@device_option
@json_option
def command(
    run: Path,
    images: tuple[str, ...],
    out: Path | None,
    save_input: Path | None,
    which: str,
    trust_recipe: bool,
    device: str,
    as_json: bool,
) -> None:
    """Classify images of your own.

    Prints the three most likely classes of each IMAGE with their probabilities. An IMAGE is a file of any size, a
    folder of such files, or the index of a test image.

    Each picture is made to look like the training images. If those show centered writing, as in MNIST, the picture is
    cropped, centered, and inverted if only one of them is light on dark. Otherwise it is only resized.

    \b
    Example:  kcnn predict runs/cnn-001 seven.png --save-input seen.png
              kcnn predict runs/cnn-001 scans --out answers.csv
    """
    from keras_cnn_course.api import open_run

    if out is not None and out.suffix.lower() not in (".csv", ".json"):
        raise UsageError(f"--out must name a .csv or .json file; got {str(out)!r}.")
    opened = open_run(run, trust_recipe=trust_recipe)
    words = list_files(images)
    targets = _choose_targets(words, save_input)
    pictures = read_pictures(words, opened.record, lambda: opened.dataset)
    _report_failures(pictures)
    inputs = {word: picture.pixels for word, picture in pictures.items() if not isinstance(picture, ImageError)}
    echo_notes(describe_preparations(opened.record, opened.path, pictures))
    guesses = _predict(opened, inputs, which=which, device=device) if inputs else {}
    for word in inputs:
        if word in targets:
            _save_image(inputs[word], targets[word])
    rows = [_to_row(word, guesses.get(word), picture, opened) for word, picture in pictures.items()]
    if as_json:
        echo_json(rows)
    else:
        _print_guesses(guesses, opened.record)
    if out is not None:
        _write_rows(rows, out, number=_name_number(opened.record))
        click.echo(str(out), err=True)
    if len(inputs) < len(pictures):
        failed = len(pictures) - len(inputs)
        raise ImageError(f"{failed} of {len(pictures)} images could not be used; the messages above say why.")


def _report_failures(pictures: "Mapping[str, FittedImage | ImageError]") -> None:
    """Report each image that cannot be used on stderr; the only image's error is raised."""
    for picture in pictures.values():
        if isinstance(picture, ImageError):
            if len(pictures) == 1:
                raise picture
            click.echo(printable(f"Error: {picture}"), err=True)


def _choose_targets(images: Sequence[str], save_input: Path | None) -> dict[str, Path]:
    """Return the path to which the prepared image of each file is saved; empty if none is to be saved.

    Raises:
        UsageError: `--save-input` names one file for several images, or a file that is not a .png.
    """
    if save_input is None:
        return {}
    if not save_input.is_dir() and save_input.suffix:
        if save_input.suffix.lower() != ".png":
            raise UsageError(f"--save-input must name a .png file or a folder; got {str(save_input)!r}.")
        if len(images) > 1:
            raise UsageError(
                f"--save-input must name a folder when there are several images; got the file {save_input}."
            )
        return {images[0]: save_input}
    targets: dict[str, Path] = {}
    taken: set[Path] = set()
    for word in images:
        stem = Path(word).stem
        target, number = save_input / f"{stem}.png", 1
        while target in taken:
            number += 1
            target = save_input / f"{stem}-{number}.png"
        taken.add(target)
        targets[word] = target
    return targets


def _predict(run: "Run", inputs: "dict[str, np.ndarray]", *, which: str, device: str) -> "dict[str, Guesses]":
    """Return the three most likely classes of each prepared image."""
    import numpy as np

    from keras_cnn_course.inspection.answers import PreparedImages

    prepared = PreparedImages(tuple(inputs), np.stack(list(inputs.values())))
    with run.open_model(which, device=device) as model:
        answers = prepared.classify(model, run.record)
    echo_notes(answers.notes)
    return answers.guesses


def _print_guesses(guesses: "dict[str, Guesses]", record: "RunRecord") -> None:
    """Print one line per image; on a terminal the first ones only."""
    from keras_cnn_course.results.prediction import format_guesses

    shown = dict(list(guesses.items())[:_SHOWN]) if sys.stdout.isatty() else guesses
    width = max((len(printable(word)) for word in shown), default=0)
    for word, likeliest in shown.items():
        answers = format_guesses(likeliest, record.class_names, outputs=record.outputs)
        click.echo(f"{printable(word):<{width}}   {answers}")
    if len(shown) < len(guesses):
        click.echo(f"... and {len(guesses) - len(shown):,} more; --out answers.csv writes all of them", err=True)


def _save_image(image: "np.ndarray", path: Path) -> None:
    """Write a prepared image as PNG."""
    import numpy as np
    from PIL import Image

    from keras_cnn_course.files.atomic import atomic_file

    pixels = np.clip(np.round(image), 0, 255).astype(np.uint8)
    with (
        reporting_os_errors(RunError, "write", path, hint="Choose another --save-input."),
        atomic_file(path) as temporary,
    ):
        Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(temporary, format="PNG")


def _to_row(word: str, guesses: "Guesses | None", picture: "FittedImage | ImageError", run: "Run") -> dict[str, Any]:
    """Return the answer to one image as plain values."""
    if guesses is None or isinstance(picture, ImageError):
        return {"image": word, "error": str(picture)}
    names, number = run.record.class_names, _name_number(run.record)
    likeliest = [{"class": names[guess.label], "label": guess.label, number: guess.probability} for guess in guesses]
    row = {"image": word, "predicted": likeliest[0]["class"], "guesses": likeliest, "prepared": picture.how}
    return {**row, "warning": picture.warning} if picture.warning else row


def _name_number(record: "RunRecord") -> str:
    """Return what the number of a class is."""
    return "score" if record.outputs == "scores" else "probability"


def _write_rows(rows: Sequence[Mapping[str, Any]], path: Path, *, number: str) -> None:
    """Write all answers as CSV, with one row per image, or as JSON.

    Args:
        number: what the number of a class is: `probability` or `score`.
    """
    from keras_cnn_course.files.atomic import atomic_file

    if path.suffix.lower() == ".json":
        text = json.dumps(rows, indent=2) + "\n"
    else:
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(
            [
                "image",
                "predicted",
                number,
                "second",
                f"{number}_2",
                "third",
                f"{number}_3",
                "error",
                "warning",
            ]
        )
        for row in rows:
            cells = [cell for guess in row.get("guesses", ()) for cell in (guess["class"], f"{guess[number]:.6f}")]
            writer.writerow(
                [row["image"], *cells, *[""] * (6 - len(cells)), row.get("error", ""), row.get("warning", "")]
            )
        text = stream.getvalue()
    with reporting_os_errors(RunError, "write", path, hint="Choose another --out."), atomic_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")
