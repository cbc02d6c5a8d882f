"""The text of health.csv: the size of each layer's weights and gradients, and its dead units, over the epochs."""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass

from keras_cnn_course.files.values import TEXT

__all__ = ["LayerHealth", "format_health", "parse_health"]

_COLUMNS = ("epoch", "layer", "weight_norm", "gradient_norm", "dead_share")


@dataclass(frozen=True)
class LayerHealth:
    """One layer after one epoch, measured on a sample of the training images.

    Args:
        weight_norm: Euclidean norm of its trainable weights; None if it has none.
        gradient_norm: Euclidean norm of the loss's gradient with respect to them; None if it has none.
        dead_share: share of the units, or of the channels, of a ReLU that are 0 for all images of the sample; None
            without a ReLU.
    """

    epoch: int
    layer: str
    weight_norm: float | None
    gradient_norm: float | None
    dead_share: float | None


def format_health(rows: Sequence[LayerHealth]) -> str:
    """Return the text of health.csv, one row per measured epoch and layer."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(["" if value is None else value for value in astuple(row)] for row in rows)
    return text.getvalue()


def parse_health(text: str) -> list[LayerHealth]:
    """Return the rows of health.csv.

    Raises:
        ValueError: other columns, or a value that is not a finite number.
    """
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        header, *rows = list(reader) or [[]]
    except csv.Error as error:
        raise ValueError(str(error)) from error
    if tuple(header) != _COLUMNS or not all(len(row) == len(_COLUMNS) and TEXT.accepts(row[1]) for row in rows):
        raise ValueError(f"the columns must be {', '.join(_COLUMNS)}")
    return [LayerHealth(int(epoch), layer, *(_parse(value) for value in values)) for epoch, layer, *values in rows]


def _parse(text: str) -> float | None:
    if not text:
        return None
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text!r} is not finite")
    return number
