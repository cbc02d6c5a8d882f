"""Reading the JSON files of a run, which people edit and exchange."""

import json
from pathlib import Path
from typing import Any

from keras_cnn_course.errors import RunError, reporting_os_errors
from keras_cnn_course.files.foreign import read_bounded

__all__ = ["read_json"]


def read_json(file: Path, *, limit: int) -> dict[str, Any]:
    """Return the table in a JSON file.

    Args:
        limit: most bytes that the file may have.

    Raises:
        RunError: it is missing, cannot be read, is too large, not JSON, or not a table.
    """
    with reporting_os_errors(RunError, "read", file):
        try:
            content = read_bounded(file, limit=limit)
        except FileNotFoundError as error:
            raise RunError(f"{file} does not exist. Did the run finish?") from error
    try:
        values = json.loads(content)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise RunError(f"{file} is not valid JSON: {reason}.") from error
    if not isinstance(values, dict):
        raise RunError(f"{file} must hold a JSON object; got {type(values).__name__}.")
    return values
