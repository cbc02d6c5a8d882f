import numpy as np
import pytest

from keras_cnn_course.errors import ExportError
from keras_cnn_course.page.steps import can_show, read_steps


@pytest.fixture
def layers(started):
    from keras import layers

    return layers


def stack(*between, last=None, shape=(8, 8, 1)):
    import keras
    from keras import layers

    last = last or [layers.Flatten(name="flatten"), layers.Dense(3, activation="softmax", name="classifier")]
    return keras.Sequential([keras.Input(shape, name="image"), *between, *last])


def test_the_lectures_network(build_recipe):
    steps = read_steps(build_recipe("cnn"))
    assert [(step.name, step.kind, step.shape) for step in steps] == [
        ("conv_1", "convolution", (26, 26, 32)),
        ("relu_1", "relu", (26, 26, 32)),
        ("pool_1", "max_pooling", (13, 13, 32)),
        ("flatten", "flatten", (5408,)),
        ("dense_1", "dense", (512,)),
        ("dense_1 relu", "relu", (512,)),
        ("classifier", "dense", (10,)),
        ("classifier softmax", "softmax", (10,)),
    ]
    assert steps[0].settings == {"kernelSize": (3, 3), "strides": (1, 1), "padding": "valid"}
    assert {name: array.shape for name, array in steps[0].weights.items()} == {"kernel": (3, 3, 1, 32), "bias": (32,)}


def test_best_cnn_is_a_chain_too(build_recipe):
    kinds = [step.kind for step in read_steps(build_recipe("best_cnn"))]
    assert kinds.count("normalization") == 2
    assert "dropout" not in kinds


def test_a_network_with_branches_is_refused_by_the_layer_that_joins_them(build_recipe):
    model = build_recipe("residual_cnn")
    with pytest.raises(ExportError, match=r"cannot compute layer 'add_2' \(Add\)"):
        read_steps(model)
    assert not can_show(model)


def test_weights_are_the_models(build_everything):
    model = build_everything()
    steps = {step.name: step for step in read_steps(model)}
    np.testing.assert_array_equal(steps["conv_2"].weights["kernel"], model.get_layer("conv_2").get_weights()[0])
    assert list(steps["conv_1"].weights) == ["kernel"]
    assert list(steps["normalize_2"].weights) == ["gamma", "mean", "variance"]
    assert steps["normalize_1"].settings == {"epsilon": pytest.approx(0.001)}
    assert steps["scale"].settings == {"scale": 2.0, "offset": -0.5}


def test_logits_get_the_softmax_that_the_loss_applies(build_everything):
    assert read_steps(build_everything())[-1].kind == "softmax"


def test_layers_that_do_nothing_at_inference_are_left_out(layers):
    between = [layers.RandomFlip(), layers.GaussianNoise(0.1), layers.Conv2D(2, 3, name="conv"), layers.Dropout(0.5)]
    steps = read_steps(stack(*between, layers.SpatialDropout2D(0.1), layers.Activation("linear")))
    assert [step.name for step in steps] == ["conv", "flatten", "classifier", "classifier softmax"]


def test_leaky_relu_and_global_average(layers):
    last = [layers.GlobalAveragePooling2D(name="mean"), layers.Dense(3, activation="softmax")]
    leaky, mean, *_ = read_steps(stack(layers.LeakyReLU(negative_slope=0.2, name="leaky"), last=last))
    assert (leaky.kind, leaky.settings, leaky.shape) == ("leaky_relu", {"slope": pytest.approx(0.2)}, (8, 8, 1))
    assert (mean.kind, mean.shape) == ("global_average", (1,))


REFUSED = {
    "GlobalMaxPooling2D": lambda layers: layers.GlobalMaxPooling2D(name="x"),
    "DepthwiseConv2D": lambda layers: layers.DepthwiseConv2D(3, name="x"),
    "PReLU": lambda layers: layers.PReLU(name="x"),
    "RandomCrop": lambda layers: layers.RandomCrop(6, 6, name="x"),
    "Conv2D with activation 'tanh'": lambda layers: layers.Conv2D(2, 3, activation="tanh", name="x"),
    "Conv2D with dilation_rate=(2, 2)": lambda layers: layers.Conv2D(2, 3, dilation_rate=2, name="x"),
    "Conv2D with a softmax per pixel": lambda layers: layers.Conv2D(2, 3, activation="softmax", name="x"),
    "Activation with activation 'gelu'": lambda layers: layers.Activation("gelu", name="x"),
    "Dense on feature maps": lambda layers: layers.Dense(4, name="x"),
    "ReLU with max_value=6": lambda layers: layers.ReLU(max_value=6, name="x"),
    "ReLU with negative_slope=0.1": lambda layers: layers.ReLU(negative_slope=0.1, name="x"),
    "BatchNormalization with axis=1": lambda layers: layers.BatchNormalization(axis=1, name="x"),
    "Rescaling with a scale per channel": lambda layers: layers.Rescaling([1.0], name="x"),
    "Softmax with a softmax per pixel": lambda layers: layers.Softmax(name="x"),
}


@pytest.mark.parametrize("named", REFUSED)
def test_unknown_layers_and_settings_are_refused_by_name(named, layers):
    last = None
    if "Global" in named:
        last = [layers.Dense(3, activation="softmax")]
    with pytest.raises(ExportError) as caught:
        read_steps(stack(REFUSED[named](layers), last=last))
    assert f"cannot compute layer 'x' ({named}). It knows Conv2D" in str(caught.value)


def test_branches_are_refused(started):
    import keras
    from keras import layers

    image = keras.Input((8, 8, 1))
    flat = layers.Flatten()(image)
    branch = layers.Dense(3, name="side")(flat)
    model = keras.Model(image, layers.Add(name="meet")([branch, layers.Dense(3)(flat)]))
    with pytest.raises(ExportError, match=r"cannot compute layer 'meet' \(Add\)"):
        read_steps(model)


def test_a_layer_used_twice_is_refused(started):
    import keras
    from keras import layers

    image = keras.Input((8,))
    shared = layers.Dense(8, name="shared")
    model = keras.Model(image, layers.Softmax()(shared(layers.ReLU()(shared(image)))), name="twice")
    with pytest.raises(ExportError, match="model 'twice' has branches or uses a layer twice"):
        read_steps(model)


def test_a_model_in_the_model_is_refused(started):
    import keras
    from keras import layers

    inner = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3)], name="inner")
    with pytest.raises(ExportError, match=r"cannot compute layer 'inner' \(Sequential\)"):
        read_steps(stack(inner))


def test_a_model_must_end_in_probabilities(layers):
    with pytest.raises(ExportError, match="needs a model that ends in a softmax; this one ends in layer 'scores'"):
        read_steps(stack(last=[layers.Flatten(), layers.Dense(3, name="scores")]))
