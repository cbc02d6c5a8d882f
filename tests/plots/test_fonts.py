"""Names in any script are drawn or written in codes, and never as boxes or with a warning."""

import warnings

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from keras_cnn_course.plots import fonts
from keras_cnn_course.plots.confusion import plot_confusion
from keras_cnn_course.plots.fonts import drawable_names, find_families
from keras_cnn_course.plots.saving import Picture, save_picture
from keras_cnn_course.plots.style import new_figure

# The last name has a character of a private area, which no font on any machine should have.
NAMES = ("\u732b", "\u0642\u0637\u0629", "\U0001f980 crab", "chien", "\U000f1234")


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_names_in_any_script_give_no_warning(tmp_path, suffix):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = plot_confusion(np.ones((5, 5), int), NAMES, name="\u8a13\u7df4-001")
        save_picture(picture, tmp_path / f"confusion{suffix}")
    assert NAMES[0] in picture.alt


def test_a_name_without_a_font_is_its_index_and_codes_and_one_sentence_says_so(capsys):
    names = drawable_names(("cat", "a \U000f4321"))
    assert names == ("cat", r"#1 a \U000f4321")
    drawable_names(("cat", "a \U000f4321"))
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith(r"Pictures show 1 class name by number and character code, such as #1 a \U000f4321,")


def test_control_characters_are_written_as_codes():
    assert drawable_names(("a\x1b[31m", "b\tc")) == (r"#0 a\x1b[31m", r"#1 b\tc")


def test_a_font_that_has_the_characters_is_used(monkeypatch):
    def find(character):
        return "DejaVu Sans" if character.isascii() else "DejaVu Serif"

    monkeypatch.setattr(fonts, "_find_family", find)
    assert find_families("a\u732b") == ["DejaVu Sans", "DejaVu Serif"]
    figure = new_figure(2, 1)
    text = figure.text(0, 0, "\u732b")
    Picture(figure, "A cat.")
    assert text.get_fontfamily() == ["DejaVu Sans", "DejaVu Serif"]


def test_titles_are_escaped_too():
    figure = new_figure(2, 1)
    figure.text(0, 0, "run \U000f1234")
    Picture(figure, "x")
    FigureCanvasAgg(figure).draw()
    assert any(text.get_text() == r"run \U000f1234" for text in figure.findobj(Text))
