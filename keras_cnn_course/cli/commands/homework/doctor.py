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
    The last lines say what this means for grading. Linux stops everything. On macOS and Windows, files, the network and
    other processes are not protected: grade in a container there, see docs/grading.md.

    \b
    Example:  kcnn homework doctor
    """
    from keras_cnn_course.homework.sandbox.confinement import find_isolation
    from keras_cnn_course.homework.sandbox.probes import probe_isolation, summarize
    from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes

    isolation = find_isolation()
    results = []
    with Sandboxes() as sandboxes:
        for result in probe_isolation(sandboxes):
            results.append(result)
            if not as_json:
                status, color = ("stopped", "green") if result.stopped else ("NOT stopped", "red")
                click.echo(f"{style(f'{status:<11}', color=color)}  {result.name:<24}  {result.found[:90]}")
    areas = summarize(results)
    if as_json:
        values = {"level": isolation.level, "isolation": str(isolation), "areas": [asdict(area) for area in areas]}
        echo_json({**values, "probes": [asdict(each) for each in results]})
        return
    click.echo(f"\n{sum(result.stopped for result in results)} of {len(results)} stopped. {isolation}\n")
    for area in areas:
        status, color = ("protected", "green") if area.is_safe else ("NOT protected", "red")
        click.echo(f"{area.name:<9}  {style(f'{status:<13}', color=color)}  {area.meaning}")
    if all(area.is_safe for area in areas):
        click.echo("\nYou can grade here. For final marks, use a container without network: see docs/grading.md.")
    else:
        click.echo("\nDo not grade here. Grade in a container without network, or on Linux: see docs/grading.md.")
