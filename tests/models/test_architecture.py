"""The layer table: the lecture's numbers, and receptive fields and costs against measurements."""

import numpy as np
import pytest

from keras_cnn_course.catalog.building import build_compiled_model
from keras_cnn_course.catalog.recipes import find_recipe, load_recipe
from keras_cnn_course.devices import backend
from keras_cnn_course.lecture.receptive_field import extent, measure_receptive_field
from keras_cnn_course.models.architecture import describe_architecture


@pytest.fixture(scope="module", autouse=True)
def _tensorflow():
    backend.start(device="cpu")


def _describe_recipe(name, input_shape=(28, 28, 1)):
    recipe = load_recipe(find_recipe(name))
    model = build_compiled_model(recipe, recipe.hyperparameters, input_shape=input_shape, num_classes=10, seed=0)
    return describe_architecture(model)


def _build(*layers, shape=(28, 28, 1)):
    import keras

    return keras.Sequential([keras.Input(shape, name="image"), *layers])


@pytest.mark.parametrize(
    ("name", "parameters", "multiply_adds"),
    [
        ("softmax", 7_850, 784 * 10),
        ("mlp", 407_050, 784 * 512 + 512 * 10),
        ("cnn", 2_774_858, 26 * 26 * 9 * 32 + 5408 * 512 + 512 * 10),
        ("deep_cnn", 843_658, 26 * 26 * 9 * 32 + 11 * 11 * 9 * 32 * 64 + 1600 * 512 + 512 * 10),
    ],
)
def test_totals_of_the_lectures_networks(name, parameters, multiply_adds):
    architecture = _describe_recipe(name)
    assert architecture.parameters == architecture.trainable_parameters == parameters
    assert architecture.multiply_adds == multiply_adds
    assert sum(layer.parameters for layer in architecture.layers) == parameters


def test_arithmetic_of_the_lectures_one_block_network():
    rows = {layer.name: layer for layer in _describe_recipe("cnn").layers}
    assert list(rows) == ["conv_1", "relu_1", "pool_1", "flatten", "dense_1", "classifier"]
    assert rows["conv_1"].shape_arithmetic == "28-3+1 = 26"
    assert rows["conv_1"].parameter_arithmetic == "(3*3*1+1)*32 = 320"
    assert rows["conv_1"].multiply_adds == 194_688
    assert rows["pool_1"].shape_arithmetic == "26/2 = 13"
    assert rows["flatten"].shape_arithmetic == "13*13*32 = 5,408"
    assert rows["dense_1"].parameter_arithmetic == "5408*512+512 = 2,769,408"
    assert [layer.receptive_field for layer in rows.values()] == [(3, 3), (3, 3), (4, 4), (4, 4), (28, 28), (28, 28)]


def test_two_blocks_do_not_see_the_last_two_rows():
    architecture = _describe_recipe("deep_cnn")
    assert architecture.layers[5].shape_arithmetic == "floor(11/2) = 5"
    assert [layer.receptive_field for layer in architecture.layers[5:]] == [(10, 10), (10, 10), (26, 26), (26, 26)]


@pytest.mark.parametrize(
    ("options", "spelled"),
    [
        ({"kernel_size": 3}, "28-3+1 = 26, 20-3+1 = 18"),
        ({"kernel_size": 3, "padding": "same"}, "28+2-3+1 = 28, 20+2-3+1 = 20"),
        ({"kernel_size": 5, "strides": 2}, "floor((28-5)/2)+1 = 12, floor((20-5)/2)+1 = 8"),
        ({"kernel_size": 3, "strides": 3, "padding": "same"}, "ceil(28/3) = 10, ceil(20/3) = 7"),
        ({"kernel_size": 3, "dilation_rate": 2}, "28-(2*(3-1)+1)+1 = 24, 20-(2*(3-1)+1)+1 = 16"),
        ({"kernel_size": (1, 5)}, "28-1+1 = 28, 20-5+1 = 16"),
    ],
)
def test_spelled_shapes_give_what_keras_gives(options, spelled):
    from keras import layers

    (layer,) = describe_architecture(_build(layers.Conv2D(4, **options), shape=(28, 20, 2))).layers
    assert layer.shape_arithmetic == spelled
    results = [int(part.rpartition(" = ")[2]) for part in spelled.split(", ")]
    assert tuple(results) == layer.output_shape[:2]


@pytest.mark.parametrize("seed", range(4))
def test_receptive_field_is_what_changing_pixels_measures(seed):
    import keras
    from keras import layers

    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    stack = [
        layers.Conv2D(2, int(rng.integers(1, 4)), padding=str(rng.choice(["valid", "same"])), dilation_rate=2),
        layers.BatchNormalization(),
        layers.AveragePooling2D(2, strides=int(rng.integers(1, 3))),
        layers.Conv2D(2, (3, 2), strides=int(rng.integers(1, 3)), padding=str(rng.choice(["valid", "same"]))),
        layers.Flatten(),
        layers.Dense(2),
    ]
    model = _build(*stack, shape=(13, 11, 1))
    architecture = describe_architecture(model)
    last = _measured(model, 3, stack)
    assert architecture.layers[3].receptive_field == last
    seen = measure_receptive_field(model.predict_on_batch, image_shape=(13, 11, 1), position=(0,))
    assert architecture.layers[-1].receptive_field == (extent(seen).height, extent(seen).width)


def _measured(model, index, stack):
    """Return the largest extent that any output of a layer is changed by."""
    import keras

    part = keras.Model(model.inputs[0], stack[index].output)
    height, width = part.output_shape[1:3]
    found = [
        extent(measure_receptive_field(part.predict_on_batch, image_shape=(13, 11, 1), position=(row, column)))
        for row, column in [(0, 0), (height // 2, width // 2), (height - 1, width - 1)]
    ]
    return max(box.height for box in found), max(box.width for box in found)


def test_parameters_without_bias_grouped_depthwise_and_normalized():
    from keras import layers

    model = _build(
        layers.Conv2D(8, 3, use_bias=False, name="plain"),
        layers.Conv2D(8, 3, groups=2, name="grouped"),
        layers.DepthwiseConv2D(3, depth_multiplier=2, name="depthwise"),
        layers.BatchNormalization(name="norm"),
        layers.GlobalAveragePooling2D(name="mean"),
        layers.Dense(3, use_bias=False, name="dense"),
        shape=(12, 12, 4),
    )
    architecture = describe_architecture(model)
    rows = {layer.name: layer for layer in architecture.layers}
    assert rows["plain"].parameter_arithmetic == "3*3*4*8 = 288"
    assert rows["grouped"].parameter_arithmetic == "(3*3*4+1)*8 = 296"
    assert rows["depthwise"].parameter_arithmetic == "(3*3+1)*16 = 160"
    assert rows["norm"].parameter_arithmetic == "4*16 = 64"
    assert rows["dense"].parameter_arithmetic == "16*3 = 48"
    assert rows["mean"].receptive_field == (12, 12)
    assert architecture.parameters - architecture.trainable_parameters == 32
    assert rows["grouped"].multiply_adds == 8 * 8 * 8 * 9 * 4
    assert rows["depthwise"].multiply_adds == 6 * 6 * 16 * 9


@pytest.mark.parametrize("between", ["SpatialDropout2D", "GaussianNoise", "Softmax", "PReLU", "RandomFlip"])
def test_layers_that_look_at_one_pixel_do_not_hide_the_receptive_field(between):
    from keras import layers

    layer = {"SpatialDropout2D": [0.1], "GaussianNoise": [0.1]}.get(between, [])
    stack = [layers.Conv2D(2, 3), getattr(layers, between)(*layer), layers.Conv2D(2, 3)]
    assert describe_architecture(_build(*stack)).layers[-1].receptive_field == (5, 5)


def test_residual_block_sees_as_far_as_its_longest_path():
    import keras
    from keras import layers

    image = keras.Input((16, 16, 1), name="image")
    first = layers.Conv2D(4, 3, padding="same")(image)
    second = layers.Conv2D(4, 3, padding="same")(first)
    last = layers.Conv2D(4, 3, name="last")(layers.Add(name="add")([first, second]))
    rows = {layer.name: layer for layer in describe_architecture(keras.Model(image, last)).layers}
    assert (rows["add"].receptive_field, rows["last"].receptive_field) == ((5, 5), (7, 7))


def test_a_layer_that_is_called_several_times_costs_and_sees_as_often():
    import keras
    from keras import layers

    shared = layers.Conv2D(4, 3, padding="same", name="shared")
    image = keras.Input((10, 10, 4), name="image")
    architecture = describe_architecture(keras.Model(image, shared(shared(shared(image)))))
    (row,) = architecture.layers
    assert (row.receptive_field, row.parameters) == ((7, 7), 3 * 3 * 4 * 4 + 4)
    assert row.multiply_adds == architecture.multiply_adds == 3 * 100 * 3 * 3 * 4 * 4


def test_separable_convolutions_and_nested_models():
    import keras
    from keras import layers

    inner = keras.Sequential([keras.Input((10, 10, 8)), layers.Conv2D(2, 3), layers.MaxPooling2D()], name="inner")
    model = _build(layers.SeparableConv2D(8, 3, depth_multiplier=2, name="separable"), inner, shape=(12, 12, 3))
    rows = {layer.name: layer for layer in describe_architecture(model).layers}
    assert rows["separable"].parameter_arithmetic == "3*3*6+(6+1)*8 = 110"
    assert rows["separable"].multiply_adds == 100 * (3 * 3 * 6 + 6 * 8)
    assert (rows["inner"].parameters, rows["inner"].multiply_adds) == (146, 64 * 3 * 3 * 8 * 2)
    assert (rows["inner"].output_shape, rows["inner"].receptive_field) == ((4, 4, 2), (6, 6))


def test_an_unknown_layer_shows_what_keras_knows_and_no_guess():
    import keras
    from keras import layers

    class Conv2D(keras.layers.Layer):  # the name of a known class, but not that class
        def build(self, input_shape):
            self.factor = self.add_weight(shape=(7,), name="factor")

        def call(self, inputs):
            return inputs * keras.ops.sum(self.factor)

    architecture = describe_architecture(_build(Conv2D(name="mine"), layers.ReLU(), shape=(8, 8, 1)))
    mine, after = architecture.layers
    assert (mine.parameter_arithmetic, mine.shape_arithmetic, mine.output_shape) == ("7", "", (8, 8, 1))
    assert mine.multiply_adds is mine.receptive_field is after.receptive_field is architecture.multiply_adds is None
