"""The wording that all messages share."""

import doctest

import pytest

from keras_cnn_course import errors
from keras_cnn_course.errors import describe_failure


def test_doctests():
    assert doctest.testmod(errors).failed == 0


@pytest.fixture
def describe_call(keras):
    """A function that returns how the error of a layer with that `call` is described, on two rows of three ones."""

    def describe(call):
        layer = type("Mine", (keras.layers.Layer,), {"call": lambda self, inputs: call(inputs)})()
        with pytest.raises(Exception, match="Arguments received by") as caught:
            layer(keras.ops.ones((2, 3)))
        return describe_failure(caught.value)

    return describe


def test_of_an_error_in_a_layer_only_the_call_and_the_reason_are_left(keras, describe_call):
    assert describe_call(lambda inputs: inputs + keras.ops.ones((4, 5))) == (
        "InvalidArgumentError in Mine.call(): Incompatible shapes: [2,3] vs. [4,5] [Op:AddV2]"
    )
    assert describe_call(lambda inputs: {}["missing"]) == "KeyError in Mine.call(): missing"


def test_a_long_reason_is_shortened_and_none_left_out():
    assert describe_failure(ValueError("a " * 1000)) == f"ValueError: {'a ' * 150}..."
    assert describe_failure(MemoryError()) == "MemoryError"
