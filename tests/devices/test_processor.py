import platform

import pytest
import tensorflow as tf

from keras_cnn_course.devices import processor
from keras_cnn_course.devices.processor import cpu_flags, name_cpu, name_processor, name_widest


@pytest.fixture
def cpu_information(tmp_path, monkeypatch):
    """A function that sets what Linux says about the processors."""

    def write(text):
        monkeypatch.setattr(processor, "_CPU_INFORMATION", tmp_path / "cpuinfo")
        (tmp_path / "cpuinfo").write_text(text, encoding="utf-8")

    return write


def test_the_name_and_the_instruction_sets_are_read(cpu_information, monkeypatch):
    monkeypatch.setattr(processor.sys, "platform", "linux")
    cpu_information("processor\t: 0\nmodel name\t: Intel(R) Core(TM) i7-1185G7  CPU\nflags\t\t: fpu avx avx2\n" * 2)
    assert name_cpu() == "Intel Core i7-1185G7 CPU"
    assert cpu_flags() == {"fpu", "avx", "avx2"}


@pytest.mark.parametrize("text", ["", "model name : unknown\n", "Processor : 0\n"])
def test_a_cpu_without_a_name_is_called_by_its_architecture(cpu_information, monkeypatch, text):
    monkeypatch.setattr(processor.sys, "platform", "linux")
    monkeypatch.setattr(platform, "processor", lambda: "")
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    cpu_information(text)
    assert name_cpu() == "riscv64"


def test_a_system_without_that_file_has_a_name_too(monkeypatch, tmp_path):
    monkeypatch.setattr(processor, "_CPU_INFORMATION", tmp_path / "missing")
    monkeypatch.setattr(processor.sys, "platform", "win32")
    monkeypatch.setattr(platform, "processor", lambda: "AMD64 Family 25 Model 80, AuthenticAMD")
    assert name_cpu() == "AMD64 Family 25 Model 80, AuthenticAMD"
    assert cpu_flags() == set()


def test_control_characters_in_a_name_are_removed(cpu_information, monkeypatch):
    monkeypatch.setattr(processor.sys, "platform", "linux")
    cpu_information("model name : A\x1b[31mB\n")
    assert name_cpu() == "A [31mB"


def test_a_gpu_gives_its_name(monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["first", "second"])
    monkeypatch.setattr(tf.config.experimental, "get_device_details", {"second": {"device_name": "Some GPU"}}.get)
    assert name_processor("gpu:1") == "Some GPU"
    assert name_processor("cpu") == name_cpu()


@pytest.mark.parametrize(
    ("flags", "widest"), [({"avx", "avx2", "avx512f"}, "avx512f"), ({"amx_bf16", "avx512f"}, "amx_bf16"), ({"sse"}, "")]
)
def test_the_widest_instruction_set_is_named(flags, widest):
    assert name_widest(flags) == widest
