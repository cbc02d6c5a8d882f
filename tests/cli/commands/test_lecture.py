import os
import pty
import select
import subprocess
import sys
import termios
import time

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from keras_cnn_course.cli import kcnn
from keras_cnn_course.cli.commands import lecture
from keras_cnn_course.lecture.contents import SLIDES
from keras_cnn_course.lecture.filters import FILTERS


def run(*arguments):
    return CliRunner().invoke(kcnn, ["lecture", *map(str, arguments)])


@pytest.fixture
def digit(tmp_path):
    """A small gray image: a bright bar of 2x6 pixels on 8x10."""
    pixels = np.zeros((8, 10), dtype=np.uint8)
    pixels[3:5, 2:8] = 200
    Image.fromarray(pixels).save(tmp_path / "bar.png")
    return tmp_path / "bar.png"


def test_the_slides_are_listed_in_the_lectures_order():
    result = run()
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    first = [line.split()[:2] for line in lines[: lines.index("")] if line[:2].strip()]
    assert first == [[str(number), key] for number, key in enumerate(SLIDES, start=1)]


@pytest.mark.parametrize("key", SLIDES)
def test_every_slide_prints_its_title_and_numbers(key):
    result = run(key)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(SLIDES[key].title)
    assert any(character.isdigit() for character in result.stdout)


def test_every_step_is_printed_where_there_is_no_terminal():
    assert run("convolution").stdout == run("convolution", "--all").stdout
    assert run("convolution").stdout.count(": output pixel (") == 25


def test_one_step():
    result = run("convolution", "--step", 7)
    assert "Step 7 of 25: output pixel (1, 1)" in result.stdout
    assert result.stdout.count(": output pixel (") == 1
    assert "0 1 1 1 0" in result.stdout


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_a_slide_is_drawn_and_described(tmp_path, suffix):
    out = tmp_path / "pictures" / f"edges{suffix}"
    result = run("max-pooling", "--out", out)
    assert result.exit_code == 0, result.output
    assert " ".join(result.stdout.split()).startswith(f"{out}: Max pooling of the lecture's image")
    assert out.stat().st_size > 5000


@pytest.mark.slow
def test_an_animation(tmp_path):
    out = tmp_path / "steps.gif"
    result = run("convolution", "--out", out, "--filter", "; ".join(["1 0 0 0 0 0"] * 6))
    assert result.exit_code == 0, result.output
    with Image.open(out) as animation:
        assert animation.n_frames == 4
    assert "An animation of 4 steps" in " ".join(result.stdout.split())
    assert "Drawing" in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("key", ["blur", "edges", "photograph"])
def test_a_photograph_ships_with_a_dependency(tmp_path, key):
    result = run(key, "--out", tmp_path / "photograph.png")
    assert result.exit_code == 0, result.output
    assert "a portrait of Grace Hopper (600x512)" in " ".join(result.stdout.split())


def test_the_readers_own_photograph(tmp_path, digit):
    result = run("blur", "--image", digit, "--out", tmp_path / "blur.png")
    assert result.exit_code == 0, result.output
    assert "bar.png (8x10)" in result.stdout
    assert "Grace" not in result.stdout
    assert "1200" in run("blur", "--image", digit).stdout  # six pixels of 200 under the filter, times 1/9


def test_the_readers_own_filter_by_name_and_by_numbers(digit):
    by_name = run("convolution", "--image", digit, "--filter", "horizontal-edges", "--step", 21).stdout
    by_rows = run("convolution", "--image", digit, "--filter", "-1 -1 -1; 2 2 2; -1 -1 -1", "--step", 21).stdout
    assert by_name == by_rows
    assert "sum of the products: 600" in by_name


def test_colors_become_channels_and_brightness(tmp_path):
    pixels = np.zeros((5, 5, 3), dtype=np.uint8)
    pixels[...] = (100, 50, 200)
    Image.fromarray(pixels).save(tmp_path / "color.png")
    assert "3x3x3 kernel on an image of depth 3" in run("depth", "--image", tmp_path / "color.png").stdout
    # 0.299 * 100 + 0.587 * 50 + 0.114 * 200
    assert " 82 82 82 82 82" in run("padding", "--image", tmp_path / "color.png").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["blurr"], 2, "Did you mean 'blur'"),
        (["--step", "2"], 2, "--image, --filter and --step need a slide."),
        (["--out", "x.pdf"], 2, "kcnn lecture --all --out deck.pdf"),
        (["--all", "--out", "x.png"], 2, "into one PDF or into a folder; 'x.png' is neither"),
        (["loss", "--dark"], 2, "--dark is for pictures and needs --out."),
        (["loss", "--wide"], 2, "--wide is for pictures and needs --out."),
        (["loss", "--dark", "--out", "x.html"], 2, "Leave out --dark."),
        (["loss", "--wide", "--out", "x.html"], 2, "A page fits every width."),
        (["convolution", "--step", "2", "--out", "x.html"], 2, "An .html file shows all steps"),
        (["loss", "--out", "/"], 2, "/ is a folder."),
        (["convolution", "--filter", "0 1 0 1 1 1 0 1 0"], 2, "one row or 3x3"),
        (["loss", "--image", "x.png"], 2, "Slide loss does not use an image"),
        (["blur", "--filter", "identity"], 2, "Slide blur does not use a filter"),
        (["convolution", "--filter", "1 2; 3"], 2, "rows of 2, 1"),
        (["convolution", "--filter", "[1 1 1 1 1 1 1 1 1]"], 2, "smaller than the kernel (1x9)"),
        (["convolution", "--step", "26"], 2, "This slide has 25 steps; got --step 26."),
        (["convolution", "--step", "0"], 2, "--step"),
        (["loss", "--step", "2"], 2, "This slide has 1 step; got --step 2."),
        (["convolution", "--image", "missing.png"], 1, "does not exist"),
        (["convolution", "--out", "x.bmp"], 2, ".png, .svg or .pdf"),
        (["convolution", "--out", "x.gif", "--step", "2"], 2, "shows all steps"),
        (["convolution", "--all", "--out", "x.png"], 2, "A picture shows one step."),
        (["convolution", "--all", "--step", "2"], 2, "give one of the two"),
        (["loss", "--out", "x.gif"], 2, "single picture"),
        (["loss", "--out", "x.png", "--step", "1"], 2, "convolution or max-pooling"),
    ],
)
def test_wrong_use_has_a_message_and_writes_nothing(tmp_path, monkeypatch, arguments, code, message):
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code == code
    assert message in result.stderr
    assert result.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_an_image_too_large_for_every_number(tmp_path):
    Image.fromarray(np.zeros((40, 33), dtype=np.uint8)).save(tmp_path / "large.png")
    for arguments in ([], ["--out", tmp_path / "x.png"], ["--out", tmp_path / "x.gif"]):
        result = run("convolution", "--image", tmp_path / "large.png", *arguments)
        assert result.exit_code == 2
        assert "The image has 40x33 pixels" in result.stderr
        assert "at most 32x32 pixels" in result.stderr


def test_the_help_names_every_filter():
    help_text = " ".join(run("--help").stdout.split())
    for name in FILTERS:
        assert name in help_text


def test_keys_go_on_back_and_out(monkeypatch):
    keys = iter(["x", "b", " ", "\r", "q"])
    monkeypatch.setattr(lecture, "_is_terminal", lambda: True)
    monkeypatch.setattr(lecture.click, "getchar", lambda: next(keys))
    result = run("convolution")
    assert result.exit_code == 0
    shown = [line.split()[1] for line in result.stdout.splitlines() if line.startswith("Step ")]
    assert shown == ["1", "2", "1", "2", "3"]
    assert "any key: next" in result.stderr


def test_one_frame_per_key_press_on_a_real_terminal():
    keyboard, terminal = pty.openpty()
    command = [sys.executable, "-m", "keras_cnn_course", "lecture", "max-pooling"]
    environment = {**os.environ, "TERM": "xterm"}
    process = subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, env=environment)
    try:
        shown = read_until(keyboard, b"1/6")
        assert b"Filter" in shown
        assert b"Window 1" not in shown
        press(keyboard, b" ")
        assert b"-> ReLU ->" in read_until(keyboard, b"2/6")
        press(keyboard, b"q")
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        process.wait()
        os.close(terminal)
        os.close(keyboard)


def read_until(keyboard, expected):
    """Return what a terminal showed up to the expected bytes."""
    shown = b""
    while expected not in shown:
        assert select.select([keyboard], [], [], 20)[0], f"nothing more was shown after {shown!r}"
        shown += os.read(keyboard, 4096)
    return shown


def press(keyboard, key):
    """Press a key once the program waits for single keys: what is typed before is thrown away."""
    end = time.monotonic() + 20
    while termios.tcgetattr(keyboard)[3] & termios.ICANON:
        assert time.monotonic() < end, "the program never waited for a key"
        time.sleep(0.01)
    os.write(keyboard, key)


def test_listing_needs_neither_numpy_nor_matplotlib():
    code = "import sys; from keras_cnn_course.cli import kcnn; kcnn.main(['lecture'], standalone_mode=False); "
    code += "assert not {'numpy', 'matplotlib', 'keras', 'tensorflow', 'PIL'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def test_the_numbers_need_neither_matplotlib_nor_keras():
    code = "import sys; from keras_cnn_course.cli import kcnn; kcnn.main(['lecture', 'edges'], standalone_mode=False); "
    code += "assert not {'matplotlib', 'keras', 'tensorflow', 'PIL'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def test_the_filter_that_was_read_is_printed():
    result = run("convolution", "--filter", "0 1 0, 1 1 1, 0 1 0", "--step", 1)
    assert "Filter of 3x3: 0 1 0; 1 1 1; 0 1 0" in result.stdout.splitlines()


def test_everything_fits_a_terminal_of_80_columns_and_uses_a_wider_one(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    narrow = run("--all").stdout
    assert max(map(len, narrow.splitlines())) <= 80
    assert max(map(len, run().stdout.splitlines())) <= 80
    assert all(slide.title in narrow for slide in SLIDES.values())
    monkeypatch.setenv("COLUMNS", "160")
    assert 80 < max(map(len, run("loss").stdout.splitlines())) <= 160


def test_a_dark_picture_differs_from_a_light_one(tmp_path):
    for name, arguments in (("light.png", []), ("dark.png", ["--dark"])):
        assert run("loss", "--out", tmp_path / name, *arguments).exit_code == 0
    light, dark = (np.asarray(Image.open(tmp_path / name).convert("L")) for name in ("light.png", "dark.png"))
    assert light[0, 0] == 255
    assert dark[0, 0] < 40


@pytest.mark.slow
def test_one_command_draws_all_slides(tmp_path):
    result = run("--all", "--out", tmp_path / "deck.pdf")
    assert result.exit_code == 0, result.output
    assert result.stdout == f"{tmp_path / 'deck.pdf'}: {len(SLIDES)} slides\n"
    assert (tmp_path / "deck.pdf").read_bytes().count(b"/Type /Page ") == len(SLIDES)


def test_a_tilde_that_the_shell_left_is_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(kcnn, ["lecture", "relu", "--out=~/x.png"])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "x.png").is_file()
    assert not (tmp_path / "~").exists()
