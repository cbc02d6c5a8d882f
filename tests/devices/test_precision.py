"""Which precision is chosen, and why; what computing in it does to a model is tested with the engine."""

import statistics

import pytest
import tensorflow as tf

from keras_cnn_course.devices import precision
from keras_cnn_course.devices.precision import choose_precision
from keras_cnn_course.errors import UsageError


@pytest.mark.parametrize("requested", precision.PRECISIONS)
def test_a_precision_asked_for_is_taken(requested):
    assert choose_precision(requested, "cpu") == (requested, "as requested")


@pytest.mark.parametrize("requested", ["float64", "mixed_float16", None])
def test_a_precision_that_does_not_exist_is_refused(requested):
    with pytest.raises(UsageError, match=f"No precision named '{requested}'.* Available: auto, float32, bfloat16"):
        choose_precision(requested, "cpu")


@pytest.mark.parametrize(("fast", "chosen"), [(True, "bfloat16"), (False, "float32")])
def test_auto_follows_the_processors_instructions(monkeypatch, fast, chosen):
    monkeypatch.setattr(precision, "find_bfloat16", lambda: (fast, "a reason"))
    assert choose_precision("auto", "cpu") == (chosen, "a reason")


@pytest.mark.parametrize(("speedup", "chosen"), [(1.9, "bfloat16"), (1.0, "float32"), (0.2, "float32")])
def test_auto_measures_where_the_instructions_are_unknown(monkeypatch, speedup, chosen):
    monkeypatch.setattr(precision, "find_bfloat16", lambda: (None, "unknown"))
    monkeypatch.setattr(precision, "_measure_speedup", lambda name: speedup)
    name, reason = choose_precision("auto", "cpu")
    assert name == chosen
    assert f"{speedup:.1f} times as fast" in reason


def test_the_measurement_agrees_with_the_instructions(started):
    # A single measurement is wrong when another program takes the processor in the middle of it.
    measured = statistics.median(precision._measure_speedup("bfloat16") for _ in range(9))
    assert (measured >= precision.CLEARLY_FASTER) == (choose_precision("auto", "cpu")[0] == "bfloat16")


@pytest.mark.parametrize(
    ("capability", "chosen"), [((9, 0), "bfloat16"), ((8, 0), "bfloat16"), ((7, 5), "float16"), ((6, 1), "float32")]
)
def test_on_a_gpu_its_compute_capability_decides(monkeypatch, capability, chosen):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["first", "second"])
    details = {"second": {"compute_capability": capability}}
    monkeypatch.setattr(tf.config.experimental, "get_device_details", details.__getitem__)
    assert choose_precision("auto", "gpu:1") == (chosen, f"compute capability {capability[0]}.{capability[1]}")
