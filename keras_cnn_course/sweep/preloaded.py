"""Imported once, by the process that others are forked from: each of them begins with all that a training imports."""

from contextlib import suppress

from keras_cnn_course.devices import backend
from keras_cnn_course.errors import UsageError

__all__: list[str] = []

with suppress(UsageError):  # whoever starts TensorFlow in a process forked from this one is told, and can be reported
    backend.load()
    import keras_cnn_course.training.trainer  # noqa: F401
