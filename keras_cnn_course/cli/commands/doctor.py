"""`kcnn doctor`: whether this machine can train."""

import json
from dataclasses import asdict

import click

__all__ = ["command"]

_COLORS = {"ok": "green", "note": "yellow", "fault": "red"}


@click.command("doctor")
@click.option("--train/--no-train", default=True, show_default=True, help="Also train for some seconds.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(ctx: click.Context, train: bool, as_json: bool) -> None:
    """Check this installation: versions, backend, devices, data sets, write access, and a short training.

    A line a check: ok, note (something optional is absent) or fault (a command is going to fail), and after the arrow
    what to do about it. The exit code is 1 where there is a fault.

    \b
    Example:  kcnn doctor
    """
    from keras_cnn_course.doctor import run_checks

    checks = []
    for check in run_checks(train=train):
        checks.append(check)
        if not as_json:
            status = click.style(f"{check.status:<6}", fg=_COLORS[check.status])
            advice = f"  ->  {check.advice}" if check.advice else ""
            click.echo(f"{status} {check.name:<18} {check.found}{advice}")
    faults = sum(check.status == "fault" for check in checks)
    if as_json:
        click.echo(json.dumps({"healthy": faults == 0, "checks": [asdict(check) for check in checks]}, indent=2))
    else:
        notes = sum(check.status == "note" for check in checks)
        click.echo(f"{len(checks)} checks, {_count(notes, 'note')}, {_count(faults, 'fault')}")
    ctx.exit(1 if faults else 0)


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
