"""`kcnn train --resume`: continue a run, or make it longer."""

from pathlib import Path

import click

from keras_cnn_course.cli.hardware import Hardware
from keras_cnn_course.cli.output import count
from keras_cnn_course.cli.train_results import print_result, report_result
from keras_cnn_course.cli.training import copy_to_resume, watching
from keras_cnn_course.errors import UsageError
from keras_cnn_course.files.command_line import join_words

__all__ = ["parse_epochs", "resume_run"]


def resume_run(
    path: Path,
    *,
    epochs: int | None,
    dataset: str | None,
    force: bool,
    checkpoint_every: float,
    hardware: Hardware,
    quiet: bool,
    as_json: bool,
) -> None:
    """Continue a run. A finished one is left as it is, unless it is to have more epochs."""
    from keras_cnn_course.api import Run, open_run
    from keras_cnn_course.results.run_data import load_own_data

    run = open_run(path)
    record = run.record
    planned = sum(record.cycles)
    if record.status == "finished" and epochs in (None, planned):
        trained = run.metrics["epochs"]
        longer = f"kcnn train --resume {join_words([path])} --epochs {2 * planned}"
        early = count(planned - trained, "epoch")
        if trained == planned:
            advice = f"To make it longer: {longer}"
        elif record.callbacks and not record.hyperparameters.get("patience"):
            ended = f"A callback ended it {early} early ({', '.join(record.callbacks)})."
            advice = f"{ended} To resume without the callbacks: {longer} --force"
        else:
            advice = f"It stopped {early} early; a longer one needs a larger --patience."
        click.echo(f"{path} has finished its {count(trained, 'epoch')}, so nothing was done. {advice}", err=True)
        print_result(run, as_json=as_json)
        return
    data = load_own_data(record, run=path, spec=dataset)
    started = hardware.start(record)

    from keras_cnn_course.training.resume import ResumeSettings, resume

    settings = ResumeSettings(epochs=epochs, force=force, checkpoint_every=checkpoint_every)
    quiet = quiet or not started.distribution.is_chief
    with copy_to_resume(run.directory, started.distribution) as own, watching(quiet=quiet) as (callback, stop):
        resume(own, data, settings, backend=started, callback=callback, stop=stop)
        if started.distribution.is_chief:
            resumed = Run(own, trust_recipe=own.needs_recipe(), dataset=data)  # its recipe has just been run
            report_result(resumed, data, quiet=quiet, as_json=as_json)


def parse_epochs(text: str | None) -> int | None:
    """Return the total number of epochs asked for a resumed run."""
    if text is not None and not (text.isdecimal() and 1 <= int(text) <= 100_000):
        raise UsageError(f"--epochs must be a whole number from 1 to 100000; got {text!r}.")
    return None if text is None else int(text)
