import numpy as np
import pytest
from PIL import Image

from keras_cnn_course.errors import RunError, UsageError
from keras_cnn_course.lecture.material import NamedImage, prepare_material
from keras_cnn_course.plots.lecture.animation import save_animation


@pytest.fixture
def material():
    """Max pooling of two steps."""
    pixels = np.arange(24).reshape(4, 6) % 7
    return prepare_material("max-pooling", image=NamedImage("small", pixels, pixels[..., np.newaxis]))


@pytest.mark.slow
def test_one_frame_per_step_and_the_same_bytes_twice(material, tmp_path):
    alt = save_animation("max-pooling", material, tmp_path / "first.gif")
    save_animation("max-pooling", material, tmp_path / "second.gif")
    assert (tmp_path / "first.gif").read_bytes() == (tmp_path / "second.gif").read_bytes()
    with Image.open(tmp_path / "first.gif") as animation:
        assert animation.n_frames == 2
        assert animation.info["loop"] == 0
        assert animation.info["comment"].decode() == alt
        frames = []
        for number in range(2):
            animation.seek(number)
            frames.append(np.asarray(animation.convert("RGB"), dtype=int))
            assert animation.info["duration"] == (2400 if number == 1 else 800)
    assert (frames[0] != frames[1]).any()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first.gif", "second.gif"]


def test_a_slide_of_one_picture_is_no_animation(tmp_path):
    with pytest.raises(UsageError, match="Slide loss is a single picture"):
        save_animation("loss", prepare_material("loss"), tmp_path / "loss.gif")


def test_too_many_steps_are_refused_and_nothing_is_written(tmp_path):
    pixels = np.zeros((28, 28), dtype=int)
    material = prepare_material("convolution", image=NamedImage("digit", pixels, pixels[..., np.newaxis]))
    with pytest.raises(UsageError, match=r"28x28 needs 676 steps.*at most 100"):
        save_animation("convolution", material, tmp_path / "digit.gif")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_way_is_reported(material, tmp_path):
    (tmp_path / "steps.gif").mkdir()
    with pytest.raises(RunError, match=r"steps\.gif"):
        save_animation("max-pooling", material, tmp_path / "steps.gif")
