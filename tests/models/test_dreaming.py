import numpy as np
import pytest

from keras_cnn_course.errors import RunError, UsageError
from keras_cnn_course.models.class_score import build_class_score
from keras_cnn_course.models.dreaming import build_filter_score, compile_gradients, dream, shift_images
from keras_cnn_course.models.patches import cut_fields, find_strongest_patches

SHAPE = (12, 12, 2)


@pytest.fixture(scope="module")
def smooth(keras):
    """A model without kinks, so that finite differences are exact enough."""
    keras.utils.set_random_seed(1)
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.Conv2D(3, 3, activation="tanh", name="conv_1"),
            layers.Conv2D(4, 3, name="conv_2"),
            layers.Flatten(name="flatten"),
            layers.Dense(4, activation="softmax", name="classifier"),
        ]
    )


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(3).uniform(0, 1, (2, *SHAPE)).astype(np.float32)


@pytest.mark.parametrize("kind", ["filters", "classes"])
def test_gradients_agree_with_finite_differences(smooth, images, kind):
    score = build_filter_score(smooth, "conv_2") if kind == "filters" else build_class_score(smooth)
    labels = np.array([2, 1])
    gradients = compile_gradients(score, SHAPE)(images, labels)
    step = 0.01  # float32 sums are exact to about 1e-6, so the quotient to about 1e-4
    moved = np.repeat(images, 2 * images[0].size, axis=0).reshape(2, images[0].size, 2, *SHAPE)
    for place, index in enumerate(np.ndindex(*SHAPE)):
        moved[:, place, 0][:, *index] += step
        moved[:, place, 1][:, *index] -= step
    scores = np.asarray(score.compute(moved.reshape(-1, *SHAPE))).reshape(2, -1, 2, 4)
    for image, label in enumerate(labels):
        differences = (scores[image, :, 0, label] - scores[image, :, 1, label]) / (2 * step)
        np.testing.assert_allclose(gradients[image].reshape(-1), differences, atol=2e-3)
        assert np.abs(differences).max() > 0.05


def test_a_filters_score_is_its_largest_output_in_the_middle(keras, smooth, images):
    maps = np.asarray(keras.Model(smooth.inputs[0], smooth.get_layer("conv_2").output)(images))
    # 8x8 outputs: the two in the middle, and two more on each side.
    expected = maps[:, 1:7, 1:7].max(axis=(1, 2))
    np.testing.assert_allclose(build_filter_score(smooth, "conv_2").compute(images), expected, atol=1e-5)


def test_the_first_convolution_dreams_of_the_signs_of_its_kernel(smooth):
    """The best image is known: white where the weight is positive, black where it is negative."""
    dreams = dream(build_filter_score(smooth, "conv_1"), np.arange(3), SHAPE)
    kernel, bias = (np.asarray(values) for values in smooth.get_layer("conv_1").get_weights())
    best = np.tanh(np.maximum(kernel, 0).sum(axis=(0, 1, 2)) + bias)
    np.testing.assert_allclose(dreams.scores, best, rtol=0.02)
    patches = cut_fields(smooth, "conv_1", dreams.images, np.arange(3))
    for index, patch in enumerate(patches):
        assert patch.activation == pytest.approx(dreams.scores[index], abs=1e-5)
        clear = np.abs(kernel[..., index]) > 0.1
        np.testing.assert_array_equal((patch.pixels > 128)[clear], (kernel[..., index] > 0)[clear])


def test_scores_rise_above_every_real_image_and_pixels_stay_in_range(smooth, images):
    dreams = dream(build_filter_score(smooth, "conv_2"), np.arange(4), SHAPE)
    assert (dreams.scores > dreams.first_scores).all()
    assert dreams.images.min() >= 0
    assert dreams.images.max() <= 255
    (_, real) = find_strongest_patches(smooth, images * np.float32(255), np.zeros(2, np.int32))
    assert (dreams.scores > [each.patches[0].activation for each in real.filters]).all()


def test_a_class_rises_and_its_probability_too(smooth):
    dreams = dream(build_class_score(smooth), np.array([3, 0]), SHAPE)
    probabilities = np.asarray(smooth(dreams.images / 255))
    assert probabilities.argmax(axis=1).tolist() == [3, 0]
    assert (dreams.scores > dreams.first_scores + 0.5).all()


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bits_and_another_one_does_not(smooth):
    score = build_filter_score(smooth, "conv_2")
    first, again, other = (dream(score, np.array([1]), SHAPE, seed=seed) for seed in (5, 5, 6))
    assert first.images.tobytes() == again.images.tobytes()
    assert first.scores.tobytes() == again.scores.tobytes()
    assert first.images.tobytes() != other.images.tobytes()


def test_moves_are_exact_and_can_be_undone(images):
    moved = shift_images(images, 2, -1)
    for row, column in np.ndindex(12, 12):
        np.testing.assert_array_equal(moved[:, (row + 2) % 12, (column - 1) % 12], images[:, row, column])
    np.testing.assert_array_equal(shift_images(moved, -2, 1), images)


def test_a_layer_without_filters_is_refused_by_name(smooth):
    with pytest.raises(UsageError, match=r"'flatten' has no filters: it is not a Conv2D. Available: conv_1, conv_2\."):
        build_filter_score(smooth, "flatten")
    with pytest.raises(UsageError, match=r"No convolution named 'conv2'. Did you mean 'conv_2'\?"):
        build_filter_score(smooth, "conv2")


def test_a_diverged_model_is_refused(keras):
    model = keras.Sequential([keras.Input(SHAPE), keras.layers.Conv2D(1, 3, name="conv_1")])
    model.layers[0].bias.assign([np.nan])
    with pytest.raises(RunError, match="training diverged"):
        dream(build_filter_score(model, "conv_1"), np.array([0]), SHAPE)
