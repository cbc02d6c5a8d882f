"""Which precision is chosen, and why; what computing in it does to a model is tested with the engine."""

import pytest
import tensorflow as tf

from keras_cnn_course.devices import precision
from keras_cnn_course.devices.precision import choose_precision


@pytest.mark.parametrize("requested", precision.PRECISIONS)
def test_a_precision_asked_for_is_taken(requested):
    assert choose_precision(requested, "cpu") == (requested, "as requested")


@pytest.mark.parametrize(("speedup", "chosen"), [(1.9, "bfloat16"), (1.0, "float32"), (0.2, "float32")])
def test_auto_takes_what_is_measured_faster(monkeypatch, speedup, chosen):
    monkeypatch.setattr(precision, "_measure_speedup", lambda name: speedup)
    name, reason = choose_precision("auto", "cpu")
    assert name == chosen
    assert f"{speedup:.1f} times as fast" in reason


def test_auto_chooses_the_same_again(started):
    assert len({choose_precision("auto", "cpu")[0] for _ in range(5)}) == 1


@pytest.mark.parametrize(
    ("capability", "chosen"), [((9, 0), "bfloat16"), ((8, 0), "bfloat16"), ((7, 5), "float16"), ((6, 1), "float32")]
)
def test_on_a_gpu_its_compute_capability_decides(monkeypatch, capability, chosen):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["first", "second"])
    details = {"second": {"compute_capability": capability}}
    monkeypatch.setattr(tf.config.experimental, "get_device_details", details.__getitem__)
    assert choose_precision("auto", "gpu:1") == (chosen, f"compute capability {capability[0]}.{capability[1]}")
