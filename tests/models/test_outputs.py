import itertools
from dataclasses import replace

import numpy as np
import pytest

from keras_cnn_course.errors import RunError
from keras_cnn_course.lecture.activation import relu, softmax
from keras_cnn_course.lecture.convolution import convolve
from keras_cnn_course.lecture.pooling import max_pool
from keras_cnn_course.models.outputs import find_pooled_map, read_layer_outputs


@pytest.fixture
def outputs(build_cnn, images_and_labels):
    model = build_cnn()
    images, _ = images_and_labels(3)
    return model, images, read_layer_outputs(model, images)


def test_every_layer_agrees_with_the_lectures_numpy(outputs):
    model, images, found = outputs
    by_name = {output.name: output for output in found}
    image = images[0] / np.float32(255)
    kernel, bias = model.get_layer("conv_1").get_weights()
    sums = convolve(image, kernel, bias)
    pooled = max_pool(relu(sums))
    second = convolve(pooled, model.get_layer("conv_2").get_weights()[0])
    dense, offset = model.get_layer("classifier").get_weights()
    logits = relu(second).reshape(-1) @ dense + offset
    for name, expected in {
        "conv_1": sums,
        "relu_1": relu(sums),
        "pool_1": pooled,
        "conv_2": second,
        "classifier": logits,
        "classifier softmax": softmax(logits),
    }.items():
        np.testing.assert_allclose(by_name[name].values[0], expected, atol=1e-5)  # float32 sums in another order


def test_names_kinds_and_inputs(outputs):
    _, images, found = outputs
    assert [(output.name, output.kind) for output in found][-3:] == [
        ("flatten", "Flatten"),
        ("classifier", "Dense"),
        ("classifier softmax", "softmax"),
    ]
    np.testing.assert_array_equal(found[0].inputs, images / np.float32(255))
    for before, output in itertools.pairwise(found):
        np.testing.assert_array_equal(output.inputs, before.values)
    changes = {output.name: output.changes_numbers for output in found}
    assert not changes["flatten"]
    assert changes["conv_1"]
    assert [output.name for output in found if output.is_rectified] == ["relu_1", "relu_2"]


def test_an_activation_within_a_layer_is_split_off(keras):
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((6, 6, 1)), layers.Conv2D(2, 3, activation="relu", strides=2, padding="same", name="conv_1")]
    )
    before, after = read_layer_outputs(model, np.full((1, 6, 6, 1), 255, np.uint8))
    assert (before.name, after.name) == ("conv_1", "conv_1 relu")
    np.testing.assert_array_equal(after.values, relu(before.values))
    assert (before.values < 0).any()


def test_a_model_with_branches_and_models_inside_is_read(keras):
    layers = keras.layers
    image = inner_image = keras.Input((4, 4, 1))
    one = keras.Model(inner_image, layers.Conv2D(2, 1)(inner_image), name="one")
    two = keras.Sequential([keras.Input((4, 4, 3)), layers.Conv2D(1, 1)], name="two")
    model = keras.Model(image, two(layers.Concatenate(name="meet")([one(image), image])))
    images = np.full((2, 4, 4, 1), 51, np.uint8)
    found = read_layer_outputs(model, images)
    assert [(output.name, output.values.shape[-1]) for output in found] == [("one", 2), ("meet", 3), ("two", 1)]
    np.testing.assert_allclose(found[-1].values, model(images / np.float32(255)), atol=1e-6)


def test_a_layer_used_twice_has_two_outputs(keras):
    image = keras.Input((4,))
    shared = keras.layers.Dense(4, name="shared")
    found = read_layer_outputs(keras.Model(image, shared(shared(image))), np.ones((1, 4), np.uint8))
    assert [output.name for output in found] == ["shared", "shared"]
    np.testing.assert_array_equal(found[1].inputs, found[0].values)


def test_silent_channels(outputs):
    _, _, found = outputs
    rectified = next(output for output in found if output.name == "relu_1")
    quiet = rectified.values * np.array([1, 0, 1], np.float32)
    assert replace(rectified, values=quiet).silent_channels().tolist() == [False, True, False]


def test_a_diverged_model_is_refused(build_cnn, images_and_labels):
    model = build_cnn()
    kernel, bias = model.get_layer("conv_1").get_weights()
    model.get_layer("conv_1").set_weights([kernel * np.nan, bias])
    with pytest.raises(RunError, match=r"outputs of layer 'conv_1' are not finite"):
        read_layer_outputs(model, images_and_labels(1)[0])


def pool(keras, layer, shape=(7, 6, 3)):
    model = keras.Sequential([keras.Input(shape), layer])
    images = np.random.default_rng(2).integers(0, 256, (1, *shape), dtype=np.uint8)
    images[0, 4, 3, 1] = 255
    (output,) = read_layer_outputs(model, images)
    return find_pooled_map(output), images[0] / np.float32(255)


@pytest.mark.parametrize(
    ("size", "stride", "padding"), [(2, 2, "valid"), (3, 2, "same"), (3, 3, "same"), (2, 1, "valid")]
)
def test_the_winners_are_the_numbers_that_are_kept(keras, size, stride, padding):
    pooled, image = pool(keras, keras.layers.MaxPooling2D(size, strides=stride, padding=padding, name="pool_1"))
    assert (pooled.layer, pooled.channels) == ("pool_1", 3)
    np.testing.assert_array_equal(pooled.before, image[..., pooled.channel])
    assert pooled.after.max() == 1
    for place in np.ndindex(*pooled.after.shape):
        window = pooled.before[pooled.window_at(*place)]
        assert window.max() == pooled.after[place]
        assert pooled.before[tuple(pooled.winners[place])] == pooled.after[place]


def test_windows_that_are_not_square_are_left_out(keras):
    assert pool(keras, keras.layers.AveragePooling2D((2, 3)))[0] is None
