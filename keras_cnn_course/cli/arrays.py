"""Arrays that a command stores beside its pictures."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keras_cnn_course.errors import RunError

if TYPE_CHECKING:
    import numpy as np

__all__ = ["save_arrays"]


def save_arrays(arrays: "Mapping[str, np.ndarray]", path: Path) -> None:
    """Write arrays by name as an .npz, whole or not at all, and print its path and the names.

    Raises:
        RunError: it cannot be written.
    """
    import numpy as np

    from keras_cnn_course.files.atomic import atomic_file

    try:
        with atomic_file(path) as temporary:
            np.savez(temporary, allow_pickle=False, **arrays)
    except OSError as error:
        raise RunError(f"Expected to write {path}. Received: {error.strerror}. Choose another --out.") from error
    click.echo(f"{path} ({', '.join(arrays)})")
