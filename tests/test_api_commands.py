"""Every command has its function: they take the same values, and the command calls the function."""

import doctest
import inspect
import json

import click
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import keras_cnn_course as kcnn
from keras_cnn_course import api
from keras_cnn_course.cli import kcnn as command_line
from keras_cnn_course.datasets import dataset, given, loading
from keras_cnn_course.inspection import auditing, found_rate, functions, sweeping
from keras_cnn_course.inspection import run as run_module
from keras_cnn_course.notebooks import writing
from keras_cnn_course.training import fit as keras_fit

# The function of each command; None with the reason why there is none.
FUNCTIONS = {
    ("train",): kcnn.train,
    ("plot",): kcnn.plot_curves,
    ("filters",): kcnn.Run.plot_filters,
    ("features",): kcnn.Run.features,
    ("explain",): kcnn.Run.explain,
    ("dream",): kcnn.Run.dream,
    ("page",): kcnn.Run.page,
    ("open",): "opens a browser; `Run.page` and `Run.report` return the path of the file",
    ("recipes",): kcnn.list_recipes,
    ("show",): kcnn.show,
    ("shift",): kcnn.shift,
    ("lecture",): kcnn.slide,
    ("evaluate",): kcnn.Run.evaluate,
    ("predict",): kcnn.Run.predict,
    ("export",): kcnn.Run.export,
    ("report",): kcnn.Run.report,
    ("sweep",): kcnn.sweep,
    ("compare",): kcnn.compare,
    ("verify",): kcnn.Run.verify,
    ("import-weights",): kcnn.import_weights,
    ("data", "list"): kcnn.list_datasets,
    ("data", "fetch"): kcnn.fetch_dataset,
    ("audit",): kcnn.audit,
    ("doctor",): kcnn.doctor,
    ("notebook",): kcnn.write_notebooks,
    ("homework",): "runs the code of students in a sandbox and reads and writes folders",
}
# Options that are a parameter of another name, or none for a reason. "" stands for every command.
ELSEWHERE = {
    ("", "as_json"): "a function returns values",
    ("", "is_opened"): "a function returns the path",
    ("", "run"): "self, or the first parameter of kcnn.resume",
    ("", "trust_recipe"): "of kcnn.open_run",
    ("", "dataset"): "data",
    ("", "wants_report"): "there are two functions",
    ("import-weights", "out"): "the function returns the model",
    ("train", "named"): "recipe, too",
    ("train", "assignments"): "hyperparameters by name",
    ("train", "force"): "of kcnn.resume",
    ("train", "ensemble"): "several calls",
    ("train", "image_size"): "of kcnn.load_dataset",
    ("train", "pixel_range"): "of kcnn.load_dataset",
    ("train", "train_examples"): "of kcnn.load_dataset",
    ("train", "find_rate"): "kcnn.find_rate",
    ("train", "strategy"): "a program that workers start uses the command",
    ("train", "replicas"): "a program that workers start uses the command",
    ("train", "worker_timeout"): "a program that workers start uses the command",
    ("train", "dtensor"): "a program that workers start uses the command",
    ("plot", "out"): "Picture.savefig",
    ("filters", "out"): "Pictures.savefig",
    ("filters", "with_patches"): "Run.plot_patches",
    ("filters", "dataset"): "Run.plot_patches(data)",
    ("features", "out"): "Pictures.savefig",
    ("explain", "images"): "image, one call per image",
    ("explain", "out"): "Pictures.savefig",
    ("dream", "out"): "Pictures.savefig",
    ("shift", "out"): "ShiftTests.plot().savefig",
    ("evaluate", "out"): "RunEvaluation.plot_confusion().savefig",
    ("compare", "test_pairs"): "RunComparison.test_pairs",
    ("predict", "out"): "Predictions holds the answers",
    ("predict", "save_input"): "the array that was given, or Run.features(file).arrays",
    ("show", "assignments"): "hyperparameters by name",
    ("page", "runs"): "self; kcnn.compare(...).page() for several",
    ("report", "runs"): "self; kcnn.compare(...).report() for several",
    ("lecture", "words"): "key",
    ("lecture", "out"): "SlideView.savefig, and SlideView.page for .html",
    ("lecture", "filter_text"): "filter",
    ("lecture", "show_all"): "SlideView.steps has all of them",
    ("export", "format_name"): "format",
    ("sweep", "train_examples"): "a key of grid",
    ("audit", "assignments"): "hyperparameters by name",
    ("audit", "image_size"): "of kcnn.load_dataset",
    ("audit", "pixel_range"): "of kcnn.load_dataset",
    ("audit", "out"): "DatasetAudit.report",
    ("fetch", "names"): "name, one call per data set",
}
HYPERPARAMETERS = set(kcnn.Hyperparameters.__dataclass_fields__)


def list_commands(group=command_line, words=()):
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group) and (*words, name) != ("homework",):
            yield from list_commands(command, (*words, name))
        else:
            yield (*words, name), command


def test_every_command_has_a_function_or_a_reason():
    assert {words for words, _ in list_commands()} == set(FUNCTIONS)


@pytest.mark.parametrize("words", [words for words, function in FUNCTIONS.items() if callable(function)], ids=" ".join)
def test_every_option_is_a_parameter_or_has_a_reason(words):
    parameters = dict(inspect.signature(FUNCTIONS[words]).parameters)
    takes_hyperparameters = "hyperparameters" in parameters
    command = dict(list_commands())[words]
    for option in command.params:
        known = option.name in parameters or (takes_hyperparameters and option.name in HYPERPARAMETERS)
        elsewhere = ("", option.name) in ELSEWHERE or (words[-1], option.name) in ELSEWHERE
        assert known or elsewhere, f"kcnn {' '.join(words)}: {option.opts[0]} has no parameter"
        # Both have the same default, where both state one.
        stated = getattr(parameters.get(option.name), "default", None)
        if isinstance(option, click.Option) and stated not in (inspect.Parameter.empty, None):
            default = option.get_default(click.Context(command))
            assert str(False if option.is_flag and not default else default) == str(stated), option.name


@pytest.fixture(scope="module")
def run(trained_run):
    return kcnn.open_run(trained_run.path)


@pytest.mark.parametrize(
    ("compute", "message"),
    [
        (lambda run: run.shift(radius="4"), "The radius must be a whole number from 1 to 27; got '4'"),
        (lambda run: run.dream(layer="conv_1", filter="0"), "The filter of conv_1 must be a whole number from 0 to 3"),
        (lambda run: run.dream(layer="conv_1", seed=1.5), "seed must be a whole number"),
        (lambda run: run.explain(seed=-1), "seed must be a whole number"),
    ],
)
def test_a_wrong_number_is_explained(run, compute, message):
    with pytest.raises(kcnn.errors.UsageError, match=message):
        compute(run)


def call(*words):
    result = CliRunner().invoke(command_line, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.slow
def test_they_give_the_same_numbers(run, tmp_path):
    printed = json.loads(call("evaluate", run.path, "--json", "--out", tmp_path))
    result = run.evaluate()
    assert printed["accuracy"] == result.accuracy == pytest.approx(run.metrics["test_accuracy"], abs=1e-6)
    assert printed["confusion"] == result.confusion.tolist()
    answers = json.loads(call("predict", run.path, "3", "--json"))
    ours = run.predict(3)
    assert answers[0]["predicted"] == ours.classes[0]
    assert answers[0]["guesses"][0]["probability"] == ours.guesses["3"][0].probability
    (compared,) = json.loads(call("compare", run.path, "--json"))["runs"]
    assert compared["results"]["test_accuracy"] == kcnn.compare(run).runs[0].results["test_accuracy"]
    shown = json.loads(call("show", "cnn", "--filters", "4", "--json"))
    assert shown["parameters"] == kcnn.show("cnn", filters=4).architecture.parameters
    listed = json.loads(call("recipes", "--json"))
    assert [recipe["name"] for recipe in listed] == [recipe.name for recipe in kcnn.list_recipes()]
    assert [data["name"] for data in json.loads(call("data", "list", "--json"))] == [
        info.name for info in kcnn.list_datasets()
    ]


@pytest.mark.slow
def test_they_draw_the_same_pictures(run, tmp_path):
    call("plot", run.path, "--out", tmp_path / "typed.png")
    run.plot_curves().savefig(tmp_path / "called.png")
    assert (tmp_path / "typed.png").read_bytes() == (tmp_path / "called.png").read_bytes()
    call("filters", run.path, "--out", tmp_path / "typed-filters.png")
    (called,) = run.plot_filters().savefig(tmp_path / "called-filters.png")
    assert (tmp_path / "typed-filters.png").read_bytes() == called.read_bytes()
    call("lecture", "relu", "--out", tmp_path / "typed-slide.png")
    kcnn.slide("relu").savefig(tmp_path / "called-slide.png")
    assert (tmp_path / "typed-slide.png").read_bytes() == (tmp_path / "called-slide.png").read_bytes()
    call("lecture", "relu", "--wide", "--out", tmp_path / "typed-slide.svg")
    kcnn.slide("relu", wide=True).savefig(tmp_path / "called-slide.svg")
    assert (tmp_path / "typed-slide.svg").read_bytes() == (tmp_path / "called-slide.svg").read_bytes()


@pytest.mark.slow
def test_they_write_the_same_files(run, tmp_path):
    """The test of `kcnn report`, which calls `Run.report`, compares the report, which takes longest."""
    call("page", run.path, "--out", tmp_path / "typed.html")
    assert run.page(out=tmp_path / "called.html").read_bytes() == (tmp_path / "typed.html").read_bytes()
    compared = kcnn.compare(run).page(out=tmp_path / "called.html")
    assert compared.read_bytes() == (tmp_path / "typed.html").read_bytes()
    exported = run.export("keras", out=tmp_path / "model.keras")
    assert exported.path.is_file()
    assert exported.largest_difference < 1e-4


@pytest.mark.slow
def test_a_notebook_shows_the_results_the_curves_and_the_next_steps(run):
    shown = run._repr_html_()
    assert f"{run.metrics['test_accuracy']:.2%}" in shown
    assert '<img style="max-width: 100%" alt="Loss and accuracy of cnn-001' in shown
    assert "run.plot_filters()" in shown
    data, metadata = run.plot_curves()._repr_mimebundle_()
    assert set(data) == {"text/html", "text/plain", "image/png"}
    assert metadata["image/png"]["alt"].startswith("Loss and accuracy of cnn-001 over 2 epochs")
    assert run.plot_filters()._repr_html_().count("<img ") == 1


def test_images_of_every_kind_are_classified(run, digits, tmp_path):
    images = digits.x_test[:5]
    expected = run.predict(images)
    assert len(expected) == 5
    for same in (images / np.float32(255), images[..., 0], list(range(5))):
        np.testing.assert_allclose(run.predict(same).probabilities, expected.probabilities, atol=1e-6)
    assert run.predict(images[0]).classes == expected.classes[:1]
    with pytest.raises(kcnn.errors.ImageError, match=r"must have the shape \(n, 28, 28, 1\)"):
        run.predict(images[:, :9])


def test_all_given_images_are_tested_but_not_those_that_were_trained_on(run, digits, started, tmp_path):
    x, y = digits.x_test, digits.y_test
    assert run.evaluate((x, y)).accuracy == run.evaluate().accuracy
    assert (run.load_dataset((x, y)).x_test == x).all()
    options = {"epochs": 1, "precision": "float32", "quiet": True}
    own = kcnn.train("softmax", (x, y), out=tmp_path / "own", **options)
    assert len(own.load_dataset((x, y)).x_test) == own.metrics["test_examples"] < len(x)


@pytest.mark.slow
def test_arrays_that_lack_classes_are_tested_with_the_models_labels(run, digits):
    wrong = [mistake.index for mistake in run.evaluate().mistakes]
    chosen = np.isin(digits.y_test, (3, 7))
    tested = run.evaluate((digits.x_test[chosen], digits.y_test[chosen]))
    assert tested.examples == chosen.sum()
    assert len(tested.mistakes) == sum(chosen[index] for index in wrong)
    sevens = digits.y_test == 7
    assert run.evaluate((digits.x_test[sevens], digits.y_test[sevens])).confusion.sum(axis=1)[7] == sevens.sum()
    # With `classes=`, the labels are numbers of the user's own.
    renumbered = (digits.y_test[chosen] == 7).astype(int)
    stated = run.evaluate((digits.x_test[chosen], renumbered), classes="3,7")
    assert stated.accuracy == tested.accuracy
    with pytest.raises(kcnn.errors.DatasetError, match=r"must be the model's, 0 to 9 .*; got 11"):
        run.evaluate((digits.x_test[:2], np.array([3, 11])))


def test_files_of_12_bits_are_read_on_the_scale_of_the_training(started, tmp_path):
    generator = np.random.default_rng(0)
    dark, light = generator.integers(0, [[[[900]]], [[[3900]]]], (2, 8, 9, 8)).astype(np.uint16)
    for folder, classes in {"photos": {"a": dark, "b": light}, "night": {"a": dark[:3], "b": dark[3:]}}.items():
        for name, images in classes.items():
            (tmp_path / folder / name).mkdir(parents=True)
            for number, image in enumerate(images):
                Image.fromarray(image).save(tmp_path / folder / name / f"{number}.png")
    run = kcnn.train("softmax", tmp_path / "photos", epochs=1, quiet=True, out=tmp_path / "run")
    expected = run.predict(np.round(dark[..., None] / 4095 * 255).astype(np.uint8)).probabilities
    read = run.predict([tmp_path / "photos" / "a" / f"{number}.png" for number in range(8)]).probabilities
    np.testing.assert_array_equal(read, expected)
    assert run.load_dataset(tmp_path / "night").x_test.max() == round(dark.max() / 4095 * 255)
    values = json.loads((run.path / "run.json").read_text())
    assert values.pop("white") == 4095
    (run.path / "run.json").write_text(json.dumps(values))
    assert kcnn.open_run(run.path).record.white == 0  # as for a run of an earlier version


@pytest.mark.slow
def test_data_of_every_kind_is_trained_on(started, digits, tmp_path):
    import tensorflow as tf

    x, y = digits.x_train[:200], digits.y_train[:200]
    stream = tf.data.Dataset.from_tensor_slices((x, y))
    options = {"epochs": 1, "precision": "float32", "quiet": True}
    first = kcnn.train("softmax", (x, y), out=tmp_path / "pair", **options)
    assert first.metrics["test_examples"] == len(first.dataset.x_test) == first.evaluate().examples
    second = kcnn.train("softmax", stream.batch(64), out=tmp_path / "stream", **options)
    assert second.record.dataset_sha256 == first.record.dataset_sha256
    both = ((x, y), (digits.x_test, digits.y_test))
    third = kcnn.train("softmax", both, out=tmp_path / "both", **options)
    assert third.metrics["test_examples"] == len(digits.x_test)
    assert third.evaluate((x, y)).dataset.name == "arrays"
    longer = kcnn.resume(third, epochs=2, quiet=True)
    assert longer.metrics["epochs"] == 2
    with pytest.raises(kcnn.errors.DatasetError, match="has no end"):
        kcnn.train("softmax", stream.repeat(), **options)
    with pytest.raises(kcnn.errors.UsageError, match="got int"):
        kcnn.train("softmax", 7, **options)


MODULES = [api, auditing, dataset, found_rate, functions, given, keras_fit, loading, run_module, writing]


@pytest.mark.parametrize(
    "module",
    [*MODULES, pytest.param(sweeping, marks=pytest.mark.slow)],
    ids=lambda module: module.__name__.partition(".")[2],
)
def test_doctests(module, started, tmp_path):
    names = {"tmp": tmp_path, "np": np, "train": kcnn.train, "audit": kcnn.audit}
    tried = doctest.testmod(module, extraglobs=names)
    assert tried.attempted > 0
    assert tried.failed == 0


def test_every_example_of_a_public_name_is_tried():
    tried = {module.__name__ for module in (*MODULES, sweeping)}
    for name in kcnn.__all__:
        value = getattr(kcnn, name)
        if ">>>" in (getattr(value, "__doc__", None) or "") and not inspect.ismodule(value):
            assert value.__module__ in tried | {"keras_cnn_course.catalog.hyperparameters"}, name
