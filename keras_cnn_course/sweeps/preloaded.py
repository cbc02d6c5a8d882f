"""Imported once by the process that trials are forked from, so that a trial need not load TensorFlow again."""

from contextlib import suppress

from keras_cnn_course.devices import backend
from keras_cnn_course.errors import UsageError

__all__: list[str] = []

with suppress(UsageError):  # a trial meets the same error when it starts TensorFlow, where it can be reported
    backend.load()
    import keras_cnn_course.training.trainer  # noqa: F401
