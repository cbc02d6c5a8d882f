"""`kcnn export`: a run's model in another format."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keras_cnn_course.cli.options import device_option, run_argument, which_option
from keras_cnn_course.export.formats import FORMATS

if TYPE_CHECKING:
    from keras_cnn_course.export.verified import Export

__all__ = ["command"]


@click.command("export")
@run_argument
@click.option(
    "--format",
    "format_name",
    type=click.Choice(list(FORMATS)),
    default="savedmodel",
    show_default=True,
    help="What to write.",
)
@click.option("--out", type=click.Path(path_type=Path), help="File or folder to write.  [default: in RUN/export/]")
@which_option
@device_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(run: Path, format_name: str, out: Path | None, which: str, device: str, as_json: bool) -> None:
    """Write the model of RUN for use outside of Keras.

    The export is read back and compared with the model on 100 test images; it appears only if no probability
    differs by more than 0.0001. Its input is `image`, float32 (batch, height, width, channels) from 0 to 1.

    \b
    Without --out it goes to
      RUN/export/savedmodel/1   (TensorFlow Serving: model_base_path is RUN/export/savedmodel)
      RUN/export/model.onnx, model.tflite, model.keras

    \b
    Example:  kcnn export runs/cnn-001 --format onnx
    """
    from keras_cnn_course.devices import backend
    from keras_cnn_course.export.formats import choose_target, find_format
    from keras_cnn_course.runs.directory import RunDirectory

    folder = RunDirectory.open(run)
    chosen = find_format(format_name)
    target = choose_target(chosen, run=run, out=out)
    started = backend.start(device=device)
    import tensorflow as tf

    from keras_cnn_course.export.verified import export_model, load_verification_images

    images = load_verification_images(folder)
    with tf.device(started.tf_device):
        exported = export_model(folder.load_model(which), chosen=chosen, path=target, images=images)
    _print_export(exported, as_json=as_json)


def _print_export(exported: "Export", *, as_json: bool) -> None:
    """Print what was written and how well it agrees."""
    from keras_cnn_course.export.verified import TOLERANCE

    if as_json:
        click.echo(json.dumps({**asdict(exported), "path": str(exported.path)}, indent=2))
        return
    click.echo(f"wrote      {exported.path} ({exported.format}, {exported.bytes / 1e6:.2f} MB)")
    click.echo(f"signature  {exported.inputs} -> {exported.outputs}")
    click.echo(
        f"verified   {exported.images} test images, largest difference {exported.largest_difference:.1e} "
        f"(at most {TOLERANCE:.0e})"
    )
