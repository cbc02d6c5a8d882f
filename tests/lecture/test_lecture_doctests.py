"""The examples in the docstrings are true."""

import doctest
import importlib
import pkgutil

import pytest

import keras_cnn_course.lecture

MODULES = [module.name for module in pkgutil.iter_modules(keras_cnn_course.lecture.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    module = importlib.import_module(f"keras_cnn_course.lecture.{name}")
    assert doctest.testmod(module).failed == 0


def test_the_operations_have_examples():
    for name in ("convolution", "filters", "activation", "pooling", "receptive_field", "loss", "shift"):
        module = importlib.import_module(f"keras_cnn_course.lecture.{name}")
        assert sum(len(test.examples) for test in doctest.DocTestFinder().find(module)) >= 3
