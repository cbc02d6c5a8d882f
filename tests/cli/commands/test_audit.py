import csv
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import keras_cnn_course as kcnn
from keras_cnn_course.cli import kcnn as command_line
from keras_cnn_course.inspection.auditing import choose_table
from keras_cnn_course.report.audit_report import build_audit
from keras_cnn_course.results.audit import Audit
from keras_cnn_course.results.label_errors import DoubtfulLabel
from keras_cnn_course.results.neighbors import Neighbors, Pair

QUICK = ("--recipe", "softmax", "--folds", "2", "--set", "epochs=2")
NASTY = "<b>\"&'</b>"


def run(*arguments):
    return CliRunner().invoke(command_line, ["audit", *map(str, arguments)])


@pytest.fixture(scope="module")
def spoiled(digits, tmp_path_factory):
    """The digits with two wrong labels, a copy of a training image among the test images, and a near copy."""
    x_train, y_train, x_test = digits.x_train.copy(), digits.y_train.copy(), digits.x_test.copy()
    y_train[[3, 800]] = (y_train[[3, 800]] + 5) % 10
    x_test[10] = x_train[20]
    x_train[500] = np.where(x_train[501] > 200, x_train[501] - 2, x_train[501])
    path = tmp_path_factory.mktemp("data") / "spoiled.npz"
    np.savez(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=digits.y_test)
    return path


@pytest.fixture(scope="module")
def audited(started, spoiled, tmp_path_factory):
    page = tmp_path_factory.mktemp("audit") / "audit.html"
    result = run(spoiled, *QUICK, "--out", page, "--json")
    assert result.exit_code == 0, result.output
    return page, json.loads(result.stdout), result.stderr


def test_everything_that_was_spoiled_is_in_the_table(audited):
    page, printed, progress = audited
    with page.with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert printed["page"] == str(page)
    assert len(rows) == len(printed["findings"])
    places = [(row["finding"], row["part"], row["index"], row["other_part"], row["other_index"]) for row in rows]
    assert ("copy", "train", "20", "test", "10") in places
    assert ("near copy", "train", "500", "train", "501") in places
    labels = [(row["part"], row["index"]) for row in rows if "label" in row["finding"]]
    assert {("train", "3"), ("train", "800")} <= set(labels[:40])
    folds = progress.splitlines()[:2]
    assert [line.split(" images;")[0] for line in folds] == [
        "Fold 1 of 2: trained on 898",
        "Fold 2 of 2: trained on 899",
    ]


def test_the_page_has_every_section_and_shows_the_same_counts(audited):
    page, printed, _ = audited
    html = page.read_text(encoding="utf-8")
    assert re.findall(r'<section id="(\w+)"', html) == ["labels", "copies", "loners", "classes"]
    near = sum(row["finding"] == "near copy" for row in printed["findings"])
    assert f"<dt>near copies</dt><dd>{near}</dd>" in html
    assert "<dt>copies across the parts</dt>" in html
    assert html.count("<figure>") == html.count("<figcaption>") == 6
    assert "train #20" in html
    assert len(html) < 2_000_000


def test_the_function_finds_the_same(audited, spoiled):
    found = kcnn.audit(spoiled, recipe="softmax", folds=2, epochs=2, quiet=True)
    assert str(found) == audited[1]["summary"]
    assert found.rows == audited[1]["findings"]


def test_findings_in_a_folder_name_their_files(started, tmp_path):
    for name, tones in {"a": [0, 20, 40, 60, 80], "b": [200, 180, 160, 140, 20]}.items():
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number, tone in enumerate(tones):
            Image.new("L", (8, 8), tone).save(tmp_path / "photos" / name / f"{number}.png")
    page = tmp_path / "audit.html"
    result = run(tmp_path / "photos", *QUICK, "--out", page, "--json")
    assert result.exit_code == 0, result.output
    (copy,) = [row for row in json.loads(result.stdout)["findings"] if row["finding"] == "copy"]
    assert {copy["file"], copy["other_file"]} == {"a/1.png", "b/4.png"}
    with page.with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert all((tmp_path / "photos" / row["label"] / row["file"].partition("/")[2]).is_file() for row in rows)
    html = page.read_text(encoding="utf-8")
    assert "(a, a/1.png)" in html
    assert "(b, b/4.png)" in html


@pytest.mark.slow
def test_the_page_is_readable_in_a_browser(audited, open_page, axe):
    for width, scheme in ((1280, "light"), (390, "dark")):
        page = open_page(audited[0], width=width, scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert axe(page) == []


def test_names_are_escaped_and_empty_findings_are_said(digits):
    clean = replace(digits, name=NASTY, class_names=(NASTY, *digits.class_names[1:]))
    audit = Audit(clean, "softmax", 2, 0, 1.0, [], Neighbors([], [], 0.0, 0.0, [], cut=False))
    html = build_audit(audit)
    assert '<b>"' not in html
    for sentence in ("All test images are classified as they are labeled.", "There are no exact copies."):
        assert sentence in html


def test_copies_are_counted_across_the_parts_and_by_their_labels(digits):
    first, other = 0, int(np.flatnonzero(digits.y_train != digits.y_train[0])[0])
    test = len(digits.x_train)
    pairs = [Pair(first, other, 0.0), Pair(first, test, 0.0)]
    doubtful = [DoubtfulLabel(test + 4, 1, 2, 0.1, 0.8, True), DoubtfulLabel(4, 1, 2, 0.2, 0.7, False)]
    audit = Audit(digits, "softmax", 2, 0, 1.0, doubtful, Neighbors(pairs, [], 0.0, 0.0, [], cut=False))
    assert audit.count_leaks() == 1
    assert audit.count_contradictions() == 1 + (digits.y_train[0] != digits.y_test[0])
    assert [one.index for one in audit.doubtful_in("test")] == [test + 4]
    assert [row["finding"] for row in audit.list_rows()] == ["probably mislabeled", "doubtful label", "copy", "copy"]
    assert next(audit.list_rows())["index"] == 4


def test_a_table_of_the_user_is_not_replaced(audited, tmp_path):
    labels = tmp_path / "labels.csv"
    labels.write_text("file,label\n")
    refused = run("digits", *QUICK, "--out", tmp_path / "labels.html")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert f"{labels} exists, and is not the table of an audit. Choose another --out." in refused.stderr
    assert [(path, path.read_text()) for path in tmp_path.iterdir()] == [(labels, "file,label\n")]
    assert choose_table(audited[0]) == audited[0].with_suffix(".csv"), "that of an audit is replaced"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("no-such-data",), 2, "no-such-data"),
        (("digits", "--out", "audit.txt"), 2, "must name an .html file"),
        (("digits", "--set", "wheels=4"), 2, "no hyperparameter 'wheels'"),
        (("digits", "--recipe", "sofmax"), 2, "Did you mean 'softmax'?"),
        (("digits", "--folds", "1"), 2, "2<=x<=100"),
        (("digits", *QUICK, "--set", "batch_size=0"), 2, "batch_size"),
    ],
)
def test_bad_input_writes_nothing(tmp_path, monkeypatch, started, arguments, code, said):
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code == code, result.output
    assert said in " ".join(result.stderr.split())
    assert list(tmp_path.iterdir()) == []
