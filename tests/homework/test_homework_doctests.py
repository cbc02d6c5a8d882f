"""The examples in the homework's docstrings are correct."""

import doctest
import importlib
import pkgutil

import pytest

import keras_cnn_course.homework

MODULES = [
    module.name
    for module in pkgutil.walk_packages(keras_cnn_course.homework.__path__, "keras_cnn_course.homework.")
    if ".exercises." not in module.name and not module.name.endswith("keras_drivers")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    module = importlib.import_module(name)
    assert doctest.testmod(module).failed == 0


def test_there_are_some():
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = [test for name in MODULES for test in finder.find(importlib.import_module(name)) if test.examples]
    assert len(found) >= 10
