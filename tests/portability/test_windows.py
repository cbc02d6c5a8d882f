"""Every command of README and of the homework's page runs on Windows, as far as Linux can simulate it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
WINDOWS = Path(__file__).with_name("windows.py")
PAGES = (ROOT / "README.md", ROOT / "docs" / "homework.md")

# What a command of the pages becomes here, to take seconds instead of minutes or to end by itself.
SHORTER = {
    "train --recipe cnn": "train --recipe cnn --epochs 4",
    "train cnn --dataset mnist --out runs/long": "train softmax --epochs 4 --out runs/long",
    "train --recipe cnn --dataset photos/ --image-size 32x32": (
        "train --recipe cnn --dataset photos/ --image-size 32x32 --epochs 1"
    ),
    "train --recipe cnn --filters 16": "train --recipe cnn --filters 4 --epochs 1",
    "train --recipe mlp --augment affine": "train --recipe mlp --augment affine --epochs 1",
    "train --recipe mlp --ensemble 5": "train --recipe mlp --ensemble 2 --epochs 1",
    "train --recipe my_cnn.py --dataset mnist": "train --recipe my_cnn.py --epochs 1",
    "sweep --recipe cnn --grid filters=8,16,32 --seeds 5 --jobs 2": (
        "sweep --recipe softmax --grid epochs=1,2 --seeds 1 --jobs 2"
    ),
    "homework check convolution --watch": "homework check convolution",
}
# What cannot succeed here, on any system.
LEFT_OUT = {
    "data fetch mnist": "downloads",
    "open runs/cnn-001": "opens a browser",
    "homework solution convolution": "needs a solved exercise",
    "homework explain convolution": "needs a wrong answer",
    "homework reset convolution": "moves a file that the commands after it need",
}


def list_commands(page):
    """Return the kcnn commands in the code blocks of a page, without the word kcnn and without comments."""
    blocks = re.findall(r"```console\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("kcnn ")]
    return list(dict.fromkeys(re.sub(r"\s+#.*", "", line).removeprefix("kcnn ").strip() for line in lines))


def run_in_windows(folder, commands):
    """Run commands in the simulation and return the transcript as `(command, output, exit code)` each."""
    (folder / "commands.txt").write_text("\n".join(commands), encoding="utf-8")
    result = subprocess.run(
        [sys.executable, str(WINDOWS), "--commands", "commands.txt"],
        cwd=folder,
        env={**os.environ, "PYTHONIOENCODING": "cp1252", "TF_CPP_MIN_LOG_LEVEL": "3"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    text = result.stdout.decode("cp1252")
    found = re.findall(r"^\$ kcnn (.*?)\n(.*?)^exit (\d+)$", text, re.DOTALL | re.MULTILINE)
    assert len(found) == len(commands), text[-3000:]
    return [(command, output, int(code)) for command, output, code in found]


@pytest.fixture
def folder(tmp_path):
    """A folder with what the pages' commands take for granted: pictures, a data set of photos, a copied recipe."""
    generator = np.random.default_rng(0)
    for part in ("train", "test"):
        for name in ("cats", "dogs"):
            (tmp_path / "photos" / part / name).mkdir(parents=True)
            for number in range(12):
                pixels = generator.integers(0, 256, (32, 32, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(tmp_path / "photos" / part / name / f"{number}.png")
    drawing = np.full((200, 200), 255, dtype=np.uint8)
    drawing[40:160, 90:110] = 0
    Image.fromarray(drawing).save(tmp_path / "my.png")
    Image.fromarray(drawing).save(tmp_path / "photo.jpg")
    shutil.copy(ROOT / "recipes" / "cnn.py", tmp_path / "my_cnn.py")
    (tmp_path / "secret.txt").write_text("a secret of at least sixteen characters\n")
    (tmp_path / "submissions").mkdir()
    return tmp_path


@pytest.mark.slow
@pytest.mark.skipif(not PAGES[0].is_file(), reason="needs README.md: run the tests from a checkout")
def test_every_command_of_readme_succeeds(folder):
    commands = [command for command in list_commands(PAGES[0]) if not command.startswith("homework")]
    chosen = [SHORTER.get(command, command) for command in commands if command not in LEFT_OUT]
    for command, output, code in run_in_windows(folder, chosen):
        assert code == 0, f"kcnn {command}: {output[-2000:]}"


@pytest.mark.slow
@pytest.mark.skipif(not PAGES[1].is_file(), reason="needs docs/homework.md: run the tests from a checkout")
def test_every_command_of_the_homework_succeeds(folder):
    listed = {command for page in PAGES for command in list_commands(page) if command.startswith("homework")}
    student = ["homework start", "homework check convolution --watch", "homework hint convolution"]
    student += ["homework submit", "homework submit -o hw.zip"]
    instructor = [command for command in sorted(listed) if command not in student and command not in LEFT_OUT]
    assert {"homework start", "homework submit"} <= listed
    work = [
        f"{SHORTER.get(command, command)} --folder hw" if "start" not in command else command for command in student
    ]
    codes = {command: (output, code) for command, output, code in run_in_windows(folder, work)}
    for command, (output, code) in codes.items():
        # An exercise that is not started has not passed, which `check` reports with 1.
        assert code == (1 if " check " in command else 0), f"kcnn {command}: {output[-2000:]}"
    shutil.copy(folder / "hw.zip", folder / "submissions" / "ada.zip")
    # The statistics are computed from the results in JSON, which come first.
    for command, output, code in run_in_windows(folder, sorted(instructor, key=lambda line: "stats" in line)):
        assert code == 0, f"kcnn {command}: {output[-2000:]}"


@pytest.mark.slow
def test_a_file_is_written_where_only_writers_may_flush(folder):
    """The fault that stopped everything: Windows flushes a file only for who may write to it."""
    (_, output, code), (_, _, again) = run_in_windows(
        folder, ["lecture edges --out edges.png", "lecture edges --out edges.png"]
    )
    assert (code, again) == (0, 0), output
    with Image.open(folder / "edges.png") as picture:
        assert picture.format == "PNG"
    assert not list(folder.glob(".partial-*"))


def test_a_second_writer_is_refused_with_the_locks_of_windows(folder):
    (folder / "sweep").mkdir()
    holder = (
        f"import runpy; runpy.run_path({str(WINDOWS)!r})['simulate']()\n"
        "from pathlib import Path\nfrom keras_cnn_course.files.atomic import one_writer\n"
        "with one_writer(Path('sweep')):\n print('held', flush=True); input()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", holder], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline() == "held\n"
        [(_, output, code)] = run_in_windows(folder, ["sweep --recipe softmax --out sweep"])
    finally:
        process.communicate("\n")
    assert code == 1
    assert f"PID {process.pid}" in output
