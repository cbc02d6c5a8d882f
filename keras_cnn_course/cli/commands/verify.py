"""`kcnn verify`: train a run again and compare."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keras_cnn_course.cli.data_options import dataset_option
from keras_cnn_course.cli.options import device_option, json_option, quiet_option, run_argument
from keras_cnn_course.errors import RunError

if TYPE_CHECKING:
    from keras_cnn_course.training.verify import Verification

__all__ = ["command"]


@click.command("verify")
@run_argument
@dataset_option("Where the run's data set is now.  [default: where it was]", default=None)
@device_option
@quiet_option
@json_option
def command(run: Path, dataset: str | None, device: str, quiet: bool, as_json: bool) -> None:
    """Train a run again and compare.

    The run is trained from its own run.json and recipe.py and is not changed. On the same machine with the same
    versions, threads and precision, the weights, history and results must be equal bit for bit. Otherwise, and on a
    GPU, the test accuracy must be within 4 standard errors.

    The run's recipe.py is Python code and runs on your machine: verify only runs that you trust.

    \b
    Example:  kcnn verify runs/cnn-001
    """
    from keras_cnn_course.api import open_run

    result = open_run(run).verify(dataset, device=device, quiet=quiet)
    click.echo(_to_json(result) if as_json else _describe(result))
    if not result.agrees:
        raise RunError(f"{run} could not be reproduced. The differences are listed above.")


def _to_json(result: "Verification") -> str:
    checks = [{"what": one.what, "agrees": one.agrees, "finding": one.finding} for one in result.comparisons]
    return json.dumps(
        {"agrees": result.agrees, "bit_for_bit": result.bit_for_bit, "reasons": list(result.reasons), "checks": checks}
    )


def _describe(result: "Verification") -> str:
    lines = [f"{one.what:<13}  {'ok  ' if one.agrees else 'BAD '}  {one.finding}" for one in result.comparisons]
    lines += [f"the bits may differ: {reason}" for reason in result.reasons]
    if result.agrees:
        lines.append("reproduced bit for bit" if result.bit_for_bit else "reproduced within the expected difference")
    return "\n".join(lines)
