"""Exports: written, read back by their own readers, the same numbers, nothing left behind when they differ."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from keras_cnn_course.devices import backend
from keras_cnn_course.errors import ExportError, UsageError
from keras_cnn_course.export import verified
from keras_cnn_course.export.artifacts import read_artifact
from keras_cnn_course.export.formats import FORMATS, choose_target, find_format
from keras_cnn_course.export.verified import TOLERANCE, export_model


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(1).random((100, 12, 10, 2), dtype=np.float32)


@pytest.fixture(scope="module")
def model():
    return _build_model(input_name="image")


def _build_model(*, input_name: str):
    backend.start(device="cpu")
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    image = keras.Input((12, 10, 2), name=input_name)
    x = layers.Conv2D(4, 3, name="conv_1")(image)
    x = layers.ReLU(name="relu_1")(x)
    x = layers.BatchNormalization(name="norm_1")(x)
    x = layers.MaxPooling2D(2, name="pool_1")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dropout(0.5, name="drop_1")(x)
    model = keras.Model(image, layers.Dense(10, activation="softmax", name="classifier")(x), name="small")
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    return model


def _export(model, name: str, folder: Path, images) -> verified.Export:
    chosen = find_format(name)
    return export_model(model, chosen=chosen, path=folder / chosen.default_name, images=images)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_agrees_and_names_its_signature(name, model, images, tmp_path):
    exported = _export(model, name, tmp_path, images)
    assert exported.largest_difference <= 1e-6  # float32 sums of a few hundred products in another order
    assert exported.images == 100
    assert exported.inputs == "image float32 (batch, 12, 10, 2)"
    assert exported.outputs == f"{'classifier' if name == 'keras' else 'output_0'} float32 (batch, 10)"
    assert exported.bytes == sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file())


def test_savedmodel_runs_in_tensorflow_with_any_batch_size(model, images, tmp_path):
    import tensorflow as tf

    exported = _export(model, "savedmodel", tmp_path, images)
    assert exported.path.parts[-2:] == ("savedmodel", "1")
    assert (exported.path / "variables" / "variables.data-00000-of-00001").stat().st_size < 6 * model.count_params()
    loaded = tf.saved_model.load(str(exported.path))
    assert set(loaded.signatures) == {"serve", "serving_default"}
    expected = model.predict(images, verbose=0)
    for count in (1, 7, 100):
        received = loaded.signatures["serving_default"](image=tf.constant(images[:count]))
        assert list(received) == ["output_0"]
        np.testing.assert_allclose(received["output_0"], expected[:count], atol=1e-6)


@pytest.mark.slow
def test_saved_model_cli_shows_the_signature(model, images, tmp_path):
    exported = _export(model, "savedmodel", tmp_path, images)
    command = Path(sys.executable).with_name("saved_model_cli")
    shown = subprocess.run(
        [command, "show", "--dir", exported.path, "--tag_set", "serve", "--signature_def", "serving_default"],
        capture_output=True, text=True, check=True, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"},
    ).stdout  # fmt: skip
    assert "inputs['image'] tensor_info" in shown
    assert "outputs['output_0'] tensor_info" in shown
    assert "shape: (-1, 12, 10, 2)" in shown


def test_onnx_runs_in_onnxruntime_with_any_batch_size(model, images, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime", reason="needs the extra onnx")
    exported = _export(model, "onnx", tmp_path, images)
    session = onnxruntime.InferenceSession(exported.path, providers=["CPUExecutionProvider"])
    assert [(value.name, value.shape) for value in session.get_inputs()] == [("image", ["batch", 12, 10, 2])]
    assert [(value.name, value.shape) for value in session.get_outputs()] == [("output_0", ["batch", 10])]
    expected = model.predict(images, verbose=0)
    for count in (1, 7):
        (received,) = session.run(["output_0"], {"image": images[:count]})
        np.testing.assert_allclose(received, expected[:count], atol=1e-6)


def test_keras_file_has_the_layers_but_no_optimizer(model, images, tmp_path):
    import keras

    exported = _export(model, "keras", tmp_path, images)
    loaded = keras.saving.load_model(exported.path)
    assert [layer.name for layer in loaded.layers] == [layer.name for layer in model.layers]
    assert not loaded.compiled
    assert exported.path.stat().st_size < 2 * 4 * model.count_params() + 40_000


@pytest.mark.parametrize("name", ["savedmodel", "onnx"])
def test_an_input_of_another_name_is_exported_as_image(name, images, tmp_path):
    exported = _export(_build_model(input_name="pixels"), name, tmp_path, images)
    assert exported.inputs == "image float32 (batch, 12, 10, 2)"


@pytest.mark.parametrize(
    ("name", "difference"), [*((name, 2 * TOLERANCE) for name in FORMATS), ("savedmodel", float("nan"))]
)
def test_an_export_that_differs_is_refused_and_leaves_nothing(name, difference, model, images, tmp_path, monkeypatch):
    read = verified.read_artifact

    def read_wrongly(chosen, *, path):
        artifact = read(chosen, path=path)
        return verified.Artifact(lambda batch: artifact.predict(batch) + difference, artifact.inputs, artifact.outputs)

    monkeypatch.setattr(verified, "read_artifact", read_wrongly)
    with pytest.raises(ExportError, match=r"on 100 images; at most 0[.]0001 is allowed"):
        _export(model, name, tmp_path, images)
    assert list(tmp_path.iterdir()) == []


def test_a_converter_that_fails_is_reported_and_leaves_nothing(model, images, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise ValueError("an operation that the format lacks")

    monkeypatch.setattr(verified, "write_artifact", fail)
    with pytest.raises(ExportError, match=r"ValueError.*an operation that the format lacks"):
        _export(model, "savedmodel", tmp_path, images)
    assert list(tmp_path.iterdir()) == []


def test_layers_that_a_keras_file_cannot_hold_are_named(images, tmp_path):
    import keras

    class Scale(keras.layers.Layer):
        def call(self, inputs):
            return 2 * inputs

    image = keras.Input((12, 10, 2), name="image")
    scaled = Scale(name="scale")(keras.layers.Flatten()(image))
    model = keras.Model(image, keras.layers.Dense(3, activation="softmax")(scaled))
    with pytest.raises(ExportError) as caught:
        _export(model, "keras", tmp_path, images)
    assert str(caught.value).endswith(
        "read it back: without their code, Keras cannot load layers that are not its own: 'scale' (Scale). "
        "Try `format='savedmodel'`, which can hold any layer and any operation of TensorFlow."
    )
    assert _export(model, "savedmodel", tmp_path, images).path.is_dir()


@pytest.mark.parametrize(("name", "has_advice"), [("savedmodel", False), ("onnx", True), ("litert", True)])
def test_what_a_converter_cannot_do_ends_in_the_advice_to_use_another_format(
    model, images, tmp_path, monkeypatch, name, has_advice
):
    def fail(*_, **__):
        raise ValueError("an operation that the format lacks")

    monkeypatch.setattr(verified, "write_artifact", fail)
    with pytest.raises(ExportError) as caught:
        _export(model, name, tmp_path, images)
    assert ("lacks. Try `format='savedmodel'`" in str(caught.value)) == has_advice


def test_an_existing_target_is_never_overwritten(tmp_path):
    target = tmp_path / "export" / "model.onnx"
    target.parent.mkdir()
    target.write_bytes(b"precious")
    with pytest.raises(ExportError, match="already exists"):
        choose_target(FORMATS["onnx"], run=tmp_path, out=None)
    assert target.read_bytes() == b"precious"


@pytest.mark.parametrize(
    ("name", "out", "message"),
    [
        ("onnx", "model.keras", "must end in .onnx"),
        ("litert", "model", "must end in .tflite"),
        ("keras", "model.h5", "must end in .keras"),
        ("savedmodel", "model.onnx", "Did you mean `format='onnx'`"),
    ],
)
def test_a_suffix_of_another_format_is_wrong_use(name, out, message, tmp_path):
    with pytest.raises(UsageError, match=message):
        choose_target(FORMATS[name], run=tmp_path, out=tmp_path / out)


def test_an_unknown_format_is_wrong_use():
    with pytest.raises(UsageError, match="Did you mean 'onnx'"):
        find_format("onx")


@pytest.mark.parametrize(("name", "module"), [("onnx", "tf2onnx"), ("litert", "ai_edge_litert")])
def test_a_missing_extra_is_named_with_the_command_that_installs_it(name, module, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ExportError, match=rf"not installed: {module}.*pip install 'keras-cnn-course\[{name}\]'"):
        find_format(name)


def _build_student_model(from_logits):
    import keras
    from keras import layers

    keras.utils.set_random_seed(1)
    augmentation = keras.Sequential([layers.RandomFlip("horizontal"), layers.RandomRotation(0.1)], name="augmentation")
    model = keras.Sequential(
        [
            keras.Input((12, 10, 2), name="pixels"),
            augmentation,
            layers.RandomZoom(0.2),
            layers.GaussianNoise(0.1),
            layers.Conv2D(16, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(10, activation=None if from_logits else "softmax"),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits)
    model.compile("adam", [loss], metrics=["accuracy"])
    model.optimizer.build(model.trainable_variables)
    return model


@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("name", FORMATS)
def test_random_layers_logits_and_optimizers_are_left_out(name, from_logits, images, tmp_path):
    model = _build_student_model(from_logits)
    images = 50 * images  # logits far from 0
    exported = _export(model, name, tmp_path, images)
    assert exported.largest_difference <= 1e-5  # float32
    assert exported.inputs == "image float32 (batch, 12, 10, 2)"
    probabilities = read_artifact(FORMATS[name], path=exported.path).predict(images)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert exported.bytes < 2 * 4 * model.count_params() + 100_000


@pytest.mark.parametrize("message", ["[Errno 28] No space left on device", "No space left on device; write.cc:12"])
def test_a_full_disk_is_reported_in_one_sentence(message, model, images, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError(message)

    monkeypatch.setattr(verified, "write_artifact", fail)
    with pytest.raises(ExportError, match=r"^Cannot write .*model\.keras: No space left on device\. Nothing was kept"):
        _export(model, "keras", tmp_path, images)


def test_keras_files_leave_out_what_older_versions_do_not_know(model, images, tmp_path):
    exported = _export(model, "keras", tmp_path, images)
    with zipfile.ZipFile(exported.path) as archive:
        config = archive.read("config.json").decode()
    for name in ("quantization_config", "input_axes", "output_axes"):
        assert name not in config
