import re

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from keras_cnn_course.errors import RunError, UsageError
from keras_cnn_course.plots.saving import Picture, render_svg, save_picture
from keras_cnn_course.plots.style import new_figure

ALT = "A line from 0 to 1: < & é."


def line() -> Picture:
    figure = new_figure(3, 2)
    figure.subplots().plot([0, 1], label="line")
    return Picture(figure, ALT)


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf", ".PNG"])
def test_the_same_picture_gives_the_same_bytes(tmp_path, suffix):
    save_picture(line(), tmp_path / f"first{suffix}")
    save_picture(line(), tmp_path / f"second{suffix}")
    first = (tmp_path / f"first{suffix}").read_bytes()
    assert first == (tmp_path / f"second{suffix}").read_bytes()
    assert first[:4] == {".png": b"\x89PNG", ".svg": b"<?xm", ".pdf": b"%PDF"}[suffix.lower()]
    assert not re.search(rb"20\d\d-\d\d-\d\d|D:20\d\d", first)
    assert len(list(tmp_path.iterdir())) == 2


def test_the_alt_text_is_in_the_png(tmp_path):
    save_picture(line(), tmp_path / "line.png")
    with Image.open(tmp_path / "line.png") as image:
        image.load()
        assert image.info["Description"] == ALT
        assert image.size == (450, 300)
        assert np.asarray(image.convert("L")).min() < 200


@pytest.mark.parametrize("left", [0.1, 46.0800005 / 460.8])  # the second one is halfway between six decimals of a point
def test_a_layout_that_differs_in_the_last_bits_gives_the_same_svg(left):
    contents = []
    for nudge in (-1e-13, 1e-13):
        figure = Figure()
        axes = figure.add_axes((left + nudge, 0.1, 0.8, 0.8))
        axes.plot([0, 1], marker="o")
        axes.imshow([[0, 1]], extent=(0, 1, 0, 1))
        contents.append(render_svg(Picture(figure, "A line.")))
    assert contents[0] == contents[1]
    used = set(re.findall(rb"#([a-z]+\d+)[)\"]", contents[0]))
    assert used
    assert all(b'id="' + name + b'"' in contents[0] for name in used)


def test_the_alt_text_is_in_the_svg(tmp_path):
    save_picture(line(), tmp_path / "line.svg")
    assert "A line from 0 to 1: &lt; &amp; é." in (tmp_path / "line.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["line.bmp", "line", "line.png.txt"])
def test_another_suffix_is_wrong_use_and_writes_nothing(tmp_path, name):
    with pytest.raises(UsageError, match=r"Cannot draw .*line.*\.png, \.svg or \.pdf"):
        save_picture(line(), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_way_is_reported(tmp_path):
    (tmp_path / "line.png").mkdir()
    (tmp_path / "line.png" / "kept").touch()
    with pytest.raises(RunError, match=r"line\.png"):
        save_picture(line(), tmp_path / "line.png")
    assert [path.name for path in tmp_path.iterdir()] == ["line.png"]


def test_a_very_large_picture_is_written_with_fewer_pixels(tmp_path):
    save_picture(Picture(new_figure(60, 2), "Large."), tmp_path / "large.png")
    with Image.open(tmp_path / "large.png") as written:
        assert max(written.size) == 3200
