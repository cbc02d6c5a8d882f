"""What `kcnn train` is asked to train."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keras_cnn_course.datasets.dataset import Dataset

__all__ = ["TrainOrder"]


@dataclass(frozen=True)
class TrainOrder:
    """What to train."""

    recipe: str
    data: "Dataset"
    seed: int
    precision: str
    overrides: dict[str, str]
    quiet: bool
