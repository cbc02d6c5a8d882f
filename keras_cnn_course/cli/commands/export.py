"""`kcnn export`: export a model to another format."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from keras_cnn_course.cli.options import (
    device_option,
    json_option,
    out_option,
    run_argument,
    trust_option,
    which_option,
)
from keras_cnn_course.cli.output import echo_json
from keras_cnn_course.export.formats import FORMATS

if TYPE_CHECKING:
    from keras_cnn_course.export.verified import Export

__all__ = ["command"]


class FormatName(click.ParamType):
    """A format by any of its names; completes to the ones in the help."""

    name = "format"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the formats that begin with the text so far."""
        return [CompletionItem(name) for name in FORMATS if name.startswith(incomplete)]


@click.command("export")
@run_argument
@click.option(
    "--format",
    "format_name",
    type=FormatName(),
    metavar=f"[{'|'.join(FORMATS)}]",
    default="savedmodel",
    show_default=True,
    help="Format of the export.",
)
@out_option("File or folder to write.", default="in RUN/export")
@which_option
@trust_option
@device_option
@json_option
def command(
    run: Path,
    format_name: str,
    out: Path | None,
    which: str,
    trust_recipe: bool,
    device: str,
    as_json: bool,
) -> None:
    """Export a model to another format.

    The export is loaded again and compared with the model on 100 test images. It is kept only if no probability
    differs by more than 0.0001. Its input is `image`: float32 from 0 to 1, (batch, height, width, channels).
    Its output is probabilities. labels.txt and a README next to it name the classes and show how to use it.

    \b
    Without --out it goes to
      RUN/export/savedmodel/1  (TensorFlow Serving reads RUN/export/savedmodel)
      RUN/export/model.onnx, model.tflite or model.keras

    \b
    Example:  kcnn export runs/cnn-001 --format onnx
    """
    from keras_cnn_course.api import open_run
    from keras_cnn_course.export.formats import find_format

    find_format(format_name)  # a wrong name is found before the run is read
    exported = open_run(run, trust_recipe=trust_recipe).export(format_name, out=out, which=which, device=device)
    _print_export(exported, as_json=as_json)


def _print_export(exported: "Export", *, as_json: bool) -> None:
    """Print the path of the export, and how well it agrees with the model."""
    from keras_cnn_course.export.verified import TOLERANCE

    if as_json:
        paths = {"path": str(exported.path), "beside": list(map(str, exported.beside))}
        echo_json({**asdict(exported), **paths})
        return
    click.echo(f"wrote      {exported.path} ({exported.format}, {exported.bytes / 1e6:.2f} MB)")
    click.echo(f"with       {', '.join(str(path) for path in exported.beside)}")
    click.echo(f"signature  {exported.inputs} -> {exported.outputs}")
    click.echo(
        f"verified   {exported.images} {exported.verified_on}, largest difference {exported.largest_difference:.1e} "
        f"(at most {TOLERANCE:.0e})"
    )
