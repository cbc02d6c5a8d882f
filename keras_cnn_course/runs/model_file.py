"""Loading a `.keras` file that somebody else may have made.

A model is a program: Keras builds the classes that its configuration names, and some of them run code or open files.
So the file is copied to a private folder and read before Keras sees it. Only models of known parts are opened
(`model_contents`), with weights that really are in the file, and no larger than those.
"""

import io
import json
import math
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from keras_cnn_course.errors import RunError, reporting_os_errors
from keras_cnn_course.files.foreign import open_regular
from keras_cnn_course.runs.model_contents import check_model_contents

__all__ = ["check_model_file", "load_model_file"]

_MAX_BYTES = 2 * 2**30
_MAX_CONFIG_BYTES = 4 * 2**20
_MEMBERS = {"metadata.json", "config.json", "model.weights.h5"}
_FULL = "Free some space, or name another folder in the variable TMPDIR."
# What zipfile and json raise for damaged files. A table of contents that claims to be huge is a MemoryError.
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, RecursionError, OSError, MemoryError),
)
# Numbers that a model has beside its stored weights, such as the states of random generators.
_MAX_UNSTORED = 10_000
# Numbers that one layer may compute for one image: a 1024x1024 image with 32 feature maps.
_MAX_OUTPUTS = 2**25


def load_model_file(path: Path) -> Any:
    """Load a Keras model from a file that was checked. Call `backend.start` first.

    Raises:
        RunError: it is no Keras model, or one that is not let through; the message names what was found.
        OSError: it is missing or cannot be read.
    """
    import keras

    with _private_copy(path) as copy:
        config, stored = check_model_file(copy, name=path)
        try:
            _check_size(config, stored, name=path)
            return keras.saving.load_model(copy, safe_mode=True)
        except RunError:
            raise
        except Exception as error:  # a configuration of nonsense makes Keras raise anything
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise RunError(f"Keras cannot load the model {path}: {reason[:300]}") from error


@contextmanager
def _private_copy(path: Path) -> Iterator[Path]:
    """Give a copy of a file in a temporary folder that only this user can enter."""
    with ExitStack() as stack:
        source = stack.enter_context(open_regular(path, limit=_MAX_BYTES))
        with reporting_os_errors(RunError, "find", "a temporary folder", hint=_FULL):
            place = tempfile.gettempdir()
        with reporting_os_errors(RunError, f"copy {path} to", place, hint=_FULL):
            copy = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kcnn-"))) / "model.keras"
            with copy.open("wb") as target:
                shutil.copyfileobj(source, target, 2**20)
        yield copy


def check_model_file(path: Path, *, name: Path | None = None) -> tuple[dict[str, Any], int]:
    """Look into a `.keras` file without building anything of it.

    Args:
        path: the file.
        name: what the error calls it; `path` when None.

    Returns:
        The configuration, and the number of weights that the file stores.

    Raises:
        RunError: it is damaged, or holds something that a model of stock layers does not.
    """
    name = name or path
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(archive, name, size=path.stat().st_size)
            config = json.loads(archive.read("config.json"))
            check_model_contents(config, str(name))
            with archive.open("model.weights.h5") as stream:
                return config, _count_stored(stream, name)
    except _DAMAGED as error:
        deep = isinstance(error, RecursionError)
        reason = "tables nested too deep" if deep else str(error) or type(error).__name__
        raise RunError(f"{name} is not a Keras model: {reason}. Is the file damaged?") from error


def _check_members(archive: zipfile.ZipFile, name: Path, *, size: int) -> None:
    """Check the names and sizes of what the archive holds. Keras compresses nothing, so nothing can unpack to more."""
    members = archive.infolist()
    if len(members) != len(_MEMBERS) or {member.filename for member in members} != _MEMBERS:
        found = ", ".join(repr(member.filename[:60]) for member in members[:5])
        raise RunError(f"A Keras model holds {', '.join(sorted(_MEMBERS))}; {name} holds {found or 'nothing'}.")
    for member in members:
        if member.compress_type != zipfile.ZIP_STORED or member.file_size > size or member.flag_bits & 1:
            raise RunError(
                f"{member.filename} in {name} is compressed or encrypted ({member.compress_size:,} bytes stored, "
                f"{member.file_size:,} unpacked). Keras does neither: save the model again with model.save()."
            )
    if archive.getinfo("config.json").file_size > _MAX_CONFIG_BYTES:
        raise RunError(f"The config.json in {name} has more than {_MAX_CONFIG_BYTES:,} bytes.")


def _count_stored(stream: Any, name: Path) -> int:
    """Return the number of values that the weights' file stores, all of them in the file itself."""
    import h5py

    try:
        with h5py.File(io.BytesIO(stream.read()), "r") as file:
            # What is returned ends the visit; an exception in it would be lost on its way through HDF5.
            link = file.visititems_links(lambda path, link: None if isinstance(link, h5py.HardLink) else path)
            if link is not None:
                raise RunError(f"{name} must hold its weights itself, but {link!r:.80} is a link to another place.")
            sizes: list[int] = []
            refused = file.visititems(lambda path, item: _visit(path, item, sizes))
    except (OSError, RuntimeError, KeyError, TypeError) as error:  # what h5py raises for a damaged file
        raise RunError(f"Cannot read the weights in {name}: {str(error)[:200]}. Is the file damaged?") from error
    if refused is not None:
        raise RunError(f"The weights of {name} must be plain numbers; got {refused}.")
    return sum(sizes)


def _visit(path: str, item: Any, sizes: list[int]) -> str | None:
    """Add the size of an array of weights to `sizes`, or return what is wrong with it."""
    import h5py

    if not isinstance(item, h5py.Dataset):
        return None
    if item.external or item.is_virtual:
        return f"{path!r:.80}, kept in another file"
    if item.dtype.kind not in "fiubV" or item.id.get_storage_size() != item.size * item.dtype.itemsize:
        return f"{path!r:.80} of type {item.dtype} and shape {item.shape}, compressed or incomplete"
    sizes.append(item.size)
    return None


def _check_size(config: dict[str, Any], stored: int, *, name: Path) -> None:
    """Check how large a model is before anything of it is allocated.

    The model is built in a graph of its own: there, variables and outputs have shapes and no contents.

    Raises:
        RunError: it has more weights than its file stores, or a layer with an enormous output.
    """
    import keras
    import tensorflow as tf

    with tf.Graph().as_default():
        architecture = {key: value for key, value in config.items() if key != "compile_config"}
        model = keras.saving.deserialize_keras_object(architecture, safe_mode=True)
        numbers = sum(math.prod(variable.shape) for variable in model.variables)
        outputs = {layer.name: _count_outputs(layer) for layer in model.layers}
    if numbers > stored + _MAX_UNSTORED:
        raise RunError(
            f"{name} stores {stored:,} numbers, but its model has {numbers:,} weights. The file is damaged or was "
            "changed."
        )
    for layer, size in outputs.items():
        if size > _MAX_OUTPUTS:
            raise RunError(
                f"Layer {layer!r} of {name} computes {size:,} numbers per image; kcnn opens models of at most "
                f"{_MAX_OUTPUTS:,} per layer."
            )


def _count_outputs(layer: Any) -> int:
    """Return the size of a layer's output for one image; an unknown side counts as 1."""
    import keras

    return sum(math.prod(side or 1 for side in tensor.shape[1:]) for tensor in keras.tree.flatten(layer.output))
