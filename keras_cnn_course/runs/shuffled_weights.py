"""The weights of a run's network after training on shuffled labels, kept so that `kcnn explain` trains it once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from keras_cnn_course.errors import RunError, reporting_os_errors
from keras_cnn_course.files.arrays import ArrayFileError, read_npz
from keras_cnn_course.files.atomic import atomic_file
from keras_cnn_course.files.foreign import open_regular
from keras_cnn_course.runs.directory import RunDirectory

__all__ = ["ShuffledWeights", "read_shuffled_weights", "save_shuffled_weights"]

_MAX_BYTES = 2 * 2**30


@dataclass(frozen=True, eq=False)
class ShuffledWeights:
    """A network that has learned shuffled labels.

    Args:
        weights: in the order of Keras's `get_weights`.
        accuracy: share of the shuffled labels that it gives.
    """

    weights: list[np.ndarray]
    accuracy: float


def save_shuffled_weights(run: RunDirectory, learned: ShuffledWeights, *, fingerprint: str) -> None:
    """Store the weights in the run folder, in place of those that are there.

    Args:
        fingerprint: SHA-256, in hexadecimal, of what they were made from.

    Raises:
        RunError: the file cannot be written.
    """
    file = run.shuffled_weights_file
    arrays = {f"weight_{number:04d}": values for number, values in enumerate(learned.weights)}
    made_from = np.frombuffer(bytes.fromhex(fingerprint), np.uint8)
    with (
        reporting_os_errors(RunError, "write", file, hint="Free some space or make the folder writable."),
        atomic_file(file) as temporary,
    ):
        np.savez(temporary, allow_pickle=False, accuracy=np.array(learned.accuracy), made_from=made_from, **arrays)


def read_shuffled_weights(
    run: RunDirectory, *, fingerprint: str, shapes: Sequence[tuple[int, ...]]
) -> ShuffledWeights | None:
    """Return the stored weights; None if there are none, or if they were made from something else.

    Args:
        fingerprint: SHA-256, in hexadecimal, of what they must be made from.
        shapes: those that the weights must have.

    Raises:
        RunError: the file cannot be read, or holds something else.
    """
    file = run.shuffled_weights_file
    if not file.is_file():
        return None
    with reporting_os_errors(RunError, "read", file), open_regular(file, limit=_MAX_BYTES) as stream:
        try:
            arrays = read_npz(stream, limit=_MAX_BYTES, stored=True)
        except ArrayFileError as error:
            raise RunError(f"Cannot read {file}: {error}. Delete it; it will be made again.") from error
    accuracy, made_from = arrays.pop("accuracy", None), arrays.pop("made_from", None)
    if made_from is not None and made_from.tobytes().hex() != fingerprint:
        return None
    weights = [arrays[name] for name in sorted(arrays)]
    if (
        accuracy is None
        or accuracy.shape != ()
        or [values.shape for values in weights] != list(shapes)
        or not all(np.isfinite(values).all() for values in (accuracy, *weights))
    ):
        raise RunError(f"{file} does not hold the weights of this run's network. Delete it; it will be made again.")
    return ShuffledWeights(weights, float(accuracy))
