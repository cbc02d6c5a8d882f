"""The numbers of a recipe that are chosen rather than learned."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from keras_cnn_course.errors import UsageError, did_you_mean
from keras_cnn_course.files.values import BOOLEAN, SETTING, TEXT, check_value, number, one_of, whole_number

__all__ = ["CHOICES", "MOST_EPOCHS", "Hyperparameters", "parse_value"]

MOST_EPOCHS = 100_000

CHOICES = {
    "schedule": ("one_cycle", "constant"),
    "augment": ("auto", "none", "shift", "affine", "elastic", "slanted", "handwriting", "objects"),
    "class_weight": ("none", "balanced"),
    "keep": ("best", "last"),
}

_RULES = {
    "epochs": whole_number(1, MOST_EPOCHS),
    "min_steps": whole_number(0, 10_000_000),
    "batch_size": whole_number(1, 1_000_000),
    "learning_rate": number(1e-9, 100),
    "plain_epochs": whole_number(0, 100_000),
    "validation_split": number(0.01, 0.5),
    "filters": whole_number(1, 4096),
    "units": whole_number(1, 65_536),
    "patience": whole_number(0, 100_000),
    "train_examples": whole_number(0, 1_000_000_000),
    **{name: one_of(*choices) for name, choices in CHOICES.items()},
}
# Fields that a recipe adds.
_RULES_BY_TYPE = {int: whole_number(-(2**63)), float: number(), str: TEXT, bool: BOOLEAN, object: SETTING}


@dataclass(frozen=True, kw_only=True)
class Hyperparameters:
    """The chosen numbers of a recipe. `None` marks one that the recipe does not use.

    Training lasts `epochs` passes over the training images, or longer until `min_steps` optimizer steps are reached,
    so that a small data set is seen more often (see `epochs_for`).

    A recipe that needs another number adds it as an annotated field of a subclass::

        @dataclass(frozen=True, kw_only=True)
        class MyHyperparameters(Hyperparameters):
            dropout: float = 0.5

    Args:
        epochs: passes over the training images.
        min_steps: minimum number of optimizer steps; with 0, `epochs` alone decides.
        batch_size: images per optimizer step.
        learning_rate: step size of the optimizer; the peak with `one_cycle`.
        schedule: `one_cycle` (the rate rises to its peak, then falls to almost zero) or `constant`.
        augment: random changes of the training images in each epoch: `none`, `shift`, `affine` (also rotation and
            scaling), `elastic` (also elastic distortion), `slanted` (also a slant) or `handwriting` (larger slants
            and other pens); for pictures of things `objects` (shifts by whole pixels, mirrored images, an erased
            rectangle). `auto` is what the data set recommends: `handwriting` for the embedded digits, which only 13
            people wrote; otherwise `none`.
        plain_epochs: number of last epochs in which `augment` changes no image. The averages of BatchNormalization are
            then those of images as the network will see them. A run that is made longer has them again at its new end.
        validation_split: share of the training images set aside to measure loss and accuracy after each epoch.
        class_weight: `none`, or `balanced`: the training images of a rare class count more, so that all classes have
            the same influence.
        patience: epochs without a smaller validation loss after which the training stops early; with 0 it never does.
        keep: the epoch whose model is kept: `best`, the one with the smallest validation loss, or `last`. A training
            that ends before its last epoch keeps the best one either way.
        train_examples: number of training images to use, chosen at random with the same share of every class; all of
            them with 0. There are at most as many validation images.
        filters: number k of kernels of the first convolution.
        units: neurons of the hidden dense layer.

    Raises:
        UsageError: a value has the wrong type or is out of range.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    min_steps: int = 0
    schedule: str = "one_cycle"
    augment: str = "none"
    plain_epochs: int = 0
    validation_split: float = 0.1
    class_weight: str = "none"
    patience: int = 0
    keep: str = "best"
    train_examples: int = 0
    filters: int | None = None
    units: int | None = None

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            object.__setattr__(self, field.name, _checked(field, getattr(self, field.name)))

    def used(self) -> dict[str, Any]:
        """Return the names and values that the recipe uses, in order, and a tuple as a list, as run.json has it."""
        values = {name: value for name, value in dataclasses.asdict(self).items() if value is not None}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    def with_overrides(self, overrides: Mapping[str, object]) -> Self:
        """Return a copy with the values replaced; text such as "16" is converted to the field's type.

        A list takes the place of a tuple as a tuple, so that a recipe gets from run.json what it was written for.

        `epochs` alone means exactly that many: it also sets `min_steps` to 0.

        Raises:
            UsageError: this recipe does not use a name, or a value has the wrong type or is out of range.
        """
        for name in overrides:
            if name not in self.used():
                raise UsageError(
                    f"This recipe has no hyperparameter {name!r}.{did_you_mean(name, self.used())} "
                    f"Available: {', '.join(self.used())}."
                )
        fields = {field.name: field for field in dataclasses.fields(self)}
        values = {name: parse_value(value, _kind(fields[name])) for name, value in overrides.items()}
        for name, value in values.items():
            if isinstance(value, list) and isinstance(getattr(self, name), tuple):
                values[name] = tuple(value)
        if "epochs" in values:
            values.setdefault("min_steps", 0)
        return dataclasses.replace(self, **values)

    def epochs_for(self, train_examples: int) -> int:
        """Return the number of epochs on a training set of that size.

        >>> Hyperparameters(epochs=4, min_steps=400, batch_size=250, learning_rate=0.003).epochs_for(54_000)
        4
        >>> Hyperparameters(epochs=4, min_steps=400, batch_size=250, learning_rate=0.003).epochs_for(1_300)
        67
        """
        steps_per_epoch = math.ceil(train_examples / self.batch_size)
        return max(self.epochs, math.ceil(self.min_steps / steps_per_epoch))


def _kind(field: dataclasses.Field[Any]) -> type:
    """Return the type of a field, without its `| None`."""
    names = {"int": int, "float": float, "str": str, "bool": bool}
    declared = field.type if isinstance(field.type, str) else getattr(field.type, "__name__", str(field.type))
    return names.get(declared.replace("| None", "").strip(), object)


def parse_value(value: object, kind: type) -> Any:
    """Return text converted to the type of a hyperparameter; anything else, and text that does not fit, as it is.

    >>> parse_value("1e-3", float), parse_value("no", bool), parse_value("many", int)
    (0.001, False, 'many')
    """
    if not isinstance(value, str) or kind not in (int, float, bool):
        return value
    if kind is bool:
        words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        return words.get(value.lower(), value)
    try:
        return kind(value)
    except ValueError:
        return value


def _checked(field: dataclasses.Field[Any], value: Any) -> Any:
    """Return the value, a whole number as a float where the field is one, if its type and range fit the field."""
    kind, name = _kind(field), field.name
    if value is None and field.default is None:
        return value
    value = check_value(name, value, _RULES.get(name, _RULES_BY_TYPE[kind]), kind=UsageError)
    return float(value) if kind is float else value
