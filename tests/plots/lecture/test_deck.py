"""The deck has one page of 16:9 per slide, whose texts are large, inside the page, and beside each other."""

import re

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from keras_cnn_course.errors import UsageError
from keras_cnn_course.lecture.contents import SLIDES, find_slide
from keras_cnn_course.lecture.material import NamedImage, prepare_material
from keras_cnn_course.plots.lecture import plot_slide
from keras_cnn_course.plots.lecture.deck import SMALLEST_TEXT, make_page, save_deck, save_pages
from keras_cnn_course.plots.style import colors_of


def material(key):
    pixels = np.random.default_rng(0).integers(0, 256, size=(600, 512, 3))
    photograph = NamedImage("a portrait of somebody", pixels[..., 0], pixels)
    return prepare_material(key, photograph=photograph if SLIDES[key].shows_photograph != "never" else None)


def page(key, *, dark=False):
    with colors_of(dark=dark):
        figure = plot_slide(key, material(key)).figure
        make_page(figure, find_slide(key), footer="kcnn lecture")
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
    return figure, canvas.get_renderer()


def visible(figure):
    """Return the texts that are drawn; an axis that is switched off keeps its tick labels without drawing them."""
    hidden = {label for axes in figure.axes if not axes.axison for label in tick_labels(axes)}
    found = [text for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible()]
    return [text for text in found if text not in hidden]


def tick_labels(axes):
    return [*axes.get_xticklabels(), *axes.get_yticklabels()]


@pytest.mark.slow
@pytest.mark.parametrize("key", SLIDES)
def test_a_page_is_wide_and_its_texts_are_large_and_apart(key):
    figure, renderer = page(key)
    width, height = figure.get_size_inches()
    assert width / height == pytest.approx(16 / 9, rel=0.001)
    inside = {text for axes in figure.axes if axes.images for text in axes.texts}
    ticks = {label for axes in figure.axes for label in tick_labels(axes)}
    boxes = []
    for text in visible(figure):
        box = text.get_window_extent(renderer)
        if text in inside or not figure.bbox.overlaps(box):
            continue
        assert text.get_fontsize() >= SMALLEST_TEXT, text
        assert box.x0 >= 0, text
        assert box.x1 <= figure.bbox.x1, text
        assert box.y0 >= 0, text
        assert box.y1 <= figure.bbox.y1, text
        if text not in ticks and text.get_rotation() in (0, 90):
            boxes.append((text.get_text(), box.shrunk(0.94, 0.9)))
    for number, (first, one) in enumerate(boxes):
        for second, other in boxes[number + 1 :]:
            assert not one.overlaps(other), (first, second)
    assert any(text.get_text() == SLIDES[key].title for text in visible(figure))


def test_a_dark_page_has_light_text():
    figure, _ = page("relu", dark=True)
    background = np.mean(matplotlib.colors.to_rgb(figure.get_facecolor()))
    title = next(text for text in visible(figure) if text.get_text() == SLIDES["relu"].title)
    footer = next(text for text in visible(figure) if text.get_text() == "kcnn lecture")
    assert np.mean(matplotlib.colors.to_rgb(footer.get_color())) > 0.6
    assert background < 0.2 < 0.8 < np.mean(matplotlib.colors.to_rgb(title.get_color()))


@pytest.mark.slow
def test_the_deck_has_one_page_per_slide_and_the_same_bytes_twice(tmp_path):
    chosen = {key: material(key) for key in ("relu", "loss")}
    for name in ("one.pdf", "two.pdf"):
        save_deck(chosen, tmp_path / name, dark=True)
    data = (tmp_path / "one.pdf").read_bytes()
    assert data == (tmp_path / "two.pdf").read_bytes()
    assert len(re.findall(rb"/Type /Page\b", data)) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.pdf", "two.pdf"]


def test_a_deck_is_a_pdf(tmp_path):
    with pytest.raises(UsageError, match=r"must end in \.pdf"):
        save_deck({"loss": material("loss")}, tmp_path / "deck.png")


def test_the_same_pages_as_svg_are_numbered(tmp_path):
    save_pages({"loss": material("loss")}, tmp_path / "slides", dark=True)
    (path,) = (tmp_path / "slides").iterdir()
    assert path.name == "01-loss.svg"
    width, height = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', path.read_text()).groups()
    assert float(width) / float(height) == pytest.approx(16 / 9, rel=0.001)
