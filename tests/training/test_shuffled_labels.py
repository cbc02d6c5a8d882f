from dataclasses import replace

import numpy as np
import pytest

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.errors import TrainingError
from keras_cnn_course.training.shuffled_labels import shuffle_labels, train_by_heart


def small_model():
    import keras

    keras.utils.set_random_seed(3)
    return keras.Sequential(
        [keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")]
    )


def test_the_labels_are_permuted_and_each_is_as_frequent_as_before(digits):
    examples = shuffle_labels(digits, seed=5)
    np.testing.assert_array_equal(examples.images, digits.x_train)
    np.testing.assert_array_equal(np.bincount(examples.labels), np.bincount(digits.y_train))
    assert (examples.labels == digits.y_train).mean() == pytest.approx(0.1, abs=0.04)
    np.testing.assert_array_equal(examples.labels, shuffle_labels(digits, seed=5).labels)
    assert not np.array_equal(examples.labels, shuffle_labels(digits, seed=6).labels)


def test_of_many_images_2000_are_used_in_proportion_to_their_classes():
    labels = np.repeat([0, 1], [4000, 1000])
    images = np.random.default_rng(0).integers(0, 256, (5000, 2, 2), dtype=np.uint8)
    many = Dataset.from_arrays(images, labels, images[-9:], labels[-9:])
    used = shuffle_labels(many, seed=0)
    assert used.images.shape[1:] == (2, 2, 1)
    assert np.bincount(used.labels).tolist() == [1600, 400]


def test_the_fingerprint_changes_with_all_that_the_training_starts_from(digits):
    examples, weights = shuffle_labels(digits, seed=5), [np.ones((2, 3), np.float32)]
    prints = {
        examples.fingerprint(weights),
        examples.fingerprint([np.zeros((2, 3), np.float32)]),
        examples.fingerprint([np.ones((3, 2), np.float32)]),
        shuffle_labels(digits, seed=6).fingerprint(weights),
    }
    assert len(prints) == 4
    assert shuffle_labels(digits, seed=5).fingerprint(weights) in prints


@pytest.mark.slow
def test_a_model_learns_shuffled_labels_by_heart_the_same_way_each_time(started, digits):
    few = replace(digits, x_train=digits.x_train[:50], y_train=digits.y_train[:50])
    examples, model, lines = shuffle_labels(few, seed=0), small_model(), []
    accuracy = train_by_heart(model, examples, loss="sparse_categorical_crossentropy", report=lines.append)
    answers = np.asarray(model(examples.images.astype(np.float32) / 255)).argmax(axis=1)
    assert accuracy == (answers == examples.labels).mean() > 0.9
    assert lines[0].startswith("Epoch 20: ")
    again = small_model()
    train_by_heart(again, examples, loss="sparse_categorical_crossentropy")
    for first, second in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)


def test_a_loss_that_is_not_finite_is_an_error(started, digits):
    model = small_model()
    model.set_weights([np.full_like(values, np.nan) for values in model.get_weights()])
    with pytest.raises(TrainingError, match="in epoch 1 of the training on shuffled labels"):
        train_by_heart(model, shuffle_labels(digits, seed=0), loss="sparse_categorical_crossentropy")
