"""The walk over a model: Sequential, functional, nested, shared layers, and models read from a file."""

from pathlib import Path

import numpy as np
import pytest

import keras_cnn_course
from keras_cnn_course.errors import UsageError
from keras_cnn_course.lecture.receptive_field import Stage
from keras_cnn_course.models.graph import find_graphs, list_layers, read_graph


def describe(graph):
    return [(call.name, call.feeds) for call in graph.calls]


@pytest.fixture
def layers(keras):
    return keras.layers


def test_keras_still_has_the_private_names_that_the_walk_uses(keras):
    dense = keras.layers.Dense(2)
    tensor = dense(keras.Input((3,)))
    wanted = {"tensor._keras_history": hasattr(tensor, "_keras_history")}
    wanted["layer._inbound_nodes"] = hasattr(dense, "_inbound_nodes")
    wanted["model._flatten_layers"] = hasattr(keras.Model, "_flatten_layers")
    node = getattr(dense, "_inbound_nodes", [None])[0]
    for name in ("operation", "input_tensors", "output_tensors"):
        wanted[f"node.{name}"] = hasattr(node, name)
    missing = [name for name, found in wanted.items() if not found]
    assert not missing, f"this version of Keras has no {', '.join(missing)}: adapt models/graph.py"


def test_private_names_of_keras_graphs_are_used_in_one_module():
    package = Path(keras_cnn_course.__file__).parent
    private = ("_keras_history", "_inbound_nodes", "_flatten_layers", "_nodes_by_depth", "._functional")
    users = {path.name for path in package.rglob("*.py") if any(name in path.read_text() for name in private)}
    assert users == {"graph.py"}


def test_a_sequential_model_is_a_chain(build_cnn):
    graph = read_graph(build_cnn())
    names = ["image", "conv_1", "relu_1", "pool_1", "conv_2", "relu_2", "flatten", "classifier"]
    assert [call.name for call in graph.calls] == names
    assert graph.is_chain()
    conv, pool, classifier = graph.calls[1], graph.calls[3], graph.calls[-1]
    assert (conv.input_shapes, conv.output_shape) == (((8, 8, 1),), (6, 6, 3))
    assert conv.stages == (Stage(3), Stage(3))
    assert pool.stages == (Stage(2, stride=2), Stage(2, stride=2))
    assert (conv.is_convolution, pool.is_pooling, pool.is_convolution) == (True, True, False)
    assert (classifier.activation, classifier.splits_activation, conv.splits_activation) == ("softmax", True, False)


def test_hidden_layers_lead_to_another_layer_with_weights(keras, layers):
    inner = keras.Sequential(
        [keras.Input((8,)), layers.Dense(5, name="x"), layers.ReLU(name="r"), layers.Dense(4, name="y")]
    )
    image = keras.Input((8,), name="image")
    heads = [layers.Dense(3, activation="softmax", name=name)(inner(image)) for name in ("a", "b")]
    averaged = keras.Model(image, layers.Average(name="mean")(heads))
    ends_nested = keras.Model(image, layers.Softmax(name="s")(inner(image)))

    def names(model):
        return {layer.name for layer in read_graph(model).find_hidden()} & {*"xryabs", "mean"}

    assert names(averaged) == {"x", "r", "y"}
    assert names(ends_nested) == {"x", "r"}


def test_operations_are_no_hidden_layers(keras, layers):
    image = keras.Input((8,), name="image")
    scaled = keras.ops.relu(layers.Dense(5, name="x")(2 * image)) + 1
    model = keras.Model(image, keras.ops.softmax(layers.Dense(3, name="y")(scaled)))
    assert [layer.name for layer in read_graph(model).find_hidden()] == ["image", "x"]


def test_a_model_read_from_a_file_has_the_same_graph(keras, build_cnn, tmp_path):
    model = build_cnn()
    model.optimizer.build(model.trainable_variables)
    model.save(tmp_path / "model.keras")
    read = keras.models.load_model(tmp_path / "model.keras")
    assert describe(read_graph(read)) == describe(read_graph(model))


def test_calling_a_model_elsewhere_does_not_change_its_graph(keras, build_cnn):
    model = build_cnn()
    before = describe(read_graph(model))
    keras.Model(image := keras.Input((8, 8, 1)), model(image))
    assert describe(read_graph(model)) == before


def test_branches_and_shared_layers(keras, layers):
    image = keras.Input((8, 8, 2), name="image")
    shared = layers.Conv2D(2, 3, padding="same", name="shared")
    once = shared(image)
    twice = shared(once)
    model = keras.Model(image, layers.Add(name="add")([twice, once]))
    graph = read_graph(model)
    assert describe(graph) == [("image", ()), ("shared", (0,)), ("shared", (1,)), ("add", (2, 1))]
    assert len(graph.calls_of(shared)) == 2
    assert not graph.is_chain()


def test_a_nested_model_has_a_graph_of_its_own(keras, layers):
    inner = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3, name="conv")], name="inner")
    model = keras.Sequential([keras.Input((8, 8, 1), name="image"), inner, layers.Flatten(name="flatten")])
    graph = read_graph(model)
    assert describe(graph) == [("image", ()), ("inner", (0,)), ("flatten", (1,))]
    assert [call.name for call in graph.calls[1].inner.calls][1:] == ["conv"]
    assert [call.name for call in graph.leaves()] == ["conv", "flatten"]
    assert len(find_graphs(model)) == 2


def test_all_layers_are_listed_those_of_layers_and_subclassed_models_too(keras, layers):
    class Block(layers.Layer):
        def __init__(self):
            super().__init__(name="block")
            self.dense = layers.Dense(2, name="dense")

    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.stack = keras.Sequential([layers.Flatten(name="flatten")])
            self.block = Block()

    assert {layer.name for layer in list_layers(Own())} == {"flatten", "block", "dense"}


def test_arithmetic_on_tensors_is_a_call_too(keras, layers):
    image = keras.Input((8, 8, 1), name="image")
    graph = read_graph(keras.Model(image, layers.Conv2D(1, 1, name="conv")(image) + image))
    assert describe(graph)[:2] == [("image", ()), ("conv", (0,))]
    assert (graph.calls[-1].kind, graph.calls[-1].feeds) == ("Add", (1, 0))


def test_several_inputs_keep_their_order(keras, layers):
    one, two = keras.Input((4,), name="one"), keras.Input((4,), name="two")
    graph = read_graph(keras.Model([one, two], layers.Subtract()([two, one])))
    assert [graph.calls[place].name for place in graph.inputs] == ["one", "two"]
    assert [graph.calls[place].name for place in graph.calls[-1].feeds] == ["two", "one"]


@pytest.mark.parametrize(
    "make",
    [
        lambda layers: layers.Dropout(0.5),
        lambda layers: layers.SpatialDropout2D(0.5),
        lambda layers: layers.GaussianNoise(0.5),
        lambda layers: layers.RandomFlip(),
        lambda layers: layers.RandomRotation(0.1),
        lambda layers: layers.Activation("linear"),
        lambda layers: layers.Identity(),
    ],
)
def test_layers_that_do_nothing_at_inference(keras, layers, make):
    layer = make(layers)
    model = keras.Sequential([keras.Input((8, 8, 1)), layer])
    assert read_graph(model).calls[1].is_identity
    images = np.random.default_rng(0).random((2, 8, 8, 1), dtype=np.float32)
    np.testing.assert_array_equal(model(images, training=False), images)


def test_layers_that_do_something_at_inference(keras, layers):
    class Dropout(layers.Dropout):
        def call(self, inputs, training=False):
            return -inputs

    def call(layer):
        return read_graph(keras.Sequential([keras.Input((8, 8, 1)), layer])).calls[1]

    assert not call(layers.ReLU()).is_identity
    assert not call(layers.RandomCrop(4, 4)).is_identity
    assert not call(Dropout(0.5)).is_identity


def test_a_model_without_a_graph_is_refused_by_name(keras, layers):
    class Own(keras.Model):
        def call(self, inputs):
            return inputs

    for model in (Own(name="own"), keras.Sequential([layers.Dense(3)], name="own")):
        assert find_graphs(model) == []
        with pytest.raises(UsageError, match=r"Cannot look inside model 'own'"):
            read_graph(model)
