import numpy as np
import pytest
from PIL import Image
from scipy.stats import spearmanr

from keras_cnn_course.errors import UsageError
from keras_cnn_course.models.class_score import build_class_score, compute_in_float32
from keras_cnn_course.models.evidence import find_background, find_evidence, rank_correlation, shuffle_weights
from keras_cnn_course.models.outputs import read_layer_outputs

LABEL = 2


@pytest.fixture(scope="module")
def smooth(keras):
    """A model without kinks, so that finite differences are exact enough."""
    keras.utils.set_random_seed(1)
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((8, 8, 2)),
            layers.Conv2D(3, 3, activation="tanh", name="conv_1"),
            layers.Conv2D(4, 3, name="conv_2"),
            layers.BatchNormalization(),
            layers.Activation("tanh", name="tanh_2"),
            layers.Flatten(),
            layers.Dense(4, activation="softmax", name="classifier"),
        ]
    )


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(3).integers(0, 256, (8, 8, 2)).astype(np.float32)


@pytest.fixture(scope="module")
def evidence(smooth, image):
    return find_evidence(smooth, image, label=LABEL)


def logit(model, images):
    """The logit up to a constant per image, from float64 weights and the outputs of the layer before."""
    before = [
        output for output in read_layer_outputs(model, images) if output.name == "flatten" or "flatten" in output.name
    ]
    kernel, bias = (values.astype(np.float64) for values in model.layers[-1].get_weights())
    return before[0].values.astype(np.float64) @ kernel[:, LABEL] + bias[LABEL]


def test_the_score_is_the_logit_and_the_probabilities_are_the_models(smooth, image, evidence):
    assert evidence.score_name == "logit"
    assert evidence.score == pytest.approx(logit(smooth, image[None])[0], abs=1e-5)
    np.testing.assert_allclose(evidence.probabilities, np.asarray(smooth(image[None] / 255))[0], atol=1e-6)


def test_gradients_agree_with_finite_differences(smooth, image, evidence):
    step = 2.0  # of 255: float32 sums are exact to about 1e-6, so the quotient to about 1e-4
    moved = np.repeat(image[None], 64 * 2, axis=0)
    for number, (row, column) in enumerate(np.ndindex(8, 8)):
        moved[2 * number, row, column] += step
        moved[2 * number + 1, row, column] -= step
    scores = logit(smooth, moved).reshape(8, 8, 2)
    differences = (scores[..., 0] - scores[..., 1]) / (2 * step / 255)
    np.testing.assert_allclose(evidence.maps["gradient"], differences, atol=2e-3)
    assert np.abs(differences).max() > 0.05


def test_smooth_gradients_are_the_mean_over_seeded_noise(smooth, image, evidence):
    noise = np.random.default_rng(0).normal(size=(64, 8, 8, 2)) * 0.15 * np.ptp(image / 255)
    maps = [find_evidence_gradient(smooth, image / 255 + each) for each in noise]
    np.testing.assert_allclose(evidence.maps["smooth_gradient"], np.mean(maps, axis=0), atol=1e-5)


def find_evidence_gradient(model, pixels):
    return build_class_score(model).gradients(pixels[None].astype(np.float32), LABEL)[0].sum(axis=-1)


@pytest.mark.parametrize("logits", [False, True])
def test_integrated_gradients_are_complete_within_one_percent(build_cnn, images_and_labels, logits):
    model = build_cnn(logits=logits)
    pixels = images_and_labels(1)[0][0].astype(np.float32)
    found = find_evidence(model, pixels, label=LABEL)
    dense, bias = model.get_layer("classifier").get_weights()
    both = np.stack([np.full_like(pixels, find_background(pixels / 255) * 255), pixels])
    flat = next(output for output in read_layer_outputs(model, both) if output.name == "flatten").values
    background, whole = flat @ dense[:, LABEL] + bias[LABEL]
    assert found.maps["integrated_gradients"].sum() == pytest.approx(whole - background, rel=0.01)
    assert found.steps.difference == pytest.approx(whole - background, abs=1e-5)
    assert found.steps.error < 0.01


def test_grad_cam_is_its_definition_from_activations_and_weights(keras, smooth, image):
    # The score is linear in the last feature maps: its gradient is the kernel of the classifier.
    found = find_evidence(smooth, image, label=LABEL)
    assert found.layer == "conv_2"
    maps = next(output for output in read_layer_outputs(smooth, image[None]) if output.name == "tanh_2").values[0]
    weights = smooth.layers[-1].get_weights()[0][:, LABEL].reshape(4, 4, 4).mean(axis=(0, 1))
    expected = np.maximum(sum(weights[k] * maps[..., k] for k in range(4)), 0)
    large = np.asarray(Image.fromarray(expected.astype(np.float32)).resize((8, 8), Image.Resampling.BILINEAR))
    np.testing.assert_allclose(found.maps["grad_cam"], large, atol=1e-6)
    assert find_evidence(smooth, image, layer="conv_1").layer == "conv_1"
    with pytest.raises(UsageError, match="Did you mean 'conv_1'"):
        find_evidence(smooth, image, layer="conv1")


def test_occlusion_agrees_with_a_plain_loop(smooth, image, evidence):
    patch = evidence.patch
    assert patch == 1
    whole = logit(smooth, image[None])[0]
    for row, column in [(0, 0), (3, 5), (7, 7)]:
        covered = image.copy()
        covered[row, column] = 127.5
        fall = whole - logit(smooth, covered[None])[0]
        assert evidence.maps["occlusion"][row, column] == pytest.approx(fall, abs=1e-5)


@pytest.mark.slow
def test_overlapping_patches_are_averaged(build_cnn):
    model = build_cnn(input_shape=(14, 15, 1))
    pixels = np.random.default_rng(0).integers(0, 256, (14, 15, 1)).astype(np.float32)
    found = find_evidence(model, pixels, label=0)
    score = build_class_score(model)
    falls = [[[] for _ in range(15)] for _ in range(14)]
    for top in range(13):
        for left in range(14):
            covered = pixels / 255
            covered[top : top + 2, left : left + 2] = 0.5
            fall = found.score - score.scores(covered[None].astype(np.float32), 0)[0]
            for row, column in np.ndindex(2, 2):
                falls[top + row][left + column].append(fall)
    expected = [[np.mean(cell) for cell in line] for line in falls]
    np.testing.assert_allclose(found.maps["occlusion"], expected, atol=1e-5)


def test_the_same_seed_gives_the_same_bits_and_another_seed_does_not(smooth, image, evidence):
    again = find_evidence(smooth, image, label=LABEL)
    for name, values in evidence.maps.items():
        assert values.dtype == np.float32
        np.testing.assert_array_equal(again.maps[name], values)
    other = find_evidence(smooth, image, label=LABEL, seed=1)
    assert not np.array_equal(other.maps["smooth_gradient"], evidence.maps["smooth_gradient"])
    np.testing.assert_array_equal(other.maps["gradient"], evidence.maps["gradient"])


def test_shuffled_weights_have_the_same_values_in_another_order(smooth):
    before = smooth.get_weights()
    shuffled = shuffle_weights(smooth, seed=0)
    for old, new in zip(before, shuffled, strict=True):
        assert new.shape == old.shape
        np.testing.assert_array_equal(np.sort(new, axis=None), np.sort(old, axis=None))
    assert not np.array_equal(shuffled[0], before[0])
    np.testing.assert_array_equal(smooth.get_weights()[0], before[0])


def test_rank_correlation_agrees_with_scipy():
    first, second = np.random.default_rng(0).integers(-4, 5, (2, 6, 7))
    said = (first != 0) | (second != 0)
    expected = spearmanr(np.abs(first[said]), np.abs(second[said])).statistic
    assert rank_correlation(first, second) == pytest.approx(expected, abs=1e-9)
    assert np.isnan(rank_correlation(first, np.zeros((6, 7))))


def test_a_model_without_a_convolution_and_one_in_bfloat16_are_explained(keras, image):
    layers = keras.layers
    model = keras.Sequential([keras.Input((8, 8, 2)), layers.Flatten(), layers.Dense(3), layers.Softmax(name="end")])
    found = find_evidence(model, image)
    assert "grad_cam" not in found.maps
    assert found.layer is None
    # A linear score: the gradient is the weights, and the integrated gradients are exact.
    weights = model.layers[1].get_weights()[0][:, found.label].reshape(8, 8, 2)
    np.testing.assert_allclose(found.maps["gradient"], weights.sum(axis=-1), atol=1e-6)
    way = image / 255 - find_background(image / 255)
    np.testing.assert_allclose(found.maps["integrated_gradients"], (weights * way).sum(axis=-1), atol=1e-5)
    half = keras.Sequential([keras.Input((8, 8, 2)), layers.Flatten(), layers.Dense(3, dtype="mixed_bfloat16")])
    assert compute_in_float32(half).layers[1].compute_dtype == "float32"
    np.testing.assert_array_equal(compute_in_float32(half).get_weights()[0], half.get_weights()[0])
