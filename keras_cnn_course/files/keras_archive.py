"""Writing a `.keras` file that older versions of Keras can read, too."""

import json
import zipfile
from pathlib import Path
from typing import Any

__all__ = ["save_keras_file"]

# Arguments that Keras 3.15 writes although they have their default, None, and that Keras 3.6 to 3.14 do not know.
_NEW_ARGUMENTS = ("input_axes", "output_axes", "quantization_config")


def save_keras_file(model: Any, path: Path) -> None:
    """Write a model, without what only the newest Keras knows and what has no effect.

    Args:
        path: a `.keras` file.
    """
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        members = [(member, archive.read(member)) for member in archive.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for member, content in members:
            if member.filename == "config.json":
                content = json.dumps(_without_new_arguments(json.loads(content))).encode()
            archive.writestr(zipfile.ZipInfo(member.filename, member.date_time), content)


def _without_new_arguments(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_new_arguments(item) for item in value]
    if isinstance(value, dict):
        return {
            name: _without_new_arguments(item)
            for name, item in value.items()
            if not (item is None and name in _NEW_ARGUMENTS)
        }
    return value
