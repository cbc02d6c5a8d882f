"""Whether TensorFlow uses oneDNN, and whether oneDNN is fast in bfloat16."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from keras_cnn_course.devices import onednn, processor

LAPTOP, SERVER = "avx avx2 fma", "avx avx2 fma avx512f avx512_vnni avx512_bf16"
OLD_SERVER, NEW_LAPTOP = "avx avx2 fma avx512f", "avx avx2 fma avx_vnni"


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A function that sets the system, the processor's flags and the environment; TensorFlow is not imported yet."""

    def be(flags, *, system="linux", **environment):
        (tmp_path / "cpuinfo").write_text(f"flags : {flags}\n" if flags else "Features : fp asimd bf16\n")
        monkeypatch.setattr(processor, "_CPU_INFORMATION", tmp_path / "cpuinfo")
        monkeypatch.setattr(onednn, "sys", SimpleNamespace(platform=system, modules={}))
        for name in ("TF_ENABLE_ONEDNN_OPTS", "ONEDNN_MAX_CPU_ISA"):
            # Set first, so that a value that the test leaves is removed after it.
            monkeypatch.setenv(name, environment.get(name, ""))
            if name not in environment:
                monkeypatch.delenv(name)

    return be


@pytest.mark.parametrize(
    ("flags", "setting"),
    [(LAPTOP, "1"), (OLD_SERVER, "1"), (NEW_LAPTOP, None), (SERVER, None), ("avx", None), ("", None)],
)
def test_onednn_is_turned_on_where_tensorflow_leaves_it_off(machine, flags, setting):
    machine(flags)
    onednn.turn_on()
    assert os.environ.get("TF_ENABLE_ONEDNN_OPTS") == setting
    assert onednn.is_on() == (flags not in ("avx", ""))


@pytest.mark.parametrize(
    ("flags", "environment", "limited"),
    [
        (LAPTOP, {"TF_ENABLE_ONEDNN_OPTS": "1"}, True),
        (LAPTOP, {"TF_ENABLE_ONEDNN_OPTS": "0"}, False),
        (LAPTOP, {"TF_ENABLE_ONEDNN_OPTS": "1", "ONEDNN_MAX_CPU_ISA": "AVX512_CORE"}, True),
        (LAPTOP, {"TF_ENABLE_ONEDNN_OPTS": "1", "ONEDNN_MAX_CPU_ISA": "AVX"}, False),
        (NEW_LAPTOP, {}, True),
        (SERVER, {}, False),
        (SERVER, {"ONEDNN_MAX_CPU_ISA": "avx2"}, True),
        (SERVER, {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE"}, False),
        ("", {}, False),
    ],
)
def test_avx2_alone_is_recognized(machine, flags, environment, limited):
    machine(flags, **environment)
    assert onednn.is_limited_to_avx2() is limited


@pytest.mark.parametrize(
    ("flags", "value", "on"),
    [
        (SERVER, "false", False),
        (SERVER, "False", False),
        (SERVER, "off", True),
        (SERVER, "", True),
        ("avx", "true", True),
        ("avx", "off", False),
    ],
)
def test_the_switch_is_read_as_tensorflow_reads_it(machine, flags, value, on):
    machine(flags, TF_ENABLE_ONEDNN_OPTS=value)
    assert onednn.is_on() is on


def test_the_users_choice_is_kept(machine):
    machine(LAPTOP, TF_ENABLE_ONEDNN_OPTS="0")
    onednn.turn_on()
    assert os.environ["TF_ENABLE_ONEDNN_OPTS"] == "0"
    assert not onednn.is_on()


def test_nothing_is_set_once_tensorflow_is_imported(machine):
    machine(LAPTOP)
    onednn.sys.modules["tensorflow"] = onednn
    onednn.turn_on()
    assert "TF_ENABLE_ONEDNN_OPTS" not in os.environ


def test_tensorflow_agrees_about_this_machine(started):
    from tensorflow.python.util import _pywrap_util_port as port

    assert onednn.is_on() == port.IsMklEnabled()


@pytest.mark.slow
@pytest.mark.parametrize("value", ["0", "false"])
def test_tensorflow_agrees_that_the_user_turned_it_off(value):
    code = (
        "import tensorflow\nfrom keras_cnn_course.devices import onednn\n"
        "from tensorflow.python.util import _pywrap_util_port as port\nprint(onednn.is_on(), port.IsMklEnabled())"
    )
    environment = {**os.environ, "TF_ENABLE_ONEDNN_OPTS": value}
    found = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert found.stdout == "False False\n"


@pytest.mark.parametrize(
    ("flags", "environment", "fast", "reason"),
    [
        (SERVER, {}, True, "the processor has avx512_bf16"),
        (SERVER + " amx_bf16", {}, True, "the processor has amx_bf16"),
        (NEW_LAPTOP, {}, False, "the processor has no bfloat16 instructions"),
        (SERVER, {"ONEDNN_MAX_CPU_ISA": "avx2"}, False, "ONEDNN_MAX_CPU_ISA=AVX2 excludes bfloat16 instructions"),
        (SERVER, {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE_BF16"}, True, "the processor has avx512_bf16"),
        (SERVER, {"TF_ENABLE_ONEDNN_OPTS": "0"}, False, "TensorFlow does not use oneDNN here"),
        ("", {}, False, "TensorFlow does not use oneDNN here"),
    ],
)
def test_bfloat16_is_fast_with_instructions_made_for_it(machine, flags, environment, fast, reason):
    machine(flags, **environment)
    assert onednn.find_bfloat16() == (fast, reason)


@pytest.mark.parametrize("avx512", [True, False])
def test_windows_leaves_the_question_open_with_avx512(machine, monkeypatch, avx512):
    machine("", system="win32")
    monkeypatch.setattr(onednn.platform, "machine", lambda: "AMD64")
    kernel = SimpleNamespace(IsProcessorFeaturePresent={41: avx512}.get)
    monkeypatch.setattr("ctypes.WinDLL", lambda name: kernel, raising=False)
    assert onednn.find_bfloat16()[0] is (None if avx512 else False)


def test_macos_computes_in_float32(machine):
    machine("", system="darwin")
    assert onednn.find_bfloat16() == (False, "TensorFlow does not use oneDNN here")
