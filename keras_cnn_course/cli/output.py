"""What commands print and store: JSON, notes, and arrays next to pictures. Tables come from `files.tables`."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keras_cnn_course.errors import RunError, reporting_os_errors
from keras_cnn_course.files.printable import printable
from keras_cnn_course.files.tables import count, format_table, page_width, wrap

if TYPE_CHECKING:
    import numpy as np

__all__ = ["count", "echo_json", "echo_notes", "format_table", "page_width", "save_arrays", "wrap"]


def echo_json(values: Any) -> None:
    """Print values as indented JSON."""
    click.echo(json.dumps(values, indent=2))


def echo_notes(notes: Sequence[str]) -> None:
    """Print what was left out, converted or assumed to stderr, one line each."""
    for note in notes:
        click.echo(printable(f"Note: {note}"), err=True)


def save_arrays(arrays: "Mapping[str, np.ndarray]", path: Path) -> None:
    """Write arrays by name as an .npz, and print its path and the names. An interrupted write leaves no file.

    Raises:
        RunError: it cannot be written.
    """
    import numpy as np

    from keras_cnn_course.files.atomic import atomic_file

    with (
        reporting_os_errors(RunError, "write", path, hint="Choose another --out."),
        atomic_file(path) as temporary,
    ):
        np.savez(temporary, allow_pickle=False, **arrays)
    click.echo(f"{path} ({', '.join(arrays)})")
