"""`kcnn doctor`: check whether this machine can train."""

from dataclasses import asdict

import click

from keras_cnn_course.cli.options import json_option
from keras_cnn_course.cli.output import count, echo_json
from keras_cnn_course.cli.spelling import spell_options
from keras_cnn_course.cli.streams import style

__all__ = ["command"]

_COLORS = {"ok": "green", "note": "yellow", "fault": "red"}


@click.command("doctor")
@click.option("--train/--no-train", default=True, show_default=True, help="Also train for a few seconds.")
@json_option
@click.pass_context
def command(ctx: click.Context, train: bool, as_json: bool) -> None:
    """Check this installation.

    Checks the versions, the backend, the devices, the data sets and write access, and trains for a few seconds. One
    line per check: ok, note (something optional is missing) or fault (a command will fail), then what to do about it.
    The exit code is 1 if there is a fault.

    \b
    Example:  kcnn doctor
    """
    from keras_cnn_course.installation import run_checks

    checks = []
    for check in run_checks(train=train):
        checks.append(check)
        if not as_json:
            status = style(f"{check.status:<6}", color=_COLORS[check.status])
            advice = f"  ->  {spell_options(check.advice)}" if check.advice else ""
            click.echo(f"{status} {check.name:<18} {check.found}{advice}")
    faults = sum(check.status == "fault" for check in checks)
    if as_json:
        echo_json({"healthy": faults == 0, "checks": [asdict(check) for check in checks]})
    else:
        notes = sum(check.status == "note" for check in checks)
        click.echo(f"{len(checks)} checks, {count(notes, 'note')}, {count(faults, 'fault')}")
    ctx.exit(1 if faults else 0)
