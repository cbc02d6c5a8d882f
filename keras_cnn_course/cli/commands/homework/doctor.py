"""`kcnn homework doctor`: what this machine can enforce."""

import json
from dataclasses import asdict

import click

from keras_cnn_course.cli.commands.homework.options import json_option

__all__ = ["command"]


@click.command("doctor")
@json_option
def command(as_json: bool) -> None:
    """Try out what this machine keeps student code from: files, network, processes, memory, time.

    Every line is a probe that is run as student code is. Where some get through, mark in a container without network:
    docs/grading.md says how.

    \b
    Example:  kcnn homework doctor
    """
    from keras_cnn_course.homework.sandbox.confinement import find_isolation
    from keras_cnn_course.homework.sandbox.probes import probe_isolation
    from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes

    isolation = find_isolation()
    results = []
    with Sandboxes() as sandboxes:
        for result in probe_isolation(sandboxes):
            results.append(result)
            if not as_json:
                status = (
                    click.style("stopped    ", fg="green") if result.stopped else click.style("NOT stopped", fg="red")
                )
                click.echo(f"{status}  {result.name:<22}  {result.found[:90]}")
    if as_json:
        values = {"level": isolation.level, "isolation": str(isolation), "probes": [asdict(each) for each in results]}
        click.echo(json.dumps(values, indent=2))
        return
    stopped = sum(result.stopped for result in results)
    click.echo(f"\n{stopped} of {len(results)} stopped. {isolation}")
    click.echo("Final marks belong in a container without network: docs/grading.md.")
