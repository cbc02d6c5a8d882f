"""The runs of `kcnn train`: one, or with --ensemble one per seed, which continue where an earlier call stopped."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keras_cnn_course.cli.train_order import TrainOrder
from keras_cnn_course.files.command_line import join_words
from keras_cnn_course.runs.finding import find_runs

if TYPE_CHECKING:
    from keras_cnn_course.api import Run
    from keras_cnn_course.devices.backend import Backend

__all__ = ["holds_seeds", "train_seeds"]


def holds_seeds(out: Path | None) -> bool:
    """Return whether a folder holds runs of an ensemble, which can be continued."""
    return out is not None and bool(find_runs(out, "seed-*"))


def train_seeds(
    order: TrainOrder,
    started: "Backend",
    *,
    seeds: int,
    out: Path | None,
    device: str,
    checkpoint_every: float,
    log: str | None,
) -> "list[Run]":
    """Train a run into `out`, or one per seed into folders in it: finished ones are kept, stopped ones resumed.

    Args:
        seeds: number of consecutive seeds.
        device: as it was asked for; `auto` keeps runs of any device.

    Raises:
        RunError: a run that exists already is not one of this ensemble.
        TrainingStopped: a signal has stopped it; the message says how to continue.
    """
    from keras_cnn_course.api import open_run, resume, train
    from keras_cnn_course.runs.begun import advising_to_force, is_begun
    from keras_cnn_course.training.callbacks import TrainingStopped

    numbers = range(order.seed, order.seed + seeds)
    folders = {seed: out and (out / f"seed-{seed}" if seeds > 1 else out) for seed in numbers}
    begun = {seed: path for seed, path in folders.items() if seeds > 1 and path and is_begun(path)}
    _check_begun(order, begun, device=device)
    command, runs = join_words(["kcnn", *sys.argv[1:]]), []
    try:
        for seed, folder in folders.items():
            if seed in begun:
                run = open_run(begun[seed])
                if run.record.status == "finished" and not order.quiet:
                    click.echo(f"{run.path} has finished already.", err=True)
                with advising_to_force(run.path):
                    run = resume(
                        run, data=order.data, checkpoint_every=checkpoint_every, quiet=order.quiet, backend=started
                    )
            else:
                run = train(
                    order.recipe,
                    order.data,
                    seed=seed,
                    out=folder,
                    precision=order.precision,
                    checkpoint_every=checkpoint_every,
                    quiet=order.quiet,
                    log=log,
                    command=command,
                    backend=started,
                    overrides=order.overrides,
                )
            runs.append(run)
    except TrainingStopped as stopped:
        if seeds == 1 or started.distribution.workers > 1:
            raise
        message = f"{stopped}\nThat is one run. To be able to continue a whole ensemble, give it a folder with --out."
        if out:
            message = f"Stopped with {len(runs)} of {seeds} runs finished. Continue with: {command}"
        raise TrainingStopped(message, exit_code=stopped.exit_code) from stopped
    return runs


def _check_begun(order: TrainOrder, begun: dict[int, Path], *, device: str) -> None:
    """Check that the runs which exist already are those of the ensemble."""
    from keras_cnn_course.catalog.recipes import find_recipe
    from keras_cnn_course.results.belonging import AskedRun

    for seed, path in begun.items():
        asked = AskedRun(
            whole="ensemble",
            recipe=find_recipe(order.recipe),
            overrides=order.overrides,
            seed=seed,
            dataset=order.data,
            device=device,
            precision=order.precision,
        )
        asked.check(path)
