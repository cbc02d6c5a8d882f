"""Whether a drawn digit is recognized; benchmarks/drawn_digits.py and page.py measure it at length."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from keras_cnn_course.catalog.recipes import find_recipe
from keras_cnn_course.page.writing import TrainedNetwork, build_page
from keras_cnn_course.results.prediction import predict_probabilities
from keras_cnn_course.training.trainer import TrainingSettings, train

DRAWN = 30


def run_node(node, page_modules, script, *arguments):
    command = [node, str(Path(__file__).with_name(script)), *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, env={**os.environ, **page_modules}).stdout


@pytest.mark.slow
def test_digits_drawn_with_the_mouse_are_recognized(node, page_modules, open_page, mnist, started, tmp_path):
    run = train(find_recipe("fast_cnn"), mnist, TrainingSettings(out=tmp_path / "fast_cnn"), backend=started)
    network = TrainedNetwork(run.name, run.load_model(), run.read_record())
    path = tmp_path / "page.html"
    path.write_text(build_page([network], mnist).html, encoding="utf-8")
    page = open_page(path)
    box = page.locator("#paper").bounding_box()
    recognized = 0
    for drawing in json.loads(run_node(node, page_modules, "print_drawings.mjs", DRAWN)):
        page.click("#clear")
        page.evaluate("(value) => (document.getElementById('pen').value = value)", drawing["thickness"])
        for points in drawing["strokes"]:
            (x, y), *others = [
                (box["x"] + x * box["width"] / 280, box["y"] + y * box["height"] / 280) for x, y in points
            ]
            page.mouse.move(x, y)
            page.mouse.down()
            for place in others:
                page.mouse.move(*place)
            page.mouse.up()
        recognized += page.locator("#answer").text_content() == str(drawing["label"])
    # Measured: 30 of 30. With four epochs of deep_cnn 99.6 to 99.7 % of 1,000 such digits, over three seeds.
    assert recognized >= DRAWN - 2


@pytest.mark.slow
def test_the_first_recipe_reads_ordinary_digits_although_few_people_wrote_its_images(
    node, page_modules, digits, started, tmp_path
):
    files = [tmp_path / name for name in ("names.json", "prepared.bin")]
    run_node(node, page_modules, "draw_shapes.mjs", *files)
    drawings = json.loads(files[0].read_text())
    images = np.fromfile(files[1], np.uint8).reshape(-1, 28, 28, 1)
    run = train(find_recipe("cnn"), digits, TrainingSettings(out=tmp_path / "cnn"), backend=started)
    answers = predict_probabilities(run.load_model(), images).argmax(axis=1)
    recognized = {name: 0 for name, _ in drawings}
    for (name, label), answer in zip(drawings, answers, strict=True):
        recognized[name] += int(answer == label)
    # Each is drawn eight times. Without augmentation cnn recognizes none of the slanted ones. docs/page.md has all
    # numbers, and says that a one with both a hook and a foot is still taken for a two.
    for name in ("1 straight", "1 slanted right", "1 slanted left", "7 plain", "7 with bar"):
        assert recognized[name] >= 6, recognized
    assert sum(recognized.values()) >= 0.9 * len(drawings), recognized
