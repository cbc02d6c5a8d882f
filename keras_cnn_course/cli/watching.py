"""A training that a command runs: shown while it runs, and stopped by Ctrl-C with a checkpoint."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

__all__ = ["watching"]


@contextmanager
def watching(*, quiet: bool) -> Iterator[tuple[Any, Any]]:
    """Give a reporter and a request to stop; a training that stopped as asked ends the process by its exit code."""
    from keras_cnn_course.training.progress import make_reporter
    from keras_cnn_course.training.stopping import StopRequest, TrainingStopped

    stop = StopRequest()
    try:
        with stop.listening(), make_reporter(quiet=quiet) as reporter:
            yield reporter, stop
    except TrainingStopped as stopped:
        click.echo(str(stopped), err=True)
        click.get_current_context().exit(stopped.exit_code)
