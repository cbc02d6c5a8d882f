"""The examples in the docstrings are true."""

import doctest
import importlib
import pkgutil

import pytest

import keras_cnn_course.lecture

PREFIX = "keras_cnn_course.lecture"
MODULES = [PREFIX, *(module.name for module in pkgutil.walk_packages(keras_cnn_course.lecture.__path__, f"{PREFIX}."))]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    module = importlib.import_module(name)
    assert doctest.testmod(module).failed == 0


def test_the_operations_have_examples():
    for name in ("convolution", "filter_text", "activation", "pooling", "receptive_field", "loss", "shift"):
        module = importlib.import_module(f"keras_cnn_course.lecture.{name}")
        assert sum(len(test.examples) for test in doctest.DocTestFinder().find(module)) >= 3


def test_every_operation_is_found_in_the_package_itself():
    for name in keras_cnn_course.lecture.__all__:
        assert getattr(keras_cnn_course.lecture, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'convolute'"):
        keras_cnn_course.lecture.convolute  # noqa: B018
