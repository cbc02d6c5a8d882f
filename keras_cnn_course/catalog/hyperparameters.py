"""The numbers of a recipe that are chosen rather than learned."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from keras_cnn_course.errors import UsageError, did_you_mean

__all__ = ["CHOICES", "Hyperparameters"]

CHOICES = {
    "schedule": ("one_cycle", "constant"),
    "augment": ("none", "shift", "affine", "elastic"),
}

_RANGES: dict[str, tuple[float, float]] = {
    "epochs": (1, 100_000),
    "min_steps": (0, 10_000_000),
    "batch_size": (1, 1_000_000),
    "learning_rate": (1e-9, 100.0),
    "validation_split": (0.01, 0.5),
    "filters": (1, 4096),
    "units": (1, 65_536),
}


@dataclass(frozen=True, kw_only=True)
class Hyperparameters:
    """The chosen numbers of a recipe. `None` marks one that the recipe does not use.

    Training lasts `epochs` passes over the training images, or as many more as it takes to reach `min_steps`
    optimizer steps: a small data set is seen more often (see `epochs_for`).

    A recipe that needs a number of its own subclasses this with a further annotated field:

        @dataclass(frozen=True, kw_only=True)
        class MyHyperparameters(Hyperparameters):
            dropout: float = 0.5

    Args:
        epochs: passes over the training images.
        min_steps: optimizer steps to take at least; 0 leaves the length to `epochs` alone.
        batch_size: images an optimizer step.
        learning_rate: step size of the optimizer; with `one_cycle` its peak.
        schedule: `one_cycle` (the rate rises to its peak, then falls to almost zero) or `constant`.
        augment: how the training images are changed, anew in every epoch: `none`, `shift`, `affine` (with rotation and
            scaling) or `elastic` (with elastic distortion).
        validation_split: share of the training images held out to choose the best epoch.
        filters: kernels k of the first convolution.
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
    validation_split: float = 0.1
    filters: int | None = None
    units: int | None = None

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            object.__setattr__(self, field.name, _checked(field, getattr(self, field.name)))

    def used(self) -> dict[str, Any]:
        """Return the names and values that the recipe uses, in order."""
        return {name: value for name, value in dataclasses.asdict(self).items() if value is not None}

    def with_overrides(self, overrides: Mapping[str, object]) -> Self:
        """Return a copy with the values replaced; text such as "16" is converted to the field's type.

        `epochs` alone means exactly that many: it also sets `min_steps` to 0.

        Raises:
            UsageError: a name that this recipe does not use, or a value of the wrong type or out of range.
        """
        for name in overrides:
            if name not in self.used():
                raise UsageError(
                    f"Expected a hyperparameter of this recipe ({', '.join(self.used())}). "
                    f"Received: {name!r}.{did_you_mean(name, self.used())}"
                )
        fields = {field.name: field for field in dataclasses.fields(self)}
        values = {name: _parsed(fields[name], value) for name, value in overrides.items()}
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


def _parsed(field: dataclasses.Field[Any], value: object) -> Any:
    """Return text converted to the field's type; anything else as it is."""
    kind = _kind(field)
    if not isinstance(value, str) or kind in (str, object):
        return value
    if kind is bool:
        words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        return words.get(value.lower(), value)
    try:
        return kind(value)
    except ValueError:
        return value


def _checked(field: dataclasses.Field[Any], value: Any) -> Any:
    """Return the value if its type and range fit the field."""
    kind, name = _kind(field), field.name
    if (value is None and field.default is None) or kind is object:
        return value
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not kind:
        raise UsageError(f"Expected {name} to be {_article(kind)}. Received: {name}={value!r}.")
    _check_range(name, value)
    return value


def _check_range(name: str, value: Any) -> None:
    """Check a value of the right type against the choices or the bounds of its name, where there are any."""
    if name in CHOICES and value not in CHOICES[name]:
        raise UsageError(
            f"Expected {name} to be one of {', '.join(CHOICES[name])}. "
            f"Received: {value!r}.{did_you_mean(value, CHOICES[name])}"
        )
    if name in _RANGES:
        low, high = _RANGES[name]
        if not low <= value <= high:
            raise UsageError(f"Expected {name} to be between {low:g} and {high:g}. Received: {name}={value!r}.")


def _article(kind: type) -> str:
    names = {int: "a whole number", float: "a number", str: "a word", bool: "true or false"}
    return names.get(kind, kind.__name__)
