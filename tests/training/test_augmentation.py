import numpy as np
import pytest

from keras_cnn_course.catalog.hyperparameters import CHOICES

SEED = np.array([0, 7], "int32")


@pytest.fixture
def distort(started):
    from keras_cnn_course.training import augmentation

    def distort_images(images, seed=SEED, **values):
        return augmentation.distort(images, augmentation.Distortion(**values), seed).numpy()

    return distort_images


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    pictures = np.zeros((20, 28, 28, 2), "uint8")
    pictures[:, 8:20, 8:20] = rng.integers(0, 256, (20, 12, 12, 2))
    return pictures


def test_every_choice_is_implemented(started):
    from keras_cnn_course.training.augmentation import DISTORTIONS

    assert ("auto", *DISTORTIONS) == CHOICES["augment"]


def test_no_distortion_changes_nothing(distort, images):
    np.testing.assert_allclose(distort(images), images, atol=1e-3)


def test_the_seed_decides(distort, images):
    assert (distort(images, shift=2.0) == distort(images, shift=2.0)).all()
    assert (distort(images, shift=2.0) != distort(images, shift=2.0, seed=SEED + 1)).any()


def centre_of_mass(picture):
    rows, columns = np.mgrid[: picture.shape[0], : picture.shape[1]]
    return np.array([(rows * picture).sum(), (columns * picture).sum()]) / picture.sum()


def test_shifts_move_the_centre_of_mass_within_their_bounds(distort, images):
    moved = distort(images, shift=3.0)
    distances = [
        centre_of_mass(after[..., 0]) - centre_of_mass(before[..., 0].astype(float))
        for before, after in zip(images, moved, strict=True)
    ]
    # A shift keeps the mass and moves its centre by exactly the shift, as long as nothing leaves the picture.
    assert np.abs(distances).max() <= 3.0 + 1e-3
    assert np.abs(distances).max() > 2.0
    np.testing.assert_allclose(moved.sum((1, 2)), images.sum((1, 2)), rtol=1e-3)


def test_a_rotation_is_what_scipy_rotates(distort):
    from scipy import ndimage

    rows, columns = np.mgrid[:29, :29]
    smooth = np.exp(-((rows - 10) ** 2 + (columns - 17) ** 2) / 18)[None, ..., None] * 255
    turned = distort(smooth.astype("float32"), rotation=30.0)[0, ..., 0]
    angles = np.linspace(-30, 30, 241)
    errors = [
        np.abs(ndimage.rotate(smooth[0, ..., 0], angle, reshape=False, order=1) - turned).max() for angle in angles
    ]
    # The angle that was drawn lies within the bounds; a quarter of a degree moves the slope by up to 2 of 255.
    assert min(errors) < 3
    assert abs(angles[int(np.argmin(errors))]) > 1


def test_elastic_displacements_have_the_spread_that_simard_gives(started):
    import tensorflow as tf
    from scipy import ndimage

    from keras_cnn_course.training.augmentation import Distortion, _elastic_offsets

    offsets = _elastic_offsets(tf.constant(400), 28, 28, Distortion(elastic=34.0, smoothness=4.0), SEED).numpy()
    noise = np.random.default_rng(0).uniform(-1, 1, (400, 28, 28))
    expected = 34.0 * ndimage.gaussian_filter(noise, (0, 4, 4), mode="constant", truncate=8)
    assert offsets.shape == (400, 2, 28, 28)
    assert offsets.std() == pytest.approx(expected.std(), rel=0.03)
    assert offsets[:, 0, 14, 14].std() == pytest.approx(expected[:, 14, 14].std(), rel=0.15)


def test_a_slant_moves_the_top_to_one_side_and_the_bottom_to_the_other(distort):
    bars = np.zeros((40, 28, 28, 1), "uint8")
    bars[:, 4:24, 13:15] = 255
    slanted = distort(bars, slant=0.4)[..., 0]
    columns = np.arange(28)
    top, bottom = (slanted[:, row] @ columns / slanted[:, row].sum(axis=1) for row in (5, 22))
    np.testing.assert_allclose(top + bottom, 27, atol=0.1)  # the middle of the image stays where it is
    assert 0.3 * 17 < np.abs(top - bottom).max() <= 0.4 * 17 + 0.1


def test_strokes_are_drawn_again_thinner_and_thicker_on_the_same_line(distort):
    bars = np.zeros((60, 28, 28, 1), "uint8")
    bars[:30, 4:24, 11:16] = bars[30:, 4:24, 13:14] = 255
    drawn = distort(bars, redrawn=1.0)[..., 0]
    width = drawn[:, 14].sum(axis=1) / 255
    assert width[:30].min() < 3.5 < 4.2 < width[:30].max() < 5  # bars of 5 pixels become thinner,
    assert 1 <= width[30:].min() < 1.2 < 2 < width[30:].max()  # and lines of 1 pixel thicker
    np.testing.assert_allclose(drawn[:, 14] @ np.arange(28) / drawn[:, 14].sum(axis=1), 13, atol=0.1)
    assert (drawn.max(axis=(1, 2)) > 250).all()
    same = (np.abs(distort(bars, redrawn=0.5) - bars) < 1e-3).all(axis=(1, 2, 3))
    assert 0 < same.sum() < 60
    assert distort(np.zeros((2, 28, 28, 1), "uint8"), redrawn=1.0).max() == 0


def test_a_shift_by_whole_pixels_keeps_every_gray_level(distort):
    pictures = np.random.default_rng(0).integers(0, 256, (40, 28, 20, 1)).astype("uint8")
    moved = distort(pictures, shift=3.0, mirrored=0.5, whole=True)
    places = set()
    for before, after in zip(pictures, moved, strict=True):
        fitting = [
            (down, right, step)
            for down in range(-3, 4)
            for right in range(-3, 4)
            for step in (1, -1)
            if np.array_equal(after[3:-3, 3:-3], np.roll(before[:, ::step], (down, right), axis=(0, 1))[3:-3, 3:-3])
        ]
        assert len(fitting) == 1
        places.update(fitting)
    assert len(places) > 20


def test_a_mirrored_image_has_left_and_right_exchanged(distort, images):
    np.testing.assert_allclose(distort(images, mirrored=1.0), images[:, :, ::-1], atol=1e-3)
    many = np.tile(images, (20, 1, 1, 1))
    changed = (np.abs(distort(many, mirrored=0.5) - many) > 1e-3).any(axis=(1, 2, 3))
    assert 0.4 < changed.mean() < 0.6


def test_an_erased_rectangle_has_one_gray_level_and_the_rest_stays(distort):
    pictures = np.random.default_rng(0).integers(1, 256, (200, 28, 20, 3)).astype("uint8")
    after, levels, heights, widths = distort(pictures, erased=1.0), [], [], []
    for before, picture in zip(pictures, after, strict=True):
        rows, columns = np.nonzero((np.abs(picture - before) > 1e-3).any(axis=-1))
        box = picture[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        assert np.ptp(box) < 1e-3  # nothing but the box has changed, and it is plain
        assert 0 <= box[0, 0, 0] <= before.max()
        levels.append(box[0, 0, 0])
        if rows.min() > 0 and rows.max() < 27 and columns.min() > 0 and columns.max() < 19:  # not cut by the border
            heights.append(box.shape[0])
            widths.append(box.shape[1])
    assert min(levels) < 50 < 200 < max(levels)  # each image has its own
    assert 0.15 * 28 - 1 < min(heights) < 7 < 11 < max(heights) <= 14
    assert 0.15 * 20 - 1 < min(widths) < 5 < 8 < max(widths) <= 10
    changed = (np.abs(distort(pictures, erased=0.5) - pictures) > 1e-3).any(axis=(1, 2, 3))
    assert 0.4 < changed.mean() < 0.6


def test_mirroring_and_erasing_leave_the_other_random_numbers_as_they_were(distort, images):
    """Otherwise a run of an older version could not be resumed."""
    old = {"shift": 2.0, "rotation": 10.0, "elastic": 16.0, "slant": 0.4, "redrawn": 0.7}
    np.testing.assert_array_equal(distort(images, **old, mirrored=1e-9, erased=1e-9), distort(images, **old))


@pytest.mark.parametrize("ground", [0, 90, 255])
def test_what_comes_in_from_outside_continues_the_border(distort, ground):
    plain = np.full((8, 28, 28, 1), ground, "uint8")
    np.testing.assert_allclose(distort(plain, shift=5.0, rotation=20.0, scaling=0.3, elastic=34.0), plain, atol=1e-3)


def test_the_border_is_continued_row_by_row(distort):
    rows = np.repeat(np.arange(28, dtype="uint8")[:, None], 28, axis=1)[None, ..., None]
    moved = distort(rows, shift=3.0)[0, ..., 0]
    np.testing.assert_allclose(
        moved, np.clip(np.arange(28)[:, None] + moved[14, 14] - 14, 0, 27) + 0 * moved, atol=1e-3
    )


@pytest.mark.parametrize("shape", [(8, 8, 1), (32, 20, 3)])
def test_other_shapes(distort, shape):
    pictures = np.zeros((3, *shape), "uint8")
    values = {
        "shift": 2.0,
        "rotation": 10.0,
        "scaling": 0.1,
        "elastic": 34.0,
        "slant": 0.3,
        "redrawn": 0.7,
        "mirrored": 0.5,
        "erased": 0.5,
    }
    assert distort(pictures, **values).shape == (3, *shape)


@pytest.mark.slow
def test_the_engine_trains_on_distorted_images_and_repeats_with_the_seed(started, images):
    from keras_cnn_course.catalog.building import build_compiled_model
    from keras_cnn_course.catalog.recipes import find_recipe, load_recipe
    from keras_cnn_course.training.augmentation import DISTORTIONS
    from keras_cnn_course.training.engine import Engine

    recipe = load_recipe(find_recipe("softmax"))

    def train(augment, seed):
        model = build_compiled_model(recipe, recipe.hyperparameters, input_shape=(28, 28, 2), num_classes=2, seed=0)
        engine = Engine(model, batch_size=10, distortion=DISTORTIONS[augment], seed=seed)
        engine.load(images, np.arange(20) % 2)
        return engine.train(np.arange(20)).loss

    assert train("elastic", 0) == train("elastic", 0)
    assert len({train("none", 0), train("shift", 0), train("elastic", 0), train("elastic", 1)}) == 4
