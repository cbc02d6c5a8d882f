"""Reports of real runs, read as text and looked at in Chromium."""

import io
import re
import shutil
from dataclasses import replace
from html import escape

import pytest
from PIL import Image

import keras_cnn_course as kcnn
from keras_cnn_course.catalog.recipes import find_recipe
from keras_cnn_course.errors import UsageError
from keras_cnn_course.inspection.same_images import answer_own_images
from keras_cnn_course.inspection.writing import write_comparison
from keras_cnn_course.report import document
from keras_cnn_course.report.comparison_report import build_comparison
from keras_cnn_course.report.run_report import build_run_report
from keras_cnn_course.results.evaluation import evaluate_model
from keras_cnn_course.results.same_images import compare_pair, measure_run_reliability
from keras_cnn_course.runs.directory import RunDirectory
from keras_cnn_course.training.trainer import TrainingSettings, train

NASTY = "</td><script>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def runs(started, digits, trained_run, tmp_path_factory):
    """The small run, the same with another seed, and a softmax regression."""
    folder = tmp_path_factory.mktemp("compared")
    shutil.copytree(trained_run.path, folder / "cnn-001")
    small = {"epochs": 2, "filters": 4, "units": 16, "augment": "none"}
    for name, recipe, seed, overrides in (("cnn-002", "cnn", 1, small), ("softmax-001", "softmax", 0, {"epochs": 2})):
        settings = TrainingSettings(overrides=overrides, seed=seed, out=folder / name, precision="float32")
        train(find_recipe(recipe), digits, settings, backend=started)
    return [folder / name for name in ("cnn-001", "cnn-002", "softmax-001")]


@pytest.fixture(scope="module")
def comparison(runs):
    return build_comparison(runs)


def write(html, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(html, encoding="utf-8")
    return path


def test_the_results_and_the_command_are_on_top(report, trained_run, digits):
    top = report.split("<section")[0]
    record = trained_run.read_record()
    evaluation = evaluate_model(trained_run.load_model(), digits.x_test, digits.y_test)
    low, high = evaluation.interval
    for text in (
        f"{evaluation.accuracy:.2%}",
        f"{low:.2%} to {high:.2%}",
        f"{trained_run.read_metrics()['parameters']:,}",
        "<dt>seed</dt><dd>0</dd>",
        record.command,
    ):
        assert text in top
    for name, version in record.versions.items():
        assert f'<th scope="row">{name}</th><td>{version}</td>' in report


def test_every_figure_has_alt_text_caption_and_numbers(report):
    figures = re.findall(r"<figure>.*?</figure>", report, re.DOTALL)
    assert len(figures) == 9  # curves, health, filters, sheet, ReLU, pooling, confusion, mistakes, reliability
    for figure in figures:
        assert len(re.search(r'alt="([^"]+)"', figure)[1]) > 40
        assert "<figcaption>" in figure
        assert "<tbody>" in figure


def test_the_numbers_are_those_of_the_run(report, trained_run):
    history = trained_run.read_history()
    for epoch, loss in zip(history["epoch"], history["val_loss"], strict=True):
        assert re.search(rf'<th scope="row">{epoch:.0f}[^<]*</th>.*?<td>{loss:.4f}</td>', report)
    kernel, bias = trained_run.load_model().get_layer("conv_1").get_weights()
    weights = "".join(f"<td>{weight:.3f}</td>" for weight in (bias[2], *kernel[..., 2].reshape(-1)))
    assert weights in report


def test_the_reliability_is_that_of_the_command(report, trained_run, digits):
    model, record = trained_run.load_model(), trained_run.read_record()
    found = measure_run_reliability(model, digits, record, load_data=lambda: digits)
    section = report.split('<section id="reliability">')[1].split("</section>")[0]
    for one in (found.before, found.after):
        low, high = one.ece_interval
        assert f"<td>{one.ece:.2%}</td><td>{low:.2%} to {high:.2%}</td><td>{one.nll:.4f}</td>" in section
    assert f"temperature {found.temperature:.3f}" in section
    filled = next(one for one in found.before.bins if one.count)
    assert f"<td>{filled.count}</td><td>{filled.confidence:.4f}</td><td>{filled.accuracy:.4f}</td>" in section
    assert 'alt="Reliability diagram of cnn-001 on digits: expected calibration error' in section


def test_a_report_is_small_and_needs_nothing_from_outside(report):
    assert len(report.encode()) < 2_000_000
    assert not re.search(r"https?://|<link|<iframe|<script| style=| on\w+=", report)


@pytest.mark.slow
def test_names_stay_text_and_an_unfinished_run_says_so(trained_run, digits, tmp_path, open_page, monkeypatch):
    dot = io.BytesIO()
    Image.new("L", (1, 1)).save(dot, format="PNG")
    monkeypatch.setattr(document, "render_png", lambda picture: dot.getvalue())  # the pictures do not matter here
    path = shutil.copytree(trained_run.path, tmp_path / "run")
    run = RunDirectory.open(path)
    record = run.read_record()
    names = (NASTY, *record.class_names[1:])
    run.write_record(
        replace(
            record,
            command=NASTY,
            dataset=NASTY,
            engine=NASTY,
            class_names=names,
            versions={NASTY: NASTY},
            status="interrupted",
        )
    )
    data = replace(digits, name=NASTY, class_names=names)
    html = build_run_report(run, run.load_model(), data)
    assert "<script" not in html
    page = open_page(write(html, tmp_path))
    assert page.locator(".lead pre").text_content() == NASTY
    assert page.get_by_text("This run has not finished; its status is: interrupted.").is_visible()


def test_runs_are_compared(runs, comparison):
    html = comparison
    assert html == build_comparison(runs)
    metrics = [RunDirectory.open(path).read_metrics() for path in runs]
    means = {
        name: (sum(one[name] for one in metrics[:2]) / 2, metrics[2][name])
        for name in ("val_accuracy", "test_accuracy")
    }
    # They have seed 0 in common.
    shared = {"cnn": metrics[0]["val_accuracy"], "softmax": metrics[2]["val_accuracy"]}
    best = [name for name, accuracy in shared.items() if accuracy == max(shared.values())]
    named = best[0] if len(best) == 1 else f"{' and '.join(best)} (equally good)"
    chosen = f"Best on the validation images (choose by these, never by the test images): {named}."
    assert "Compared: cnn-001, cnn-002, softmax-001. " in html
    assert chosen in html
    differences = html.split('id="differences"')[1].split("</section>")[0]
    assert '<th scope="row">seed</th><td>0</td><td>1</td><td>0</td>' in differences
    assert '<th scope="row">units</th><td>16</td><td>16</td><td>-</td>' in differences
    seeds = html.split('id="seeds"')[1]
    assert f'<th scope="row">cnn</th><td>2</td><td>{means["test_accuracy"][0]:.2%}</td>' in seeds
    difference = 100 * (metrics[2]["test_accuracy"] - metrics[0]["test_accuracy"])
    assert f'<th scope="row">softmax</th><td>1</td><td>{difference:+.2f}</td><td>-</td>' in seeds


@pytest.mark.slow
def test_runs_are_compared_on_their_test_images(runs, tmp_path):
    gone = RunDirectory.open(shutil.copytree(runs[0], tmp_path / "gone"))
    gone.write_record(replace(gone.read_record(), dataset="lost.npz", dataset_path="/nowhere/lost.npz"))
    html = write_comparison(
        [kcnn.open_run(path) for path in [*runs, gone.path]], out=tmp_path / "compared.html"
    ).read_text(encoding="utf-8")
    section = html.split('<section id="same-images">')[1].split("</section>")[0]
    answers = [answer_own_images(kcnn.open_run(path), name=path.name) for path in runs]
    for one in answers:
        assert f'<th scope="row">{one.name}</th><td>{one.reliability.before.ece:.2%}</td>' in section
    pair = compare_pair(answers[0], answers[2]).test
    counts = f"<td>{pair.only_first}</td><td>{pair.only_second}</td><td>{pair.p_value:.2g} ("
    assert f'<th scope="row">cnn-001 and softmax-001</th>{counts}' in section
    assert "gone: lost.npz, on which the run was trained, was not found." in section
    assert 'id="same-images"' not in build_comparison(runs)


def test_runs_with_one_seed_each_get_no_section_on_seeds(runs):
    html = build_comparison([runs[0], runs[2]])
    assert 'id="seeds"' not in html
    assert "Test accuracy by seed" not in html
    assert "Best on the validation images" in html


def test_a_comparison_names_the_machine_of_its_seconds(runs, comparison):
    assert f"Trained on: {RunDirectory.open(runs[0]).read_record().machine}." in comparison


@pytest.mark.slow
def test_the_code_of_the_recipe_is_there_folded_as_text(trained_run, digits, tmp_path, monkeypatch):
    dot = io.BytesIO()
    Image.new("L", (1, 1)).save(dot, format="PNG")
    monkeypatch.setattr(document, "render_png", lambda picture: dot.getvalue())
    run = RunDirectory.open(shutil.copytree(trained_run.path, tmp_path / "run"))
    source = run.recipe_file.read_text(encoding="utf-8") + f"\n# {NASTY}\n"
    run.recipe_file.write_text(source, encoding="utf-8")
    report = build_run_report(run, run.load_model(), digits)
    section = report.split('<section id="recipe">')[1].split("</section>")[0]
    assert escape(source) in section.split("<details>")[1]
    run.recipe_file.unlink()
    assert 'id="recipe"' not in build_run_report(run, run.load_model(), digits)


def test_pictures_are_dimmed_in_the_dark_scheme_and_keep_their_colors(report, tmp_path, open_page):
    page = open_page(write(report, tmp_path), scheme="dark")
    look = "getComputedStyle(document.querySelector('.picture {}')).filter"
    assert page.evaluate(look.format("img")) == "brightness(0.8)"
    assert page.evaluate("getComputedStyle(document.querySelector('.picture')).backgroundColor") != "rgb(255, 255, 255)"
    page.emulate_media(color_scheme="light")
    assert page.evaluate(look.format("img")) == "none"


def test_a_run_is_given_once(runs):
    with pytest.raises(UsageError, match="given more than once"):
        build_comparison([runs[0], runs[1], runs[0]])


def test_accuracies_on_other_images_are_not_ranked(runs, tmp_path):
    path = shutil.copytree(runs[0], tmp_path / "other")
    run = RunDirectory.open(path)
    run.write_record(replace(run.read_record(), dataset_sha256="0" * 64))
    html = build_comparison([path, runs[1]])
    assert "cannot be compared" in html
    assert "Best on the validation" not in html
    assert "Differences between runs with the same seed" not in html


def test_a_run_that_is_still_training_can_be_compared(runs, tmp_path):
    path = shutil.copytree(runs[0], tmp_path / "running")
    run = RunDirectory.open(path)
    run.write_record(replace(run.read_record(), status="running"))
    run.remove_metrics()
    html = build_comparison([path, runs[2]])
    assert '<th scope="row">running</th><td>running</td>' in html


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "width", "scheme"), [("run", 1280, "light"), ("run", 390, "dark"), ("comparison", 390, "light")]
)
def test_nothing_is_cut_off_and_axe_finds_no_serious_fault(kind, width, scheme, report, runs, tmp_path, open_page, axe):
    named = [shutil.copytree(path, tmp_path / f"a-longer-name-than-most-{path.name}") for path in runs]
    html = report if kind == "run" else build_comparison(named)
    page = open_page(write(html, tmp_path), width=width, scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for summary in page.locator("summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert axe(page) == []


def test_folded_numbers_are_printed(report, tmp_path, open_page):
    page = open_page(write(report, tmp_path))
    table = page.locator("#training details table")
    assert not table.is_visible()
    page.emulate_media(media="print")
    assert table.is_visible()
    assert not page.locator("nav").is_visible()
