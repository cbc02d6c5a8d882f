import pytest

from keras_cnn_course.catalog.building import build_compiled_model
from keras_cnn_course.catalog.recipes import find_recipe, load_recipe
from keras_cnn_course.errors import RecipeError

HEAD = '''"""My own."""
import keras
from keras import layers
from keras_cnn_course.catalog.hyperparameters import Hyperparameters
HYPERPARAMETERS = Hyperparameters(epochs=1, batch_size=10, learning_rate=0.1)
def build_model(hyperparameters, input_shape, num_classes):
    model = keras.Sequential([keras.Input(input_shape), layers.Flatten(), layers.Dense(num_classes, "softmax")])
'''
GROWING = """class Growing(layers.Layer):
    def call(self, x, training=False):
        return x if training else keras.ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    def compute_output_shape(self, shape):
        return shape
"""
COMPILE = "    model.compile('adam', 'sparse_categorical_crossentropy')\n"


def build(tmp_path, text):
    path = tmp_path / "mine.py"
    path.write_text(text)
    recipe = load_recipe(find_recipe(str(path)))
    return build_compiled_model(recipe, recipe.hyperparameters, input_shape=(8, 8, 1), num_classes=3, seed=0)


def test_a_students_recipe_is_built(started, tmp_path):
    assert build(tmp_path, HEAD + COMPILE + "    return model\n").output_shape == (None, 3)


def test_the_seed_decides_the_weights(started, tmp_path):
    text = HEAD + COMPILE + "    return model\n"
    first, second = (build(tmp_path, text).get_weights()[0] for _ in range(2))
    assert (first == second).all()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("    return model\n", r"must return a compiled model.*Call model\.compile"),
        (COMPILE, "must return a keras.Model; it returned NoneType"),
        (COMPILE + "    return layers\n", "must return a keras.Model; it returned module"),
        (COMPILE.replace("sparse_", "") + "    return model\n", "can be trained on integer labels"),
        ("    layers.Conv2D(0, 3)\n", r"mine\.py, line 8: ValueError"),
        ("    exit()\n", r"mine\.py, line 8: the recipe calls exit\(\)\. Remove the call\."),
        ("    return model.no_such_method()\n", r"mine\.py, line 8: AttributeError"),
    ],
)
def test_broken_models_are_explained(started, tmp_path, body, message):
    with pytest.raises(RecipeError, match=message):
        build(tmp_path, HEAD + body)


def test_a_wrong_output_size_is_explained(started, tmp_path):
    text = (HEAD + COMPILE + "    return model\n").replace("num_classes,", "num_classes + 7,")
    with pytest.raises(RecipeError, match=r"must return a model of output shape \(None, 3\); got \(None, 10\)"):
        build(tmp_path, text)


def test_a_fixed_input_size_is_explained(started, tmp_path):
    text = (HEAD + COMPILE + "    return model\n").replace("keras.Input(input_shape)", "keras.Input((28, 28, 1))")
    with pytest.raises(RecipeError, match=r"input shape \(None, 8, 8, 1\)"):
        build(tmp_path, text)


def test_a_model_without_an_input_is_explained(started, tmp_path):
    text = (HEAD + COMPILE + "    return model\n").replace("keras.Input(input_shape), ", "")
    with pytest.raises(RecipeError, match=r"begins with keras\.Input.*; it returned a Sequential without an input"):
        build(tmp_path, text)


def test_a_subclassed_model_is_explained(started, tmp_path):
    subclassed = "    class Mine(keras.Model):\n        pass\n    model = Mine()\n"
    with pytest.raises(RecipeError, match=r"must return a Sequential or functional model .*; it returned a Mine"):
        build(tmp_path, HEAD + subclassed + COMPILE + "    return model\n")


def test_a_model_that_fails_on_new_images_alone_is_explained(started, tmp_path):
    text = (HEAD + COMPILE + "    return model\n").replace("layers.Flatten()", "Growing(), layers.Flatten()")
    text = text.replace("def build_model", GROWING + "def build_model")
    with pytest.raises(RecipeError, match=r"This one fails on 4 images: ValueError in Sequential.call\(\): Input 0 "):
        build(tmp_path, text)


def test_an_output_in_a_dict_is_explained(started, tmp_path):
    named = "    model = keras.Model(model.inputs[0], {'digit': model.outputs[0]})\n"
    with pytest.raises(RecipeError, match=r"output is a tensor; it is a dict with the keys \['digit'\]"):
        build(tmp_path, HEAD + named + COMPILE + "    return model\n")
