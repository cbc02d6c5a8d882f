"""The import path of `Hyperparameters` in version 0.1, which students' recipes and stored runs use."""

from keras_cnn_course.catalog.hyperparameters import Hyperparameters

__all__ = ["Hyperparameters"]
