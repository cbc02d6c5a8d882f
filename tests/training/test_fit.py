"""`kcnn.fit` does what Keras's own `Model.fit` does: the oracle of every test here."""

import numpy as np
import pytest

from keras_cnn_course.errors import TrainingError, UsageError

IMAGES = np.random.default_rng(3).integers(0, 256, (90, 8, 8, 1)).astype("uint8")
LABELS = (IMAGES[:, :4].mean(axis=(1, 2, 3)) > 127).astype("int64") + (IMAGES[:, :, :4].mean(axis=(1, 2, 3)) > 127)
WEIGHTS = np.random.default_rng(4).random(90)


def fit(*args, **options):
    """`kcnn.fit`, imported when TensorFlow has been started."""
    from keras_cnn_course.training.fit import fit

    return fit(*args, **options)


@pytest.fixture
def build(keras):
    """A function that makes a compiled model, the same one in every call; it has state of every kind."""

    def make(outputs=3, loss="sparse_categorical_crossentropy", optimizer=None, metrics=("accuracy",), **compiled):
        keras.utils.set_random_seed(1)
        # The bias before the normalization has a gradient of 0 but for rounding, which a smaller epsilon would blow up.
        optimizer = optimizer or keras.optimizers.Adam(epsilon=1e-3)
        layers = keras.layers
        model = keras.Sequential(
            [
                layers.Rescaling(1 / 255),
                layers.Conv2D(4, 3, activation="relu"),
                layers.MaxPooling2D(),
                layers.BatchNormalization(),
                layers.Dropout(0.2),
                layers.Flatten(),
                layers.Dense(outputs, activation="sigmoid" if outputs == 1 else "softmax"),
            ]
        )
        model.compile(optimizer, loss, metrics=list(metrics), **compiled)
        return model

    return make


def check_equal(theirs, ours, expected, history):
    assert list(history.history) == list(expected.history)
    assert history.epoch == expected.epoch
    for name, values in expected.history.items():
        np.testing.assert_allclose(history.history[name], values, rtol=1e-4, err_msg=name)  # float32 sums of an epoch
    for one, other in zip(ours.weights, theirs.weights, strict=True):
        np.testing.assert_allclose(np.asarray(one), np.asarray(other), atol=2e-5, err_msg=other.path)


CASES = {
    "uint8 images, validation data with weights": (
        {},
        {"sample_weight": WEIGHTS, "validation_data": (IMAGES[:30], LABELS[:30], WEIGHTS[:30])},
        LABELS,
    ),
    "one-hot labels, class weights, validation split": (
        {"loss": "categorical_crossentropy", "weighted_metrics": ["accuracy"], "optimizer": "adagrad"},
        {"class_weight": {0: 2.0, 2: 0.5}, "validation_split": 0.3, "validation_freq": 2},
        np.eye(3)[LABELS],
    ),
    "two classes": (
        {"outputs": 1, "loss": "binary_crossentropy", "metrics": ["accuracy", "auc"], "optimizer": "sgd"},
        {"validation_split": 0.2, "validation_batch_size": 7, "class_weight": {1: 3.0}},
        LABELS > 0,
    ),
    "later epochs": ({}, {"initial_epoch": 1}, LABELS[:, None]),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_it_reaches_the_weights_and_the_history_of_keras(case, build):
    compiled, options, labels = CASES[case]
    options = {"epochs": 2, "batch_size": 32, "shuffle": False, "verbose": 0, **options}
    theirs, ours = build(**compiled), build(**compiled)
    expected = theirs.fit(IMAGES, labels, **options)
    history = fit(ours, IMAGES, labels, **options)
    assert ours.history is history
    check_equal(theirs, ours, expected, history)


@pytest.mark.slow
def test_float_images_are_not_scaled_again(build, keras):
    theirs, ours = build(jit_compile=False), build(jit_compile=True)  # changes nothing but the speed
    images = IMAGES.astype("float64") * 3 - 100
    options = {"epochs": 1, "batch_size": 32, "shuffle": False, "verbose": 0}
    check_equal(theirs, ours, theirs.fit(images, LABELS, **options), fit(ours, images, LABELS, **options))


@pytest.fixture
def in_64_bits(keras):
    numbers, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx(numbers)
    keras.config.set_dtype_policy(policy)


def test_a_model_of_64_bits_is_trained_as_keras_trains_it(in_64_bits, build):
    theirs, ours = build(), build()
    options = {"epochs": 1, "batch_size": 32, "shuffle": False, "verbose": 0}
    check_equal(theirs, ours, theirs.fit(IMAGES, LABELS, **options), fit(ours, IMAGES, LABELS, **options))
    assert {weight.dtype for weight in ours.weights} == {"float64"}


@pytest.mark.slow
def test_the_order_differs_between_epochs_and_repeats_with_the_seed(build, keras):
    def losses(**options):
        model = build(optimizer=keras.optimizers.SGD(0.0))
        seen = []
        listener = keras.callbacks.LambdaCallback(on_train_batch_end=lambda step, logs: seen.append(logs["loss"]))
        keras.utils.set_random_seed(5)
        fit(model, IMAGES, LABELS, epochs=2, batch_size=30, verbose=0, callbacks=[listener], **options)
        return seen

    first = losses()
    assert len(first) == 6
    assert first == losses()
    assert first[0] != losses(shuffle=False)[0]


class Recorder:
    """Builds a callback that notes every call that Keras makes."""

    def __new__(cls, keras, *, batches):
        class Notes(keras.callbacks.Callback):
            def __init__(self):
                super().__init__()
                self.calls = []

        names = ["train_begin", "train_end", "epoch_begin", "epoch_end", "test_begin", "test_end"]
        names += [f"{phase}_batch_{end}" for phase in ("train", "test") for end in ("begin", "end")] if batches else []
        for name in names:

            def note(self, *args, _name=name, logs=None):
                numbers = [arg for arg in args if isinstance(arg, int)]
                self.calls.append((_name, *numbers))

            setattr(Notes, f"on_{name}", note)
        return Notes()


@pytest.mark.slow
@pytest.mark.parametrize("batches", [False, True])
def test_callbacks_are_called_as_keras_calls_them(batches, build, keras):
    calls = []
    for train in (keras.Model.fit, fit):
        recorder = Recorder(keras, batches=batches)
        train(build(), IMAGES, LABELS, epochs=2, batch_size=32, validation_split=0.5, verbose=0, callbacks=[recorder])
        calls.append(recorder.calls)
    assert calls[0] == calls[1]


@pytest.mark.slow
def test_keras_callbacks_steer_the_training(build, keras, tmp_path):
    callbacks = keras.callbacks
    options = {"epochs": 6, "batch_size": 32, "shuffle": False, "verbose": 0, "validation_split": 0.4}

    def listeners(name):
        return [
            callbacks.ReduceLROnPlateau(patience=1, factor=0.1, min_delta=10),
            callbacks.EarlyStopping(patience=3, min_delta=0.002, restore_best_weights=True, monitor="loss", mode="max"),
            callbacks.ModelCheckpoint(tmp_path / f"{name}.keras", save_best_only=True),
        ]

    theirs, ours = build(), build()
    expected = theirs.fit(IMAGES, LABELS, callbacks=listeners("theirs"), **options)
    history = fit(ours, IMAGES, LABELS, callbacks=listeners("ours"), **options)
    assert len(history.epoch) < 6
    assert history.history["learning_rate"][-1] < history.history["learning_rate"][0]
    check_equal(theirs, ours, expected, history)
    saved = [keras.models.load_model(tmp_path / f"{name}.keras").get_weights() for name in ("theirs", "ours")]
    for one, other in zip(*saved, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-5)


@pytest.mark.slow
def test_a_callback_that_extends_one_of_keras_hears_of_every_batch(build, keras, tmp_path):
    class Counting(keras.callbacks.ModelCheckpoint):
        batches = 0

        def on_train_batch_end(self, batch, logs=None):
            self.batches += 1

    counting = Counting(tmp_path / "model.keras")
    fit(build(), IMAGES, LABELS, batch_size=3, verbose=0, callbacks=[counting])
    assert counting.batches == 30


@pytest.mark.slow
def test_a_metric_may_be_more_than_one_number(build, keras):
    theirs, ours = (
        build(loss="categorical_crossentropy", metrics=[keras.metrics.F1Score()], optimizer="sgd") for _ in range(2)
    )
    labels = np.eye(3, dtype="float32")[LABELS]
    options = {"epochs": 1, "shuffle": False, "verbose": 0, "validation_split": 0.2}
    check_equal(theirs, ours, theirs.fit(IMAGES, labels, **options), fit(ours, IMAGES, labels, **options))


def test_a_callback_stops_the_training_within_an_epoch(build, keras):
    model = build()

    class Stopping(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 1

    fit(model, IMAGES, LABELS, epochs=3, batch_size=30, verbose=0, callbacks=[Stopping()])
    assert int(model.optimizer.iterations) == 2


@pytest.mark.slow
def test_a_second_call_continues(build):
    theirs, ours = build(), build()
    for _ in range(2):
        theirs.fit(IMAGES, LABELS, batch_size=32, shuffle=False, verbose=0)
        fit(ours, IMAGES, LABELS, batch_size=32, shuffle=False, verbose=0)
    assert int(ours.optimizer.iterations) == 6
    for one, other in zip(theirs.get_weights(), ours.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps_per_epoch": 3}, "no argument steps_per_epoch, because an epoch is every image once"),
        ({"batchsize": 3}, "no argument batchsize"),
        ({"shuffle": "batch"}, "shuffle must be True or False"),
        ({"validation_data": IMAGES}, r"validation_data must be \(x_val, y_val\)"),
        ({"epochs": 1.5}, "epochs must be a whole number of at least 0; got 1.5"),
        ({"batch_size": 0}, "batch_size must be a whole number of at least 1; got 0"),
        ({"batch_size": -5}, "batch_size must be a whole number of at least 1; got -5"),
        ({"validation_batch_size": 0}, "validation_batch_size must be a whole number of at least 1"),
        ({"initial_epoch": "1"}, "initial_epoch must be a whole number of at least 0"),
        ({"validation_split": "0.1"}, "validation_split must be a number from 0 to 1"),
        ({"validation_split": 0.999}, "leaves none to train on"),
        ({"class_weight": {0: 1}, "sample_weight": WEIGHTS}, "cannot be used together"),
        ({"sample_weight": WEIGHTS[:5]}, "sample_weight must have one entry per image, 90"),
        ({"sample_weight": np.ones((90, 2))}, "one number per image"),
        ({"x": [IMAGES, IMAGES]}, "x is list"),
        ({"x": np.array(["a"] * 90)}, "must hold numbers"),
        ({"y": None}, "y is missing"),
        ({"y": LABELS[:3]}, "y must have one entry per image, 90"),
        ({"x": IMAGES[:0], "y": LABELS[:0]}, "x is empty"),
    ],
)
def test_wrong_arguments_are_refused(options, message, build):
    with pytest.raises(UsageError, match=message):
        fit(build(), **{"x": IMAGES, "y": LABELS, "verbose": 0, **options})


@pytest.mark.parametrize("part", ["training", "validation"])
def test_a_label_out_of_range_is_explained_in_a_sentence(build, part):
    options = {"y": LABELS, "validation_data": (IMAGES, LABELS)}
    options.update({"y": LABELS + 1} if part == "training" else {"validation_data": (IMAGES, LABELS + 1)})
    with pytest.raises(TrainingError) as caught:
        fit(build(), IMAGES, verbose=0, **options)
    assert str(caught.value) == (
        "The training failed: Received a label value of 3 which is outside the valid range of [0, 3). "
        "Do the labels fit the loss and the number of the model's outputs?"
    )


def test_images_and_labels_that_do_not_fit_the_model_are_explained(build):
    with pytest.raises(TrainingError, match=r"Do they fit its input, its outputs and its loss\? ValueError: Arguments"):
        fit(build(loss="categorical_crossentropy"), IMAGES, LABELS, verbose=0)
    built = build()
    built.build((None, 8, 8, 1))
    with pytest.raises(TrainingError, match=r"ValueError in Sequential\.call\(\): Input 0 with name"):
        fit(built, np.ones((90, 12, 12, 1)), LABELS, verbose=0)


def test_validation_images_of_another_size_are_explained_in_a_sentence(build):
    with pytest.raises(TrainingError, match="cannot be validated on a batch of 20 images"):
        fit(build(), IMAGES, LABELS, validation_data=(IMAGES[:20, :5, :5], LABELS[:20]), verbose=0)


def test_models_that_the_engine_would_train_differently_are_refused(build, keras):
    class Own(keras.Sequential):
        def train_step(self, data):
            return super().train_step(data)

    own = Own([keras.layers.Flatten(), keras.layers.Dense(3)], name="own")
    with pytest.raises(UsageError, match="not compiled"):
        fit(own, IMAGES, LABELS)
    own.compile("adam", "mse")
    with pytest.raises(UsageError, match="own has its own train_step"):
        fit(own, IMAGES, LABELS)
    with pytest.raises(UsageError, match="run_eagerly"):
        fit(build(run_eagerly=True), IMAGES, LABELS)
    frozen = build()
    frozen.trainable = False
    frozen.compile("adam", "sparse_categorical_crossentropy")
    with pytest.raises(UsageError, match="no trainable weights"):
        fit(frozen, IMAGES, LABELS)
