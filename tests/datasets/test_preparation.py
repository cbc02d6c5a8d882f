"""Pictures of digits from elsewhere -> MNIST's 28x28, measured on real MNIST digits sent there and back."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from keras_cnn_course.datasets.preparation import prepare_digit, prepare_image
from keras_cnn_course.errors import ImageError


def enlarge(digit, width=280, height=280):
    return np.asarray(Image.fromarray(digit).resize((width, height), Image.Resampling.BICUBIC))


def as_jpeg(image, quality=40):
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "JPEG", quality=quality)
    return np.asarray(Image.open(stream))


def photograph(digit):
    """Dark ink on grey paper, darker to one side, with grain, as a JPEG."""
    ink = enlarge(np.pad(digit, ((7, 7), (0, 0))), 200, 300) / 255
    y, x = np.mgrid[0:1:300j, 0:1:200j]
    grain = np.random.default_rng(0).normal(0, 8, ink.shape)
    return as_jpeg(np.clip((215 - 60 * x - 30 * y) * (1 - ink) + 50 * ink + grain, 0, 255).astype(np.uint8))


def similarity(prepared, original):
    """The best correlation within one pixel each way: the centre of mass may round the other way."""
    shifted = [np.roll(prepared, (dy, dx), (0, 1)) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    return max(np.corrcoef(image.ravel(), original.ravel())[0, 1] for image in shifted)


PICTURES = {
    "as it is": (lambda digit: digit, 0.99),
    "inverted": (lambda digit: 255 - digit, 0.99),
    "floating point": (lambda digit: digit * 1.0, 0.99),
    "ten times as large": (lambda digit: 255 - enlarge(digit), 0.95),
    "forty times as large": (lambda digit: enlarge(digit, 1120, 1120), 0.95),
    "in a corner": (lambda digit: np.pad(255 - enlarge(digit), ((300, 0), (9, 250)), constant_values=255), 0.9),
    "pale ink": (lambda digit: (180 - enlarge(digit) / 255 * 60).astype(np.uint8), 0.95),
    "jpeg": (lambda digit: as_jpeg(255 - enlarge(digit)), 0.95),
    "photograph": (photograph, 0.9),
    "negative of a photograph": (lambda digit: 255 - photograph(digit), 0.9),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PICTURES)
def test_mnist_digits_come_back(mnist, name):
    picture, least = PICTURES[name]
    found = [similarity(prepare_digit(picture(digit)), digit) for digit in mnist.x_test[:25, ..., 0]]
    assert np.mean(found) > least
    assert np.min(found) > least - 0.2


@pytest.mark.parametrize("polarity", [1, -1])
def test_box_and_centre_are_mnists(polarity):
    drawing = np.full((300, 500), 255, np.uint8)
    drawing[40:240, 100:130] = 0
    drawing[210:240, 100:200] = 0
    digit = prepare_digit(drawing if polarity > 0 else 255 - drawing)
    rows, columns = np.flatnonzero(digit.any(axis=1)), np.flatnonzero(digit.any(axis=0))
    assert np.ptp(rows) + 1 == 20
    assert np.ptp(columns) + 1 == 10
    weights = digit / digit.sum()
    # Placed by whole pixels: at most half a pixel from the middle.
    assert abs((weights.sum(axis=1) @ np.arange(28)) - 14) <= 0.5
    assert abs((weights.sum(axis=0) @ np.arange(28)) - 14) <= 0.5
    assert digit.max() == 255
    assert digit.dtype == np.uint8


def test_a_hairline_is_still_ink():
    drawing = np.full((400, 300), 255, np.uint8)
    drawing[50:350, 150] = 0
    digit = prepare_digit(drawing)
    assert digit.max() == 255
    assert np.ptp(np.flatnonzero(digit.any(axis=1))) + 1 == 20


def test_specks_do_not_move_the_crop():
    drawing = np.full((280, 280), 255, np.uint8)
    drawing[80:200, 130:150] = 0
    clean = prepare_digit(drawing)
    drawing[5:8, 5:8] = drawing[270:273, 260:262] = 0
    np.testing.assert_array_equal(prepare_digit(drawing), clean)


def test_a_stroke_apart_is_kept():
    """The bar of a 5 that does not touch its bow."""
    drawing = np.full((280, 280), 255, np.uint8)
    drawing[100:220, 100:120] = 0
    drawing[60:75, 120:200] = 0
    assert prepare_digit(drawing)[4:7, 14:].max() > 100


@pytest.mark.parametrize(
    "blank",
    [
        np.full((100, 80), 255),
        np.zeros((28, 28)),
        np.array([[7]]),
        np.random.default_rng(0).normal(200, 4, (300, 200)),
        np.random.default_rng(0).normal(150, 12, (300, 200)),
        np.tile(np.linspace(90, 230, 200), (300, 1)),
    ],
    ids=["white", "black", "one pixel", "grain", "coarse grain", "shading"],
)
def test_a_picture_without_ink_is_an_error(blank):
    with pytest.raises(ImageError, match="no ink"):
        prepare_digit(blank)


HEIGHT, WIDTH = 300, 400
Y, X = np.mgrid[0:HEIGHT, 0:WIDTH]
STROKES = {
    4: [[(215, 70), (150, 180), (255, 180)], [(222, 120), (218, 235)]],
    7: [[(150, 80), (250, 80), (190, 230)]],
    0: [[(200, 70), (240, 110), (245, 180), (205, 232), (162, 190), (158, 110), (200, 70)]],
}


def draw_ink(digit, *, moved=(0, 0), scale=1.0):
    image = Image.new("L", (WIDTH, HEIGHT))
    for stroke in STROKES[digit]:
        points = [(x * scale + moved[0], y * scale + moved[1]) for x, y in stroke]
        ImageDraw.Draw(image).line(points, fill=255, width=max(3, round(12 * scale)), joint="curve")
    return np.asarray(image) / 255


def on_paper(ink, paper=215, tone=50):
    return paper + (tone - paper) * ink


def photographed(picture):
    noise = np.random.default_rng(3).normal(0, 3, picture.shape)
    return as_jpeg(np.clip(picture + noise, 0, 255).astype(np.uint8), 80)


def beside_table(ink):
    return np.where(X < 20, 90 + 10 * np.sin(Y / 3), on_paper(ink))


def on_table(ink):
    inside = (np.abs(X - 200) < 150) & (np.abs(Y - 150) < 115)
    return np.where(inside, on_paper(ink), 100 + 12 * np.sin(Y / 2 + X / 40))


def under_finger(ink):
    finger = ((X - 330) / 40) ** 2 + ((Y - 300) / 70) ** 2 < 1
    return np.where(finger, 150, on_paper(ink))


def ruled(ink):
    lines = (Y + X // 40) % 60 < 2
    return np.where(lines, np.minimum(on_paper(ink), 100), on_paper(ink))


SCENES = {
    "hard shadow edge": lambda ink: on_paper(ink) * np.where(X + 0.6 * Y < 290, 0.5, 1.0),
    "level shadow edge": lambda ink: on_paper(ink) * np.where(Y > 150, 0.45, 1.0),
    "shadow in a corner": lambda ink: on_paper(ink) * np.where(X + Y < 230, 0.5, 1.0),
    "table beside the paper": beside_table,
    "table around the paper": on_table,
    "finger": under_finger,
    "ruled lines": ruled,
    "margin line": lambda ink: np.where(np.abs(X - 60) < 2, 120, on_paper(ink)),
    "blackboard": lambda ink: 60 + 150 * ink + 5 * np.sin(X / 60),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("digit", STROKES)
def test_only_the_writing_of_a_photograph_is_taken(name, digit):
    ink = draw_ink(digit)
    assert similarity(prepare_digit(photographed(SCENES[name](ink))), prepare_digit(on_paper(ink, 255, 0))) > 0.9


@pytest.mark.parametrize("name", SCENES)
def test_a_scene_without_writing_is_refused(name):
    with pytest.raises(ImageError):
        prepare_digit(photographed(SCENES[name](np.zeros((HEIGHT, WIDTH)))))


@pytest.mark.parametrize("scale", [0.4, 0.6])
def test_a_second_digit_is_refused(scale):
    second = draw_ink(7, moved=(-50, -15), scale=scale)
    with pytest.raises(ImageError, match=r"more than one piece of writing\. Crop it to a single digit"):
        prepare_digit(photographed(on_paper(np.maximum(draw_ink(4), second))))


def test_two_digits_side_by_side_are_refused():
    pair = np.maximum(draw_ink(4, moved=(-60, 0)), draw_ink(7, moved=(70, 0)))
    with pytest.raises(ImageError, match="more than one piece of writing"):
        prepare_digit(photographed(on_paper(pair)))


@pytest.mark.parametrize("gap", [3, 10])
def test_a_small_gap_between_two_digits_is_enough(gap):
    pair = np.zeros((HEIGHT, WIDTH))
    pair[70:230, 180:195] = pair[70:230, 195 + gap : 210 + gap] = pair[70:85, 195 + gap : 260 + gap] = 1
    with pytest.raises(ImageError, match="more than one piece of writing"):
        prepare_digit(photographed(on_paper(pair)))


def test_a_thick_digit_beside_a_small_thin_one_is_not_left_out():
    """The strokes of the thick one are too wide for the windows that find the thin one."""
    ink = draw_ink(0, moved=(-50, -15), scale=0.4)
    ink[60:240, 260:290] = 1
    with pytest.raises(ImageError, match="more than one piece of writing"):
        prepare_digit(photographed(on_paper(ink)))


@pytest.mark.parametrize("paper", ["light", "dark"])
@pytest.mark.parametrize("height", [90, 130])
def test_a_thin_loop_beside_a_thick_stroke_is_not_read_alone(height, paper):
    """Neither the loop, which smaller windows find, nor the paper in it."""
    image = Image.new("L", (WIDTH, HEIGHT))
    ImageDraw.Draw(image).ellipse((30, 25, 74, 25 + height), outline=255, width=7)
    ink = np.asarray(image) / 255
    ink[60:240, 260:278] = 1
    picture = on_paper(ink)
    with pytest.raises(ImageError, match="more than one piece of writing"):
        prepare_digit(photographed(picture if paper == "light" else 255 - picture))


def test_a_second_digit_in_paler_ink_is_refused():
    pair = np.maximum(draw_ink(4, moved=(-80, 0)), 0.45 * draw_ink(7, moved=(80, 0)))
    with pytest.raises(ImageError, match="more than one piece of writing"):
        prepare_digit(photographed(on_paper(pair)))


def test_writing_that_shows_through_the_paper_is_not_a_second_digit():
    pair = np.maximum(draw_ink(4, moved=(-80, 0)), 0.12 * draw_ink(7, moved=(80, 0)))
    clean = prepare_digit(on_paper(draw_ink(4, moved=(-80, 0)), 255, 0))
    assert similarity(prepare_digit(photographed(on_paper(pair))), clean) > 0.9


def test_a_soft_stain_is_refused():
    stain = np.exp(-(((X - 200) / 35) ** 2 + ((Y - 150) / 75) ** 2))
    with pytest.raises(ImageError, match=r"pattern or shadows|filled area"):
        prepare_digit(photographed(on_paper(stain)))


@pytest.mark.parametrize("digit", [0, 4])
def test_a_digit_that_the_border_cuts_off_is_named(digit):
    ink = draw_ink(digit)
    left = np.flatnonzero((ink > 0.5).any(axis=0))[0] + 20
    with pytest.raises(ImageError, match=r"touches the border of the picture\. Leave some paper around"):
        prepare_digit(photographed(on_paper(ink[30:, left:])))


def test_a_digit_that_the_border_cuts_off_is_not_ignored_beside_another():
    pair = np.maximum(draw_ink(4, moved=(-165, 0)), draw_ink(7, moved=(70, 0)))
    with pytest.raises(ImageError, match=r"touches the border|more than one"):
        prepare_digit(photographed(on_paper(pair)))


@pytest.mark.parametrize("shape", ["rectangle", "ellipse"])
def test_a_filled_shape_is_refused(shape):
    image = Image.new("L", (WIDTH, HEIGHT), 215)
    getattr(ImageDraw.Draw(image), shape)((150, 90, 260, 210), fill=50)
    with pytest.raises(ImageError, match="filled area instead of the strokes"):
        prepare_digit(photographed(np.asarray(image, float)))


@pytest.mark.parametrize("shape", [(0, 5), (4, 4, 3), (5,)])
def test_what_is_no_grey_picture_is_an_error(shape):
    with pytest.raises(ImageError, match="must be gray"):
        prepare_digit(np.zeros(shape))


def write_seven(path, colour=False):
    drawing = np.full((300, 200, 3), 255, np.uint8)
    drawing[60:80, 50:150] = drawing[60:240, 130:150] = (0, 0, 160 if colour else 0)
    Image.fromarray(drawing).save(path)
    return path


def test_a_file_for_a_28x28_model_is_prepared_as_a_digit(tmp_path):
    digit = prepare_image(write_seven(tmp_path / "seven.png"), (28, 28, 1))
    assert digit.shape == (28, 28, 1)
    assert digit[0].max() == 0
    assert digit.max() == 255
    blue = prepare_image(write_seven(tmp_path / "blue.png", colour=True), (28, 28, 1))
    np.testing.assert_allclose(blue.astype(int), digit, atol=3)


@pytest.mark.parametrize("shape", [(32, 32, 3), (20, 30, 1), (20, 30, 3)])
def test_other_models_get_the_picture_resized(tmp_path, shape):
    image = prepare_image(write_seven(tmp_path / "seven.png", colour=True), shape)
    assert image.shape == shape
    assert image.dtype == np.uint8
    # Paper stays white, ink dark, in its place.
    assert image[-1, 0].min() >= 254
    assert image[shape[0] * 70 // 300, shape[1] // 2, 0] < 60


def test_the_choice_can_be_made(tmp_path):
    path = write_seven(tmp_path / "seven.png")
    assert prepare_image(path, (28, 28, 1), as_digit=False)[0, 0, 0] == 255
    digit = prepare_image(path, (32, 32, 3), as_digit=True)
    assert digit.shape == (32, 32, 3)
    assert digit[0, 0].tolist() == [0, 0, 0]


def test_the_error_names_the_file(tmp_path):
    Image.new("L", (50, 50), "white").save(tmp_path / "blank.png")
    with pytest.raises(ImageError, match=r"blank\.png.*no ink"):
        prepare_image(tmp_path / "blank.png", (28, 28, 1))


def test_five_channels_cannot_be_shown_an_image(tmp_path):
    with pytest.raises(ImageError, match="5 channels"):
        prepare_image(write_seven(tmp_path / "seven.png"), (28, 28, 5))
