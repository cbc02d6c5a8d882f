import numpy as np
import pytest

from keras_cnn_course.models.patches import find_strongest_patches


def build(keras, *layers, shape=(12, 11, 1)):
    keras.utils.set_random_seed(4)
    return keras.Sequential([keras.Input(shape, name="image"), *layers])


@pytest.fixture
def searched(keras):
    images = np.random.default_rng(5).integers(0, 256, size=(300, 12, 11, 2), dtype=np.uint8)
    labels = np.arange(300) % 4
    layers = keras.layers
    model = build(
        keras,
        layers.Conv2D(3, 3, name="conv_1"),
        layers.ReLU(),
        layers.MaxPooling2D(),
        layers.Conv2D(2, 2, name="conv_2"),
        shape=(12, 11, 2),
    )
    return model, images, labels, find_strongest_patches(model, images, labels, count=4)


def test_the_patches_are_the_largest_outputs_of_different_images(keras, searched):
    model, images, labels, found = searched
    assert [(layer.layer, layer.field, layer.searched, len(layer.filters)) for layer in found] == [
        ("conv_1", (3, 3), 300, 3),
        ("conv_2", (6, 6), 300, 2),
    ]
    for layer in found:
        part = keras.Model(model.inputs[0], model.get_layer(layer.layer).output)
        maps = part(images / np.float32(255)).numpy()
        for filter_patches in layer.filters:
            largest = maps[..., filter_patches.index].max(axis=(1, 2))
            order = np.argsort(-largest)[:4]
            assert [patch.image for patch in filter_patches.patches] == order.tolist()
            for patch in filter_patches.patches:
                assert patch.label == labels[patch.image]
                # Float32 sums in batches of another size.
                assert patch.activation == pytest.approx(largest[patch.image], rel=1e-5)
                assert maps[patch.image, patch.row, patch.column, filter_patches.index] == largest[patch.image]


def test_an_output_is_computed_from_its_patch(searched):
    model, images, _, found = searched
    kernel, bias = model.get_layer("conv_1").get_weights()
    for filter_patches in found[0].filters:
        for patch in filter_patches.patches:
            by_hand = (patch.pixels / 255 * kernel[..., filter_patches.index]).sum() + bias[filter_patches.index]
            assert patch.activation == pytest.approx(by_hand, rel=1e-5)
    patch = found[1].filters[0].patches[0]
    assert patch.pixels.shape == (6, 6, 2)
    top, left = 2 * patch.row, 2 * patch.column
    np.testing.assert_array_equal(patch.pixels, images[patch.image, top : top + 6, left : left + 6])


@pytest.mark.parametrize("corner", [(0, 0), (0, 10), (11, 0), (11, 10), (5, 0)])
def test_beyond_the_border_a_patch_is_zero(keras, corner):
    model = build(keras, keras.layers.Conv2D(1, 5, padding="same", name="conv_1"))
    center = np.zeros((5, 5, 1, 1), np.float32)
    center[2, 2] = 1
    model.get_layer("conv_1").set_weights([center, np.zeros(1)])
    images = np.full((1, 12, 11, 1), 7, np.uint8)
    images[0, corner[0], corner[1]] = 200
    (layer,) = find_strongest_patches(model, images, np.array([3]))
    (patch,) = layer.filters[0].patches
    padded = np.pad(images[0], ((2, 2), (2, 2), (0, 0)))
    assert (patch.row, patch.column) == corner
    np.testing.assert_array_equal(patch.pixels, padded[corner[0] : corner[0] + 5, corner[1] : corner[1] + 5])
    assert patch.activation == pytest.approx(200 / 255)


def test_a_filter_that_never_answers_is_dead(keras):
    model = build(keras, keras.layers.Conv2D(2, 3, name="conv_1"))
    model.get_layer("conv_1").set_weights([np.full((3, 3, 1, 2), [-1.0, 1.0]), np.zeros(2)])
    images = np.ones((3, 12, 11, 1), np.uint8)
    (layer,) = find_strongest_patches(model, images, np.zeros(3, int))
    assert [patches.is_dead for patches in layer.filters] == [True, False]


def test_a_convolution_after_a_merge_has_patches_too(keras):
    image = keras.Input((8, 8, 1))
    features = keras.layers.Conv2D(2, 3, padding="same", name="conv_1")(image)
    features = keras.layers.Conv2D(2, 3, name="conv_2")(keras.layers.Concatenate()([features, image]))
    model = keras.Model(image, features)
    images = np.random.default_rng(1).integers(0, 256, (3, 8, 8, 1), dtype=np.uint8)
    first, second = find_strongest_patches(model, images, np.zeros(3, int))
    assert [(layer.layer, layer.field) for layer in (first, second)] == [("conv_1", (3, 3)), ("conv_2", (5, 5))]
    patch = second.filters[0].patches[0]
    padded = np.pad(images[patch.image], ((1, 1), (1, 1), (0, 0)))
    np.testing.assert_array_equal(patch.pixels, padded[patch.row : patch.row + 5, patch.column : patch.column + 5])


def test_convolutions_without_evenly_spaced_windows_are_left_out(keras):
    layers = keras.layers
    images, labels = np.zeros((2, 12, 11, 1), np.uint8), np.zeros(2, int)
    assert find_strongest_patches(build(keras, layers.Flatten()), images, labels) == []
    model = build(keras, layers.Conv2D(2, 3, name="conv_1"), layers.UpSampling2D(), layers.Conv2D(2, 3))
    assert [layer.layer for layer in find_strongest_patches(model, images, labels)] == ["conv_1"]
