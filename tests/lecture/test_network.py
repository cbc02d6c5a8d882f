import pytest

from keras_cnn_course.errors import UsageError
from keras_cnn_course.lecture.network import NETWORKS, Layer, size_layers

PARAMETERS = {"softmax": 7_850, "mlp": 407_050, "cnn": 2_774_858, "deep_cnn": 843_658}


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_lectures_parameter_counts(name):
    assert sum(layer.parameters for layer in size_layers(NETWORKS[name])) == PARAMETERS[name]
    assert set(NETWORKS) == set(PARAMETERS)


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_recipes_are_these_networks(started, name):
    from keras_cnn_course.catalog.recipes import find_recipe, load_recipe

    recipe = load_recipe(find_recipe(name))
    model = recipe.build_model(recipe.hyperparameters, (28, 28, 1), 10)
    spatial = [tuple(layer.output.shape[1:]) for layer in model.layers if "relu" not in layer.name]
    assert [layer.shape for layer in size_layers(NETWORKS[name])] == spatial
    assert model.count_params() == sum(layer.parameters for layer in size_layers(NETWORKS[name]))


def test_shapes_and_fields_of_two_blocks():
    sized = size_layers(NETWORKS["deep_cnn"])
    assert [layer.receptive_field for layer in sized] == [3, 4, 8, 10, 10, 26, 26]
    assert [layer.shape for layer in sized][:4] == [(26, 26, 32), (13, 13, 32), (11, 11, 64), (5, 5, 64)]


def test_multiply_adds_of_one_block():
    sized = size_layers(NETWORKS["cnn"])
    assert [layer.multiply_adds for layer in sized] == [26 * 26 * 9 * 32, 0, 0, 5408 * 512, 5120]


@pytest.mark.parametrize(("depth", "count"), [(1, 32), (3, 8), (7, 1)])
def test_a_convolution_of_depth_d_has_k_times_9d_plus_1_parameters(depth, count):
    (layer,) = size_layers([Layer("conv", count, window=3)], (10, 12, depth))
    assert layer.parameters == count * (9 * depth + 1)
    assert layer.shape == (8, 10, count)


def test_an_image_too_small_and_an_unknown_layer_are_refused():
    with pytest.raises(UsageError, match=r"pool layer of 2x2 needs a larger input than 1x1"):
        size_layers(NETWORKS["deep_cnn"], (8, 8, 1))
    with pytest.raises(UsageError, match="'dropout'"):
        size_layers([Layer("dropout")])
