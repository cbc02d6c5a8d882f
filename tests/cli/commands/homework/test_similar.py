"""`kcnn homework similar`: hand-ins as they are delivered, as a table, CSV and JSON."""

import csv
import json
import zipfile

import pytest

from keras_cnn_course.files.notebook_file import Cell, render_notebook

OWN = """
def convolve(image, kernel):
    result = []
    for top in range(len(image) - len(kernel) + 1):
        numbers = [sum(a * b for a, b in zip(line, weights)) for line, weights in zip(image[top:], kernel)]
        while len(numbers) < 3 and top % 2 == 1:
            numbers.insert(0, numbers[-1] ** 2 - top)
        result.append(numbers)
    return result
"""
COPY = OWN.replace("numbers", "x").replace("result", "y").replace("top", "i")


@pytest.fixture
def handed_in(tmp_path):
    """A zip as Canvas exports it: two alike, one of them a notebook; one other; and a file that is no archive."""
    with zipfile.ZipFile(tmp_path / "canvas.zip", "w") as archive:
        archive.writestr("lovelaceada_12_345_ex01_convolution.py", OWN)
        archive.writestr("hoppergrace_13_346_ex01_convolution-1.ipynb", render_notebook([Cell("code", COPY)]))
        archive.writestr("turingalan_14_347_ex01_convolution.py", "def convolve(image, kernel):\n    return image\n")
        archive.writestr("eveeve_15_348_hw.zip", b"nothing")
        archive.writestr("borgben_16_349_ex01_convolution.ipynb", "{")


def test_pairs_are_listed_and_nobody_is_left_out(run, handed_in, tmp_path):
    result = run("similar", "canvas.zip")
    assert result.exit_code == 0
    header, row = result.stdout.splitlines()[:2]
    assert header.split() == ["exercise", "alike", "shared", "hand-in", "hand-in"]
    assert row.split()[:2] == ["convolution", "100%"]
    assert {"hoppergrace_13", "lovelaceada_12"} == set(row.split()[3:])
    assert "4 hand-ins compared: 1 pair at least 80% alike. This is a list to look at, not a verdict." in result.stdout
    assert "Not compared: eveeve_15_348_hw.zip: " in result.stderr
    assert "ex01_convolution.ipynb is damaged" in result.stderr
    values = json.loads(run("similar", "canvas.zip", "--json").stdout)
    assert len(values["compared"]) == 4
    assert len(values["not_compared"]) == 2
    assert "not a verdict" in values["note"]
    (pair,) = values["pairs"]
    assert (pair["exercise"], pair["similarity"]) == ("convolution", 1.0)
    assert run("similar", "canvas.zip", "--out", "pairs.csv").stdout.startswith("4 hand-ins compared: 1 pair")
    (line,) = csv.DictReader((tmp_path / "pairs.csv").read_text("utf-8-sig").splitlines())
    assert line["alike"] == "100%"


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["nowhere"], 1, "No submission found in nowhere"),
        (["canvas.zip", "--threshold", "0"], 2, "0"),
        (["canvas.zip", "--only", "9-2"], 2, "Write 2-9"),
        (["canvas.zip", "--out", "nowhere/at/all/../.."], 2, "is a directory"),
    ],
)
def test_wrong_use_is_explained(run, handed_in, tmp_path, words, code, message):
    (tmp_path / "nowhere" / "at" / "all").mkdir(parents=True) if "--out" in words else None
    result = run("similar", *words)
    assert (result.exit_code, message in result.stderr) == (code, True), result.output


def test_nothing_alike_is_said_too(run, handed_in):
    result = run("similar", "canvas.zip", "--only", "relu")
    assert result.stdout.startswith("4 hand-ins compared: 0 pairs at least 80% alike.")
