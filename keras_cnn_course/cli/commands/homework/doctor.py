"""`kcnn homework doctor`: how well this machine isolates student code."""

from dataclasses import asdict

import click

from keras_cnn_course.cli.options import json_option
from keras_cnn_course.cli.output import echo_json
from keras_cnn_course.cli.streams import style

__all__ = ["command"]


@click.command("doctor")
@json_option
def command(as_json: bool) -> None:
    """Test the isolation of student code.

    Small programs in the sandbox try to read files, use the network, start processes, or use too much memory or time.
    If some of them are not stopped, grade in a container without network: see docs/grading.md.

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
                status, color = ("stopped", "green") if result.stopped else ("NOT stopped", "red")
                click.echo(f"{style(f'{status:<11}', color=color)}  {result.name:<22}  {result.found[:90]}")
    if as_json:
        echo_json({"level": isolation.level, "isolation": str(isolation), "probes": [asdict(each) for each in results]})
        return
    stopped = sum(result.stopped for result in results)
    click.echo(f"\n{stopped} of {len(results)} stopped. {isolation}")
    click.echo("Run the final grading in a container without network: see docs/grading.md.")
