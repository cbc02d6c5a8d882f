"""The engine computes what Keras computes: the oracle is Keras's own train_on_batch."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from keras_cnn_course.catalog.building import build_compiled_model
from keras_cnn_course.catalog.recipes import find_recipe, load_recipe, recipe_names
from keras_cnn_course.errors import TrainingError
from keras_cnn_course.training.engine import Engine
from keras_cnn_course.training.schedule import OneCycle
from keras_cnn_course.training.update import why_not_fused

STEPS, BATCH = 50, 16


@keras.saving.register_keras_serializable("tests")
class Halve(layers.Layer):
    """A layer the engine never saw, with a weight and a regulariser of its own."""

    def build(self, shape):
        self.scale = self.add_weight(
            shape=(shape[-1],), initializer="ones", regularizer=keras.regularizers.L2(0.01), name="scale"
        )

    def call(self, x):
        return x * self.scale / 2


@pytest.fixture(scope="module")
def images_and_labels():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 400).astype("int32")
    images = rng.integers(0, 128, (400, 28, 28, 1))
    images[np.arange(400), labels, :, 0] += 127
    return images.astype("uint8"), labels


def recipe_model(name, **overrides):
    recipe = load_recipe(find_recipe(name))
    return build_compiled_model(
        recipe, recipe.hyperparameters.with_overrides(overrides), input_shape=(28, 28, 1), num_classes=10, seed=0
    )


def student_model(optimizer, *, dropout=0.0):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1), name="image"),
            layers.Conv2D(4, 3, strides=2, use_bias=False),  # a bias before normalisation has no gradient but noise
            layers.BatchNormalization(),
            layers.ReLU(),
            Halve(),
            layers.Flatten(),
            layers.Dropout(dropout),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def orders(examples=400):
    """Return the images of every step, in order, as epochs of the whole data set."""
    return [np.random.default_rng([0, epoch]).permutation(examples) for epoch in range(STEPS * BATCH // examples)]


def train_with_keras(model, images, labels):
    for order in orders():
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            model.train_on_batch(images[batch].astype("float32") / 255, labels[batch])


def train_with_engine(model, images, labels, **settings):
    engine = Engine(model, batch_size=BATCH, **settings)
    engine.load(images, labels)
    return [engine.train(order) for order in orders()]


def assert_same_weights(model, expected, start):
    """Compare weights after 50 steps, against the way they went from the start.

    Float32 sums in another order differ in the last digit, 1e-7. Where a gradient is close to zero Adam divides that by
    the root of an equally small second moment, so single weights drift by parts of a step; together they stay within
    1 % of the way. A wrong beta, epsilon, rate or order of images is off by a large part of the way itself.
    """
    here, there, before = (np.concatenate([w.ravel() for w in weights]) for weights in (model, expected, start))
    assert np.linalg.norm(here - there) < 0.01 * np.linalg.norm(there - before)


@pytest.mark.slow
@pytest.mark.parametrize("name", recipe_names())
def test_a_recipe_ends_with_the_weights_that_keras_gives(started, images_and_labels, name):
    small = {} if name in ("softmax", "residual_cnn") else {"units": 16}
    small |= {"filters": 4} if "cnn" in name else {}
    if name in ("best_cnn", "residual_cnn"):
        # At the full rate, with batches of 16 that are normalized, the last digits grow a thousandfold in 50 steps.
        small |= {"learning_rate": 0.0005}
    expected, model = recipe_model(name, **small), recipe_model(name, **small)
    start = model.get_weights()
    train_with_keras(expected, *images_and_labels)
    train_with_engine(model, *images_and_labels)
    assert int(model.optimizer.iterations.numpy()) == STEPS
    assert_same_weights(model.get_weights(), expected.get_weights(), start)


def decay_no_kernels():
    optimizer = keras.optimizers.AdamW(0.003, weight_decay=1.0)
    optimizer.exclude_from_weight_decay(var_names=["kernel"])
    return optimizer


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "fused"),
    [
        (lambda: keras.optimizers.Adam(0.003, beta_2=0.99), True),
        (lambda: keras.optimizers.SGD(0.05), True),
        (lambda: keras.optimizers.SGD(0.05, momentum=0.9), True),
        (lambda: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True), True),
        (lambda: keras.optimizers.Adam(0.003, amsgrad=True), False),
        (lambda: keras.optimizers.Adam(0.003, clipnorm=0.1), False),
        (lambda: keras.optimizers.AdamW(0.003, weight_decay=1.0), True),
        (lambda: keras.optimizers.Adam(0.003, weight_decay=1.0), True),
        (lambda: keras.optimizers.SGD(0.05, momentum=0.9, weight_decay=0.1), True),
        (decay_no_kernels, True),
        (lambda: keras.optimizers.Lion(0.0003), False),
        (lambda: keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.003, STEPS)), True),
    ],
    ids=[
        "adam",
        "sgd",
        "momentum",
        "nesterov",
        "amsgrad",
        "clipnorm",
        "adamw",
        "decayed-adam",
        "decayed-momentum",
        "decayed-biases",
        "lion",
        "own-schedule",
    ],
)
def test_an_unknown_layer_and_any_optimizer_end_where_keras_ends(started, images_and_labels, make, fused):
    expected, model = student_model(make()), student_model(make())
    start = model.get_weights()
    train_with_keras(expected, *images_and_labels)
    train_with_engine(model, *images_and_labels)
    assert (why_not_fused(model.optimizer, model.trainable_variables) is None) == fused
    assert_same_weights(model.get_weights(), expected.get_weights(), start)
    for state, other in zip(model.optimizer.variables, expected.optimizer.variables, strict=True):
        np.testing.assert_allclose(state.numpy(), other.numpy(), atol=1e-4, rtol=1e-3, err_msg=state.path)


def test_a_constraint_is_kept(started, images_and_labels):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1), name="image"),
            layers.Flatten(),
            layers.Dense(10, activation="softmax", kernel_constraint="non_neg"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    train_with_engine(model, *images_and_labels)
    assert model.layers[-1].kernel.numpy().min() >= 0
    assert "constraint" in Engine(model, batch_size=BATCH).describe()


def test_dropout_is_on_in_training_and_off_in_evaluation(started, images_and_labels):
    model = student_model(keras.optimizers.SGD(1e-9), dropout=0.9)
    noisy = train_with_engine(model, *images_and_labels)
    engine = Engine(model, batch_size=BATCH)
    assert engine.evaluate(*images_and_labels) == engine.evaluate(*images_and_labels)
    assert noisy[0].loss != noisy[1].loss


class Broken(layers.Layer):
    def call(self, inputs, training=False):
        return {}["missing"] if training else inputs


def test_a_layer_that_fails_in_training_is_named(started, images_and_labels):
    model = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), Broken(), layers.Dense(10, "softmax")])
    model.compile("adam", loss="sparse_categorical_crossentropy")
    engine = Engine(model, batch_size=BATCH)
    engine.load(*images_and_labels)
    with pytest.raises(TrainingError, match=r"a batch of 16 images\. KeyError in Broken\.call\(\): missing$"):
        engine.train(np.arange(STEPS))


@pytest.mark.parametrize("name", ["softmax", "deep_cnn"])
def test_evaluation_agrees_with_keras(started, images_and_labels, name):
    images, labels = images_and_labels
    model = recipe_model(name)
    scores = Engine(model, batch_size=BATCH, precision="bfloat16").evaluate(images, labels)
    loss, accuracy = model.evaluate(images.astype("float32") / 255, labels, verbose=0)
    assert scores.loss == pytest.approx(loss, rel=1e-5)
    assert scores.accuracy == pytest.approx(accuracy, abs=1e-7)


def test_a_layer_that_xla_cannot_compile_trains_on_a_gpu(started, images_and_labels):
    """Without a GPU, TensorFlow takes the CPU, and compiles with XLA all the same where the engine asks for it."""
    model = keras.Sequential(
        [keras.Input((28, 28, 1)), layers.RandomRotation(0.1), layers.Flatten(), layers.Dense(10, activation="softmax")]
    )
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    engine = Engine(model, batch_size=BATCH, tf_device="/GPU:0")
    engine.load(*images_and_labels)
    assert engine.train(np.arange(BATCH)).images == BATCH


def test_training_scores_are_those_before_each_step(started, images_and_labels):
    images, labels = images_and_labels
    model = recipe_model("softmax")
    expected = model.evaluate(images.astype("float32") / 255, labels, verbose=0)
    model.optimizer.learning_rate = 0.0
    scores = train_with_engine(model, images, labels)[0]
    assert scores.loss == pytest.approx(expected[0], rel=1e-5)
    assert scores.accuracy == pytest.approx(expected[1], abs=1e-7)


def test_the_last_smaller_batch_is_trained_on(started, images_and_labels):
    model = recipe_model("softmax")
    engine = Engine(model, batch_size=150)
    engine.load(*images_and_labels)
    assert [scores.images for scores in engine.train_in_parts(np.arange(400))] == [150, 150, 100]
    assert int(model.optimizer.iterations.numpy()) == 3


def test_the_schedule_sets_the_rate_of_each_step(started, images_and_labels):
    model = recipe_model("softmax")
    schedule = OneCycle(0.1, total_steps=25)
    engine = Engine(model, batch_size=BATCH, schedule=schedule)
    engine.load(*images_and_labels)
    engine.train(np.arange(400))
    assert float(model.optimizer.learning_rate) == pytest.approx(float(schedule(24)), rel=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_lower_precision_trains_and_leaves_a_float32_model(started, images_and_labels, precision):
    images, labels = images_and_labels
    model = recipe_model("deep_cnn", filters=4, units=16)
    expected = recipe_model("deep_cnn", filters=4, units=16)
    scores = train_with_engine(model, images, labels, precision=precision)
    exact = train_with_engine(expected, images, labels)
    assert [layer.dtype_policy.name for layer in model.layers] == ["float32"] * len(model.layers)
    assert {weight.dtype for weight in model.weights} == {"float32"}
    assert scores[-1].loss < scores[0].loss
    # bfloat16 keeps 8 bits of a number: losses agree to about 1 %, and are not equal, or it was not used at all.
    assert scores[0].loss == pytest.approx(exact[0].loss, rel=0.03)
    assert scores[0].loss != exact[0].loss


def test_an_optimizer_that_scales_the_loss_already_is_not_made_to_scale_it_twice(started, images_and_labels):
    scaling = student_model(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1)))
    plain = student_model(keras.optimizers.SGD(0.1))
    found, expected = (train_with_engine(model, *images_and_labels, precision="float16") for model in (scaling, plain))
    assert found[-1].loss == expected[-1].loss < expected[0].loss


def test_averaged_classifiers_compute_in_float32_in_lower_precision(started, images_and_labels):
    used = {}

    class Watched(layers.Dense):
        def call(self, x, training=None):
            used[self.name] = self.compute_dtype
            return super().call(x, training=training)

    image = keras.Input((28, 28, 1), name="image")
    hidden = Watched(16, activation="relu", name="hidden")(layers.Flatten()(image))
    answers = [Watched(10, activation="softmax", name=name)(hidden) for name in ("a", "b")]
    model = keras.Model(image, layers.Average()(answers))
    model.compile("sgd", loss="sparse_categorical_crossentropy")
    engine = Engine(model, batch_size=BATCH, precision="bfloat16")
    engine.load(*images_and_labels)
    engine.train(np.arange(BATCH))
    assert used == {"hidden": "bfloat16", "a": "float32", "b": "float32"}


def test_a_model_of_operations_trains_in_lower_precision(started, images_and_labels):
    image = keras.Input((28, 28, 1), name="image")
    hidden = keras.ops.relu(layers.Dense(16)(layers.Flatten()(image * 2.0)))
    model = keras.Model(image, keras.ops.softmax(layers.Dense(10)(hidden)))
    model.compile("sgd", loss="sparse_categorical_crossentropy")
    scores = train_with_engine(model, *images_and_labels, precision="bfloat16")
    assert scores[-1].loss < scores[0].loss


def test_a_layer_that_cannot_compute_in_lower_precision_is_explained(started, images_and_labels):
    class Adding(layers.Layer):
        def call(self, x):
            return x + tf.ones_like(x, dtype="float32")

    ends = [layers.Flatten(), Adding(), layers.Dense(10, activation="softmax")]
    model = keras.Sequential([keras.Input((28, 28, 1), name="image"), *ends])
    model.compile("sgd", loss="sparse_categorical_crossentropy")
    with pytest.raises(TrainingError, match=r"If a layer cannot compute in bfloat16, use `precision='float32'`"):
        train_with_engine(model, *images_and_labels, precision="bfloat16")


@keras.saving.register_keras_serializable("tests")
class Sparing(layers.Layer):
    """A layer that adds to the loss in its call."""

    def call(self, x):
        self.add_loss(0.1 * keras.ops.mean(x))
        return x


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_hidden_layers_may_add_to_the_loss_in_lower_precision(started, images_and_labels, precision):
    def build():
        keras.utils.set_random_seed(0)
        hidden = layers.Dense(16, activation="relu", activity_regularizer=keras.regularizers.L2(0.1))
        ends = [layers.Flatten(), hidden, Sparing(), layers.Dense(10, activation="softmax")]
        model = keras.Sequential([keras.Input((28, 28, 1), name="image"), *ends])
        model.compile("sgd", loss="sparse_categorical_crossentropy")
        return model

    found = train_with_engine(build(), *images_and_labels, precision=precision)
    expected = train_with_engine(build(), *images_and_labels)
    assert found[0].loss == pytest.approx(expected[0].loss, rel=0.03)
