"""`kcnn export` as an engineer calls it."""

import dataclasses
import json
import shutil
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from keras_cnn_course.cli import kcnn
from keras_cnn_course.datasets.loading import load_dataset
from keras_cnn_course.devices import backend
from keras_cnn_course.runs.directory import RunDirectory, RunRecord


def _export(*arguments):
    return CliRunner().invoke(kcnn, ["export", *map(str, arguments)])


@pytest.fixture(scope="module")
def finished_run(tmp_path_factory):
    """Return a run folder with a best and a final model, on a data set of 120 random 9x8 images."""
    backend.start(device="cpu")
    import keras
    from keras import layers

    folder = tmp_path_factory.mktemp("runs")
    images = np.random.default_rng(0).integers(0, 256, (120, 9, 8), np.uint8)
    labels = np.arange(120) % 3
    np.savez(folder / "tiny.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    run = RunDirectory.create("tiny", folder / "tiny-001")
    for which in ("best", "final"):
        model = keras.Sequential(
            [
                keras.Input((9, 8, 1), name="image"),
                layers.Conv2D(4, 3, activation="relu", name="conv_1"),
                layers.Flatten(name="flatten"),
                layers.Dense(3, activation="softmax", name="classifier"),
            ]
        )
        model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
        run.save_model(model, which)
    data = load_dataset(str(folder / "tiny.npz"))
    run.write_record(_record(data.name, sha256=data.sha256))
    return run


def _record(dataset: str, input_shape=(9, 8, 1), sha256="") -> RunRecord:
    return RunRecord(
        recipe="tiny", hyperparameters={}, dataset=dataset, dataset_sha256=sha256, input_shape=input_shape,
        class_names=("a", "b", "c"), train_examples=108, val_examples=12, seed=0, command="", device="cpu", threads=1,
        precision="float32", engine="", status="finished",
    )  # fmt: skip


def test_the_default_is_a_savedmodel_that_tensorflow_serving_finds(finished_run, capfd):
    import tensorflow as tf

    result = _export(finished_run.path)
    assert result.exit_code == 0, result.output
    path = finished_run.path / "export" / "savedmodel" / "1"
    wrote, along, signature, checked = result.stdout.splitlines()
    beside = ("labels.txt", "1-README.md", "1.json", "1-example.npz")
    assert along == "with       " + ", ".join(str(path.parent / name) for name in beside)
    assert wrote.startswith(f"wrote      {path} (savedmodel, ")
    assert signature == "signature  image float32 (batch, 9, 8, 1) -> output_0 float32 (batch, 3)"
    assert checked.startswith("verified   100 test images, largest difference ")
    assert capfd.readouterr().out == ""  # Keras and TensorFlow print nothing beside it
    images = np.load(finished_run.path.parent / "tiny.npz")["x_test"][:5, ..., np.newaxis] / np.float32(255)
    received = tf.saved_model.load(str(path)).signatures["serving_default"](image=tf.constant(images))["output_0"]
    best = finished_run.load_model("best")
    np.testing.assert_allclose(received, best(images), atol=1e-6)

    again = _export(finished_run.path)
    assert again.exit_code == 1
    assert "already exists, and an export is never overwritten" in again.output


@pytest.mark.slow
@pytest.mark.parametrize(("name", "suffix"), [("onnx", ".onnx"), ("litert", ".tflite"), ("keras", ".keras")])
def test_out_names_exactly_what_is_written_and_json_says_so(name, suffix, finished_run, tmp_path):
    out = tmp_path / "new" / f"digits{suffix}"
    result = _export(finished_run.path, "--format", name, "--out", out, "--which", "final", "--device", "cpu", "--json")
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    assert facts["path"] == str(out)
    assert facts["bytes"] == out.stat().st_size
    assert facts["images"] == 100
    assert facts["largest_difference"] <= 1e-6
    assert facts["verified_on"] == "test images"
    assert sorted(map(str, out.parent.iterdir())) == sorted([str(out), *facts["beside"]])
    assert (out.parent / "labels.txt").read_text() == "a\nb\nc\n"


def test_which_final_exports_the_final_model(finished_run, tmp_path):
    import keras

    out = tmp_path / "final.keras"
    assert _export(finished_run.path, "--format", "keras", "--which", "final", "--out", out).exit_code == 0
    final, best = (finished_run.load_model(which).get_weights()[0] for which in ("final", "best"))
    exported = keras.saving.load_model(out).get_weights()[0]
    np.testing.assert_array_equal(exported, final)
    assert not np.array_equal(exported, best)


def test_without_the_data_set_random_images_are_compared_and_nothing_is_downloaded(finished_run, tmp_path):
    run = RunDirectory(shutil.copytree(finished_run.path, tmp_path / "run"))
    for name in ("mnist", "gone.npz"):
        run.write_record(_record(name))
        out = tmp_path / f"{name}.keras"
        result = CliRunner().invoke(
            kcnn,
            ["export", str(run.path), "--format", "keras", "--out", str(out)],
            env={"KCNN_DATA_HOME": str(tmp_path / "none"), "KERAS_HOME": str(tmp_path / "none")},
        )
        assert result.exit_code == 0, result.output
        assert f"100 random images, because {name}, on which the run was trained, " in result.stdout
    assert not (tmp_path / "none").exists()


def test_a_run_that_is_still_training_is_named(tmp_path):
    run = RunDirectory.create("tiny", tmp_path / "run")
    run.write_record(dataclasses.replace(_record("digits"), status="running"))
    result = _export(run.path)
    assert result.exit_code == 1
    assert "the run is still training" in result.output


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "quantize"), [("savedmodel", ""), ("onnx", ""), ("litert", ""), ("keras", ""), ("litert", "int8")]
)
def test_the_code_beside_an_export_classifies_an_image(name, quantize, finished_run, tmp_path, monkeypatch, capsys):
    suffix = {"savedmodel": "", "onnx": ".onnx", "litert": ".tflite", "keras": ".keras"}[name]
    out = tmp_path / f"net{suffix}"
    quantizing = ["--quantize", quantize] if quantize else []
    assert _export(finished_run.path, "--format", name, "--out", out, *quantizing).exit_code == 0
    pixels = np.random.default_rng(5).integers(0, 256, (9, 8), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "image.png")
    readme = (tmp_path / "net-README.md").read_text()
    code = readme.partition("```python\n")[2].partition("```")[0]
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})
    answer, probability = capsys.readouterr().out.split()
    expected = np.asarray(finished_run.load_model("best")(pixels[None, ..., None] / np.float32(255)))[0]
    assert answer == "abc"[expected.argmax()]
    # Float32 has another order of sums; int8 rounds a probability to multiples of 1/256, and the weights.
    assert float(probability) == pytest.approx(expected.max(), abs=0.03 if quantize else 1e-5)


def test_an_onnx_file_names_its_classes(finished_run, tmp_path):
    import onnx

    assert _export(finished_run.path, "--format", "onnx", "--out", tmp_path / "net.onnx").exit_code == 0
    metadata = {item.key: item.value for item in onnx.load(tmp_path / "net.onnx").metadata_props}
    assert json.loads(metadata["class_names"]) == ["a", "b", "c"]
    assert "divided by 255" in metadata["input"]


def test_an_example_and_the_facts_are_next_to_an_export(finished_run, tmp_path):
    assert _export(finished_run.path, "--format", "keras", "--out", tmp_path / "net.keras").exit_code == 0
    example = np.load(tmp_path / "net-example.npz")
    first = np.load(finished_run.path.parent / "tiny.npz")["x_test"][:1, ..., np.newaxis] / np.float32(255)
    np.testing.assert_array_equal(example["image"], first)
    np.testing.assert_allclose(example["output"], finished_run.load_model("best")(first), atol=1e-6)
    facts = json.loads((tmp_path / "net.json").read_text())
    assert facts["input"] == {
        "tensor": "image float32 (batch, 9, 8, 1)", "range": [0, 1], "channels": "gray", "scale": None
    }  # fmt: skip
    assert (facts["file"], facts["example"], facts["labels"]) == ("net.keras", "net-example.npz", "labels.txt")
    assert facts["class_names"] == ["a", "b", "c"]
    assert "0 is black and 1 is white" in facts["layout"]
    readme = (tmp_path / "net-README.md").read_text()
    assert all(text in readme for text in (facts["layout"], facts["preparation"], "divided by 255", "net-example.npz"))


@pytest.mark.slow
def test_int8_says_what_it_changed_and_needs(finished_run, tmp_path, capfd):
    arguments = (finished_run.path, "--format", "litert", "--quantize", "int8")
    result = _export(*arguments, "--out", tmp_path / "net.tflite", "--json")
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    assert facts["quantization"]["calibration_images"] == 120
    assert facts["images"] == 120
    assert facts["inputs"] == "image int8 (1, 9, 8, 1)"
    needs = facts["quantization"]["microcontroller"]
    assert needs["operators"] == ["CONV_2D", "RESHAPE", "FULLY_CONNECTED", "SOFTMAX"]
    assert json.loads((tmp_path / "net.json").read_text())["quantization"] == facts["quantization"]
    readme = (tmp_path / "net-README.md").read_text()
    assert f"{facts['quantization']['accuracy_after']:.2%} after" in readme
    assert f"{needs['arena_bytes']:,} bytes of RAM" in readme
    assert "minus 128" in readme
    printed = capfd.readouterr()
    assert printed.out == ""
    assert "fully_quantize" not in printed.err  # what the converter says about itself
    assert "XNNPACK" not in printed.err


def test_int8_needs_the_training_images(finished_run, tmp_path):
    run = RunDirectory(shutil.copytree(finished_run.path, tmp_path / "run"))
    run.write_record(_record("gone.npz"))
    result = _export(run.path, "--format", "onnx", "--quantize", "int8")
    assert result.exit_code == 1
    assert "gone.npz, on which the run was trained, was not found" in result.output
    assert not list((run.path / "export").glob("*int8*"))


def test_labels_of_other_classes_are_kept(finished_run, tmp_path):
    (tmp_path / "labels.txt").write_text("mine\n")
    assert _export(finished_run.path, "--format", "keras", "--out", tmp_path / "net.keras").exit_code == 0
    assert (tmp_path / "labels.txt").read_text() == "mine\n"
    assert (tmp_path / "net-labels.txt").read_text() == "a\nb\nc\n"


@pytest.mark.slow
def test_each_export_keeps_its_own_files(finished_run, tmp_path):
    exports = {"onnx": "net.onnx", "keras": "net.keras", "savedmodel": "net"}
    begin = {"onnx": "net", "keras": "net.keras", "savedmodel": "net-savedmodel"}
    for name, file in exports.items():
        assert _export(finished_run.path, "--format", name, "--out", tmp_path / file).exit_code == 0
    (tmp_path / "net.keras").unlink()  # an export that is made once more replaces its own files
    assert _export(finished_run.path, "--format", "keras", "--out", tmp_path / "net.keras").exit_code == 0
    assert len(list(tmp_path.glob("*-README.md"))) == len(list(tmp_path.glob("*.json"))) == len(exports)
    for name, file in exports.items():
        assert (tmp_path / f"{begin[name]}-README.md").read_text().startswith(f"# {file}\n")
        facts = json.loads((tmp_path / f"{begin[name]}.json").read_text())
        assert (facts["file"], facts["example"]) == (file, f"{begin[name]}-example.npz")
        assert (tmp_path / facts["example"]).is_file()
        assert (tmp_path / facts["labels"]).read_text() == "a\nb\nc\n"


def test_wrong_use_and_missing_things(finished_run, tmp_path, monkeypatch):
    out = tmp_path / "model.h5"
    assert _export(finished_run.path, "--format", "keras", "--out", out).exit_code == 2
    assert _export(finished_run.path, "--format", "h5").exit_code == 2
    assert _export(finished_run.path, "--device", "tpu").exit_code == 2
    assert _export(finished_run.path, "--format", "keras", "--quantize", "int8").exit_code == 2
    assert _export(finished_run.path, "--format", "onnx", "--quantize", "int4").exit_code == 2
    missing = _export(tmp_path / "nothing")
    assert (missing.exit_code, "does not exist. Name a folder that kcnn train has written" in missing.output) == (
        1,
        True,
    )
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    no_extra = _export(finished_run.path, "--format", "onnx", "--out", tmp_path / "model.onnx")
    assert no_extra.exit_code == 1
    assert "pip install 'keras-cnn-course[onnx]'" in no_extra.output
    assert list(tmp_path.iterdir()) == []
