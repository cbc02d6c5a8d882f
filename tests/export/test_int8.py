"""Exports in int8: read back by their own interpreters, as accurate as said, and what a microcontroller needs."""

from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.devices import backend
from keras_cnn_course.errors import ExportError, UsageError
from keras_cnn_course.export import verified
from keras_cnn_course.export.formats import FORMATS, check_quantizable, choose_target, find_format
from keras_cnn_course.export.int8 import Int8Scale
from keras_cnn_course.export.microcontroller import TensorLife, place_tensors, read_needs
from keras_cnn_course.export.quantization import choose_quantization_images, measure_quantization
from keras_cnn_course.export.verified import export_int8, export_model


@pytest.fixture(scope="module")
def model():
    backend.start(device="cpu")
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((12, 10, 2), name="image"),
            layers.Conv2D(4, 3, name="conv_1"),
            layers.BatchNormalization(name="norm_1"),
            layers.ReLU(name="relu_1"),
            layers.MaxPooling2D(2, name="pool_1"),
            layers.Flatten(name="flatten"),
            layers.Dense(5, name="classifier", kernel_initializer="glorot_normal"),
        ]
    )
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


@pytest.fixture(scope="module")
def images(model):
    """Random images, with the model's own answers as their labels."""
    pixels = np.random.default_rng(3).integers(0, 256, (600, 12, 10, 2), np.uint8)
    labels = np.asarray(model(pixels / np.float32(255))).argmax(axis=1).astype(np.int32)
    data = Dataset("own", pixels[:400], labels[:400], pixels[400:], labels[400:], tuple("abcde"))
    return choose_quantization_images(data, seed=0)


@pytest.fixture(scope="module")
def exports(model, images, tmp_path_factory):
    """Both int8 exports by the name of their format."""
    folder = tmp_path_factory.mktemp("int8")
    return {
        name: export_int8(model, chosen=find_format(name), path=folder / f"net{FORMATS[name].suffix}", images=images)
        for name in ("litert", "onnx")
    }


def test_litert_takes_and_returns_int8_and_is_as_accurate_as_said(exports, model, images):
    from ai_edge_litert.interpreter import Interpreter

    exported = exports["litert"]
    assert exported.inputs == "image int8 (1, 12, 10, 2)"
    assert exported.outputs == "output_0 int8 (1, 5)"
    interpreter = Interpreter(model_path=str(exported.path))
    interpreter.allocate_tensors()
    (taken,), (returned,) = interpreter.get_input_details(), interpreter.get_output_details()
    scale, zero = taken["quantization"]
    assert (scale, zero) == (exported.input_scale.scale, exported.input_scale.zero_point)
    assert zero == -128
    assert scale == pytest.approx(1 / 255)
    answers = []
    for picture in images.pixels:
        numbers = np.clip(np.rint(picture / 255 / scale) + zero, -128, 127).astype(np.int8)
        interpreter.set_tensor(taken["index"], numbers[np.newaxis])
        interpreter.invoke()
        answers.append(interpreter.get_tensor(returned["index"])[0])
    answers = np.array(answers)
    compared = exported.quantization
    assert compared.calibration_images == 256
    assert compared.accuracy_before == 1.0
    assert compared.accuracy_after == (answers.argmax(axis=1) == images.labels).mean() == compared.same_answers
    assert compared.accuracy_after > 0.95
    np.testing.assert_array_equal(exported.example.output[0], answers[0])
    np.testing.assert_array_equal(exported.example.image[0], (images.pixels[0].astype(int) - 128).astype(np.int8))
    logits = np.asarray(model(images.pixels / np.float32(255)))
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    received = (answers.astype(float) - returned["quantization"][1]) * returned["quantization"][0]
    assert np.abs(received - expected).max() == pytest.approx(exported.largest_difference, abs=1e-5)
    assert exported.largest_difference < 0.1


def test_onnx_keeps_float32_at_its_ends_and_any_batch_size(exports, images, model):
    import onnx
    import onnxruntime

    exported = exports["onnx"]
    assert exported.inputs == "image float32 (batch, 12, 10, 2)"
    session = onnxruntime.InferenceSession(exported.path, providers=["CPUExecutionProvider"])
    (probabilities,) = session.run(["output_0"], {"image": images.pixels / np.float32(255)})
    assert exported.quantization.accuracy_after == (probabilities.argmax(axis=1) == images.labels).mean() > 0.95
    assert exported.quantization.microcontroller is None
    kernels = {one.name: one for one in onnx.load(exported.path).graph.initializer if len(one.dims) >= 2}
    assert {one.data_type for one in kernels.values()} == {onnx.TensorProto.INT8}
    np.testing.assert_allclose(exported.example.output, probabilities[:1], atol=1e-6)


def test_a_microcontroller_needs_what_tensorflow_lite_micro_reports(exports):
    needs = exports["litert"].quantization.microcontroller
    assert needs == read_needs(exports["litert"].path)
    assert needs.operators == ("CONV_2D", "MAX_POOL_2D", "RESHAPE", "FULLY_CONNECTED", "SOFTMAX")
    assert needs.missing == ()
    # The package tflite-micro (0.dev20261023182759) uses 2352 bytes of its arena for this file.
    assert needs.arena_bytes == pytest.approx(2352, rel=0.15)


@pytest.mark.parametrize(
    ("lives", "expected"),
    [
        ([], 0),
        ([TensorLife(1, 0, 0)], 16),
        ([TensorLife(160, 0, 1), TensorLife(160, 1, 2), TensorLife(160, 2, 3)], 320),
        ([TensorLife(160, 0, 1), TensorLife(320, 1, 2), TensorLife(160, 2, 3), TensorLife(32, 0, 3)], 512),
        ([TensorLife(64, 0, 5), TensorLife(64, 1, 2), TensorLife(32, 3, 4), TensorLife(32, 3, 4)], 128),
    ],
)
def test_tensors_that_are_never_needed_together_share_memory(lives, expected):
    assert place_tensors(lives) == expected


def test_numbers_keep_their_meaning_up_to_half_a_step():
    values = np.random.default_rng(0).uniform(-1, 3, size=1000).astype(np.float32)
    scale = Int8Scale(4 / 255, -64)
    assert np.abs(scale.decode(scale.encode(values)) - values).max() <= 4 / 255 / 2 + 1e-6
    np.testing.assert_array_equal(scale.encode(np.array([-100.0, 100.0])), [-128, 127])


def test_an_export_that_loses_its_accuracy_is_refused_and_leaves_nothing(model, images, tmp_path, monkeypatch):
    rarest = np.bincount(images.labels, minlength=5).argmin()
    wrong = verified.Artifact(lambda batch: np.tile(np.eye(5, dtype="f")[rarest], (len(batch), 1)), "image", "output_0")
    monkeypatch.setattr(verified, "write_artifact", lambda *_, path, **__: path.write_bytes(b"a file"))
    monkeypatch.setattr(verified, "read_artifact", lambda *_, **__: wrong)
    with pytest.raises(ExportError, match=r"its model 100.00%. The accuracy may fall by at most 5 percentage points"):
        export_int8(model, chosen=find_format("onnx"), path=tmp_path / "new" / "net.onnx", images=images)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("count", "changed", "refused"), [(12, 2, False), (12, 3, True), (200, 10, False)])
def test_one_or_two_of_few_images_are_no_reason_to_refuse(model, images, count, changed, refused):
    few = replace(images, pixels=images.pixels[:count], labels=images.labels[:count])
    answers = few.labels.copy()
    answers[:changed] = (answers[:changed] + 1) % 5
    artifact = verified.Artifact(lambda _: np.eye(5, dtype="f")[answers], "image", "output_0")
    with pytest.raises(ExportError, match="5 percentage points or 2 images") if refused else nullcontext():
        compared, _ = measure_quantization(model, artifact, few, microcontroller=None)
        assert compared.accuracy_after == pytest.approx(1 - changed / count)


def test_a_model_that_the_converter_refuses_is_reported_and_leaves_nothing(images, tmp_path):
    import keras

    image = keras.Input((12, 10, 2), name="image")
    odd = keras.layers.Lambda(keras.ops.erfinv)(keras.layers.Flatten()(image))
    model = keras.Model(image, keras.layers.Dense(5, activation="softmax")(odd))
    with pytest.raises(ExportError, match=r"net\.tflite as litert in int8 and read it back: ConverterError"):
        export_int8(model, chosen=find_format("litert"), path=tmp_path / "net.tflite", images=images)
    assert list(tmp_path.iterdir()) == []


def test_a_nested_recurrent_layer_is_refused_in_litert_with_the_advice_to_use_onnx(images, tmp_path):
    import keras
    from keras import layers

    rows = keras.Sequential([keras.Input((12, 20)), layers.LSTM(2, name="rows")])
    image = keras.Input((12, 10, 2), name="image")
    model = keras.Model(image, layers.Dense(5, activation="softmax")(rows(layers.Reshape((12, 20))(image))))
    with pytest.raises(ExportError, match=r"recurrent layer 'rows' \(LSTM\) to int8. Use `format='onnx'`"):
        export_int8(model, chosen=find_format("litert"), path=tmp_path / "net.tflite", images=images)
    assert list(tmp_path.iterdir()) == []


def test_an_operator_that_micro_lacks_is_named(tmp_path):
    import keras

    image = keras.Input((4, 4, 1), batch_size=1, name="image")
    model = keras.Model(image, keras.layers.Lambda(lambda x: keras.ops.sort(x, axis=2))(image))
    export_model(model, chosen=find_format("litert"), path=tmp_path / "n.tflite", images=np.zeros((1, 4, 4, 1), "f"))
    needs = read_needs(tmp_path / "n.tflite")
    assert needs.missing
    assert set(needs.missing) <= set(needs.operators)


@pytest.mark.parametrize("name", ["savedmodel", "keras"])
def test_formats_without_int8_say_so(name):
    with pytest.raises(UsageError, match=rf"{name} cannot be quantized to int8. Choose `format=` onnx or litert"):
        check_quantizable(FORMATS[name], "int8")
    check_quantizable(FORMATS[name], None)
    with pytest.raises(UsageError, match="No quantization named 'int4'"):
        check_quantizable(FORMATS["onnx"], "int4")


def test_int8_has_a_file_of_its_own(tmp_path):
    assert choose_target(FORMATS["litert"], run=tmp_path, out=None, quantize="int8").name == "model-int8.tflite"
    assert choose_target(FORMATS["onnx"], run=tmp_path, out=tmp_path / "a.onnx", quantize="int8").name == "a.onnx"
