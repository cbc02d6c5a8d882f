"""`kcnn export`: export a model to another format."""

from dataclasses import asdict, replace
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
@click.option(
    "--quantize",
    type=click.Choice(["int8"]),
    help="Compute with whole numbers from -128 to 127, for litert and onnx.  [default: float32]",
)
@out_option("File or folder to write.", default="in RUN/export")
@which_option
@trust_option
@device_option
@json_option
def command(
    run: Path,
    format_name: str,
    quantize: str | None,
    out: Path | None,
    which: str,
    trust_recipe: bool,
    device: str,
    as_json: bool,
) -> None:
    """Export a model to another format.

    The export is loaded again and compared with the model on 100 test images. It is kept only if no probability
    differs by more than 0.0001. Its input is `image`: float32 from 0 to 1, (batch, height, width, channels).
    Its output is probabilities. The files next to it name the classes, say how to prepare an image (README and JSON),
    and hold an example input with its output.

    With --quantize int8, the ranges of all values are measured on 256 training images, and the accuracy on all test
    images before and after. A quantized LiteRT model takes and returns int8, one image at a time, as microcontrollers
    need it. A quantized ONNX model still takes and returns float32. The export is kept only if the accuracy falls by at
    most 5 percentage points, or at most two more images are wrong.

    \b
    Without --out it goes to
      RUN/export/savedmodel/1  (TensorFlow Serving reads RUN/export/savedmodel)
      RUN/export/model.onnx, model.tflite or model.keras
      RUN/export/model-int8.onnx or model-int8.tflite

    \b
    Example:  kcnn export runs/cnn-001 --format onnx
    """
    from keras_cnn_course.api import open_run
    from keras_cnn_course.export.formats import check_quantizable, find_format

    check_quantizable(find_format(format_name), quantize)  # wrong use is found before the run is read
    opened = open_run(run, trust_recipe=trust_recipe)
    exported = opened.export(format_name, quantize=quantize, out=out, which=which, device=device)
    _print_export(exported, as_json=as_json)


def _print_export(exported: "Export", *, as_json: bool) -> None:
    """Print the path of the export, and how well it agrees with the model."""
    from keras_cnn_course.export.verified import TOLERANCE

    if as_json:
        facts = asdict(replace(exported, example=None))
        del facts["example"]
        echo_json(facts | {"path": str(exported.path), "beside": list(map(str, exported.beside))})
        return
    click.echo(f"wrote      {exported.path} ({exported.format}, {exported.bytes / 1e6:.2f} MB)")
    click.echo(f"with       {', '.join(str(path) for path in exported.beside)}")
    click.echo(f"signature  {exported.inputs} -> {exported.outputs}")
    compared = exported.quantization
    if compared is None:
        click.echo(
            f"verified   {exported.images} {exported.verified_on}, largest difference "
            f"{exported.largest_difference:.1e} (at most {TOLERANCE:.0e})"
        )
        return
    click.echo(
        f"accuracy   {compared.accuracy_before:.2%} before, {compared.accuracy_after:.2%} after, on "
        f"{exported.images:,} test images ({compared.same_answers:.2%} the same class)"
    )
    if needs := compared.microcontroller:
        click.echo(f"operators  {', '.join(needs.operators)}")
        click.echo(f"memory     {exported.bytes:,} bytes of flash, about {needs.arena_bytes:,} bytes of RAM")
        if needs.missing:
            click.echo(f"missing    TensorFlow Lite Micro does not have {', '.join(needs.missing)}")
