"""What a recipe defines itself is trained as Keras's `fit` trains it, or refused by name before anything is written."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from keras_cnn_course.catalog.building import build_compiled_model
from keras_cnn_course.catalog.hyperparameters import Hyperparameters
from keras_cnn_course.catalog.recipes import find_recipe, load_recipe, recipe_names
from keras_cnn_course.errors import RecipeError
from keras_cnn_course.training.engine import Engine
from keras_cnn_course.training.honored import LOOP, check_honored, list_output_notes, list_slow_averages
from keras_cnn_course.training.schedule import OneCycle

RATE, BATCH = 0.01, 8
CHOSEN = Hyperparameters(epochs=1, batch_size=BATCH, learning_rate=RATE)
LOSS = "sparse_categorical_crossentropy"


class Penalty(layers.Layer):
    """A layer that adds to the loss."""

    def call(self, x):
        self.add_loss(0.1 * keras.ops.mean(x**2))
        return x


class OwnLoss(keras.Model):
    """A model with a loss of its own, which depends on the images too, written as before Keras 3.3."""

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None):
        loss = super().compute_loss(x, y, y_pred, sample_weight)
        return loss + keras.ops.mean(x) * keras.ops.mean(y_pred[:, 0])


class Halving(keras.optimizers.SGD):
    """An optimizer that changes every gradient, and the weights at the end."""

    def apply_gradients(self, grads_and_vars):
        return super().apply_gradients([(gradient / 2, variable) for gradient, variable in grads_and_vars])

    def finalize_variable_values(self, var_list):
        for variable in var_list:
            variable.assign(variable / 2)


def make_model(optimizer=None, *, middle=(), kind=keras.Model, regularizer=None, constraint=None, **compilation):
    keras.utils.set_random_seed(0)
    image = keras.Input((6, 6, 1), name="image")
    flat = layers.Flatten()(image)
    for layer in middle:
        flat = layer(flat)
    answer = layers.Dense(4, "softmax", kernel_regularizer=regularizer, kernel_constraint=constraint)(flat)
    model = kind(image, answer)
    model.compile(optimizer or keras.optimizers.SGD(RATE), **{"loss": LOSS, "metrics": ["accuracy"], **compilation})
    return model


@pytest.fixture
def images_and_labels():
    rng = np.random.default_rng(3)
    labels = np.array([0, 1, 2, 3, 0, 0, 0, 0] * 3, "int32")
    return rng.integers(0, 256, (len(labels), 6, 6, 1), dtype="uint8"), labels


MODELS = {
    "an own compute_loss": {"kind": OwnLoss},
    "add_loss": {"middle": (Penalty,)},
    "a regularizer": {"regularizer": keras.regularizers.L2(0.1)},
    "a constraint": {"constraint": keras.constraints.UnitNorm()},
    "loss weights": {"loss_weights": [0.25]},
    "averaged weights": {"optimizer": lambda: keras.optimizers.Adam(RATE, use_ema=True, ema_momentum=0.6)},
    "overwritten weights": {
        "optimizer": lambda: keras.optimizers.SGD(RATE, use_ema=True, ema_momentum=0.6, ema_overwrite_frequency=2)
    },
    "accumulated gradients": {"optimizer": lambda: keras.optimizers.Adam(RATE, gradient_accumulation_steps=2)},
    "weight decay and clipping": {"optimizer": lambda: keras.optimizers.AdamW(RATE, weight_decay=0.1, clipnorm=0.5)},
    "an own optimizer": {"optimizer": lambda: Halving(RATE)},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_the_weights_are_those_of_fit(started, images_and_labels, name):
    images, labels = images_and_labels
    described = dict(MODELS[name])
    make_optimizer = described.pop("optimizer", lambda: keras.optimizers.SGD(RATE))
    kinds = described.pop("middle", ())
    ours, theirs = (make_model(make_optimizer(), middle=[kind() for kind in kinds], **described) for _ in range(2))
    assert not [note for note in check_honored(ours, CHOSEN, place="test") if "learning rate" in note]
    engine = Engine(ours, batch_size=BATCH)
    engine.load(images, labels)
    scores = engine.train(np.arange(len(labels)))
    history = theirs.fit(images.astype("float32") / 255, labels, batch_size=BATCH, shuffle=False, verbose=0)
    assert scores.loss == pytest.approx(history.history["loss"][0], rel=1e-5)
    trained = ours.get_weights()
    with engine.final_weights():
        for weight, expected in zip(ours.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_allclose(weight, expected, rtol=1e-5, atol=1e-6)
        loss, _ = theirs.evaluate(images.astype("float32") / 255, labels, verbose=0)
        assert engine.evaluate(images, labels).loss == pytest.approx(loss, rel=1e-5)
    for weight, expected in zip(ours.get_weights(), trained, strict=True):
        assert (weight == expected).all()


class Adversarial(keras.Model):
    """A model that learns from images made harder for it, for which its `compute_loss` calls it again."""

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        loss = super().compute_loss(x, y, y_pred, sample_weight)
        with tf.GradientTape() as tape:
            tape.watch(x)
            own = super().compute_loss(x, y, self(x, training=True), sample_weight)
        harder = x + 0.1 * tf.sign(tape.gradient(own, x))
        return loss + super().compute_loss(x, y, self(harder, training=True), sample_weight)


def test_the_layers_that_an_own_loss_calls_are_those_of_keras(started, images_and_labels):
    images, labels = images_and_labels

    def make():
        keras.utils.set_random_seed(0)
        image = keras.Input((6, 6, 1), name="image")
        pooled = layers.MaxPooling2D()(layers.Conv2D(4, 3, activation="relu")(image))
        model = Adversarial(image, layers.Dense(4, "softmax")(layers.Flatten()(pooled)))
        model.compile(keras.optimizers.SGD(RATE), LOSS)
        return model

    ours, theirs = make(), make()
    engine = Engine(ours, batch_size=BATCH)
    engine.load(images, labels)
    scores = engine.train(np.arange(len(labels)))
    history = theirs.fit(images.astype("float32") / 255, labels, batch_size=BATCH, shuffle=False, verbose=0)
    assert scores.loss == pytest.approx(history.history["loss"][0], rel=1e-5)
    for weight, expected in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(weight, expected, rtol=1e-4, atol=1e-6)


def test_class_weights_are_those_of_fit(started, images_and_labels):
    images, labels = images_and_labels
    ours, theirs = make_model(), make_model()
    weights = np.array([0.4, 2.0, 2.0, 2.0], "float32")
    engine = Engine(ours, batch_size=BATCH, class_weights=weights)
    engine.load(images, labels)
    scores = engine.train(np.arange(BATCH))
    scaled = images[:BATCH].astype("float32") / 255
    history = theirs.fit(
        scaled, labels[:BATCH], batch_size=BATCH, verbose=0, class_weight=dict(enumerate(weights.tolist()))
    )
    for weight, expected in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(weight, expected, rtol=1e-5, atol=1e-7)
    unweighted = make_model().evaluate(scaled, labels[:BATCH], verbose=0)[0]
    assert abs(history.history["loss"][0] - unweighted) > 1e-3
    assert scores.loss != pytest.approx(unweighted, rel=1e-4)


def test_accumulated_gradients_follow_the_whole_schedule(started, images_and_labels):
    images, labels = images_and_labels
    model = make_model(keras.optimizers.SGD(RATE, gradient_accumulation_steps=3))
    schedule = OneCycle(RATE, 3)
    engine = Engine(model, batch_size=BATCH, schedule=schedule)
    engine.load(images, labels)
    engine.train(np.arange(len(labels)))
    assert float(np.asarray(model.optimizer.learning_rate)) == pytest.approx(float(schedule(2)), rel=1e-5)


@pytest.mark.parametrize("name", recipe_names())
def test_nothing_has_to_be_said_about_the_recipes_of_the_course(started, name):
    recipe = load_recipe(find_recipe(name))
    model = build_compiled_model(recipe, recipe.hyperparameters, input_shape=(28, 28, 1), num_classes=10, seed=0)
    assert check_honored(model, recipe.hyperparameters, place=name) == []
    assert list_slow_averages(model, steps=recipe.hyperparameters.min_steps) == []


def test_averages_that_a_short_training_cannot_fill_are_announced(started):
    model = make_model(middle=[layers.BatchNormalization(name="first"), layers.BatchNormalization(momentum=0.9)])
    (note,) = list_slow_averages(model, steps=407)
    assert note.startswith("The averages of BatchNormalization 'first' are too slow for 407 steps. With momentum=0.99")
    assert "still contain 1.7% of their first values" in note
    assert note.endswith("Use a smaller momentum, or train for at least 688 steps.")
    assert list_slow_averages(model, steps=688) == []
    assert "'first' and 1 more" in list_slow_averages(model, steps=20)[0]


def test_averages_that_are_kept_or_quick_or_trained_already_need_no_warning(started):
    kept, quick = layers.BatchNormalization(trainable=False), layers.BatchNormalization(momentum=0.5)
    trained = layers.BatchNormalization(moving_mean_initializer="ones")
    assert list_slow_averages(make_model(middle=[kept, quick]), steps=20) == []
    assert list_slow_averages(make_model(middle=[trained]), steps=20) == []


@pytest.mark.parametrize("name", LOOP)
def test_an_own_loop_is_refused_by_name(started, name):
    own = type("Own", (keras.Model,), {name: lambda self, *arguments, **options: None})
    with pytest.raises(RecipeError, match=f"mine.py returns a model with its own {name}, which kcnn would never call"):
        check_honored(make_model(kind=own), CHOSEN, place="mine.py")
    patched = make_model()
    setattr(patched, name, lambda *arguments, **options: None)
    with pytest.raises(RecipeError, match=f"its own {name}"):
        check_honored(patched, CHOSEN, place="mine.py")


def test_other_refusals(started):
    with pytest.raises(RecipeError, match="run_eagerly"):
        check_honored(make_model(run_eagerly=True), CHOSEN, place="mine.py")
    with pytest.raises(RecipeError, match=r"'half' computes in float16.*`precision=`"):
        check_honored(make_model(middle=[layers.Dense(3, dtype="mixed_float16", name="half")]), CHOSEN, place="mine.py")
    unsaved = type(
        "Unsaved",
        (layers.Layer,),
        {"__init__": lambda self, size: layers.Layer.__init__(self), "call": lambda self, x: x},
    )
    with pytest.raises(RecipeError, match="cannot save"):
        check_honored(make_model(middle=[unsaved(object())]), CHOSEN, place="mine.py")


def test_the_recorded_learning_rate_is_used(started):
    with pytest.raises(RecipeError, match=r"SGD with the learning rate 1e-06, but.*learning_rate=0\.01"):
        check_honored(make_model(keras.optimizers.SGD(1e-6)), CHOSEN, place="mine.py")
    model = make_model("adam")
    (note,) = check_honored(model, CHOSEN, place="mine.py")
    assert "default learning rate of 0.001; the training uses learning_rate=0.01" in note
    assert float(np.asarray(model.optimizer.learning_rate)) == pytest.approx(0.01)
    assert check_honored(make_model(), CHOSEN, place="mine.py") == []


@pytest.mark.parametrize(("schedule", "used"), [("one_cycle", 0.01), ("constant", 1e-6)])
def test_a_run_that_exists_keeps_the_rate_it_was_trained_with(started, schedule, used):
    """Version 0.1 trained such recipes: with the schedule's rate, or with that of the optimizer."""
    model = make_model(keras.optimizers.SGD(1e-6))
    chosen = CHOSEN.with_overrides({"schedule": schedule})
    (note,) = check_honored(model, chosen, place="mine.py", is_new=False)
    assert note == f"The recipe makes SGD with the learning rate 1e-06; the run keeps to {used:g}, as it was trained."


def test_a_schedule_of_the_optimizer_needs_a_constant_one(started):
    decay = keras.optimizers.schedules.ExponentialDecay(0.01, 10, 0.5)
    with pytest.raises(RecipeError, match=r"ExponentialDecay, but.*schedule='constant'"):
        check_honored(make_model(keras.optimizers.SGD(decay)), CHOSEN, place="mine.py")
    constant = CHOSEN.with_overrides({"schedule": "constant"})
    model = make_model(keras.optimizers.SGD(decay))
    (note,) = check_honored(model, constant, place="mine.py")
    assert "follows the ExponentialDecay" in note
    assert "learning rate from the optimizer's ExponentialDecay" in Engine(model, batch_size=8).describe()


def test_augmentation_for_pixels_of_0_to_255_is_announced(started):
    image = keras.Input((6, 6, 1), name="image")
    bright = layers.RandomBrightness(0.2, name="bright")(image)
    model = keras.Model(image, layers.Dense(4, "softmax")(layers.Flatten()(bright)))
    model.compile(keras.optimizers.SGD(RATE), LOSS, metrics=["accuracy"])
    (note,) = check_honored(model, CHOSEN, place="mine.py")
    assert "expect other pixels than those from 0 to 1 that kcnn feeds: bright. Make them with value_range=(0" in note


def test_further_metrics_are_announced(started):
    metrics = ["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(2, name="top_2")]
    (note,) = check_honored(make_model(metrics=metrics), CHOSEN, place="mine.py")
    assert "not computed: top_2. kcnn reports loss and accuracy" in note


@pytest.mark.parametrize(
    "changed",
    [{"middle": [Penalty(name="mine")]}, {"loss": lambda y, p: keras.losses.sparse_categorical_crossentropy(y, p)}],
    ids=["a layer", "a loss"],
)
def test_what_no_command_will_open_is_said_at_once(started, changed):
    (note,) = check_honored(make_model(**changed), CHOSEN, place="mine.py")
    assert "kcnn does not open a model of this recipe" in note
    assert "trust_recipe" in note


HEAD = '''"""My own."""
import keras
from keras import layers
from keras_cnn_course.catalog.hyperparameters import Hyperparameters
HYPERPARAMETERS = Hyperparameters(epochs=1, batch_size=10, learning_rate=0.1)
def build_model(hyperparameters, input_shape, num_classes):
    model = keras.Sequential([
        keras.Input(input_shape), layers.BatchNormalization(), layers.Flatten(), layers.Dropout(0.5),
        layers.Dense(num_classes, "softmax", trainable={trainable}),
    ])
    model.compile(keras.optimizers.SGD(0.1), {loss})
    return model
'''


def build(path, num_classes, loss, trainable=True):
    path.write_text(HEAD.format(loss=loss, trainable=trainable))
    recipe = load_recipe(find_recipe(str(path)))
    return build_compiled_model(recipe, CHOSEN, input_shape=(8, 8, 1), num_classes=num_classes, seed=0)


@pytest.mark.parametrize("loss", ["'mse'", "'hinge'", "'binary_crossentropy'", "'categorical_crossentropy'"])
@pytest.mark.parametrize("num_classes", [2, 3, 10])
def test_a_loss_for_other_labels_is_refused_when_built(started, tmp_path, loss, num_classes):
    with pytest.raises(RecipeError, match="must return a model that can be trained on integer labels"):
        build(tmp_path / "mine.py", num_classes, loss)


def test_a_loss_without_a_gradient_is_refused_when_built(started, tmp_path):
    loss = "lambda y, p: keras.ops.cast(keras.ops.argmax(p, -1), 'float32')"
    with pytest.raises(RecipeError, match="the gradient of its loss reaches none"):
        build(tmp_path / "mine.py", 3, loss)


def test_the_check_of_the_loss_changes_nothing(started, tmp_path):
    model = build(tmp_path / "mine.py", 3, repr(LOSS))
    assert (model.layers[0].moving_mean.numpy() == 0).all()
    model.build()
    states = [np.asarray(layer.seed_generator.state) for layer in model.layers if hasattr(layer, "seed_generator")]
    assert [state[1] for state in states] == [0]


def test_a_warning_says_what_the_outputs_are_where_the_loss_says_otherwise():
    logits = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    assert list_output_notes(make_model(), "probabilities") == []
    assert list_output_notes(make_model(loss=logits), "logits") == []
    assert "Remove from_logits=True" in list_output_notes(make_model(loss=logits), "probabilities")[0]
    assert "End the model with a softmax" in list_output_notes(make_model(), "logits")[0]
    assert list_output_notes(make_model(loss=lambda labels, outputs: 0.0), "logits") == []
    assert "do not add up to 1" in list_output_notes(make_model(), "scores")[0]
