"""oneDNN, the library with TensorFlow's fastest CPU operations: whether it is on, and whether it is fast in bfloat16.

TensorFlow for Linux uses it by default only on processors with instructions for neural networks, such as AVX512-VNNI.
With AVX2 alone, as in most laptops, oneDNN trains the lecture's CNNs 1.4 to 1.6 times as fast as the default (see
docs/performance.md), so it is turned on there too. It also keeps the memory of freed tensors for the next ones.
"""

import os
import platform
import sys

from keras_cnn_course.devices.processor import cpu_flags

__all__ = ["find_bfloat16", "is_limited_to_avx2", "is_on", "turn_on"]

SWITCH = "TF_ENABLE_ONEDNN_OPTS"
# The values that TensorFlow understands, in any case; with another one it follows its default.
_CHOICES = {"0": False, "false": False, "1": True, "true": True}
# TensorFlow for Linux turns oneDNN on where the processor has one of these.
_ON_BY_DEFAULT = {"avx512_vnni", "avx512_bf16", "avx_vnni", "amx_tile", "amx_int8", "amx_bf16"}
_MULTIPLY_BFLOAT16 = ("amx_bf16", "avx512_bf16")
# Limits that a user can set for oneDNN and that exclude the instructions above.
_LIMIT = "ONEDNN_MAX_CPU_ISA"
_LIMITS_TO_AVX2 = {"AVX2", "AVX2_VNNI", "AVX2_VNNI_2"}
_LIMITS_BELOW_AVX2 = {"SSE41", "AVX"}
_LIMITS_WITHOUT_BFLOAT16 = {*_LIMITS_BELOW_AVX2, *_LIMITS_TO_AVX2, "AVX512_CORE", "AVX512_CORE_VNNI"}
_WINDOWS_HAS_AVX512F = 41  # PF_AVX512F_INSTRUCTIONS_AVAILABLE


def turn_on() -> None:
    """Let TensorFlow use oneDNN on an AVX2 processor under Linux, unless the user has chosen.

    TensorFlow reads the setting while it is imported, so this has no effect afterwards.
    """
    flags = cpu_flags()
    if "tensorflow" not in sys.modules and "avx2" in flags and not flags & _ON_BY_DEFAULT:
        os.environ.setdefault(SWITCH, "1")


def is_on() -> bool:
    """Return whether TensorFlow uses oneDNN."""
    chosen = _CHOICES.get(os.environ.get(SWITCH, "").lower())
    if chosen is not None:
        return chosen
    if sys.platform == "win32":
        return platform.machine().upper() in ("AMD64", "X86_64")
    return bool(cpu_flags() & _ON_BY_DEFAULT)


def is_limited_to_avx2() -> bool:
    """Return whether TensorFlow uses oneDNN, with AVX2 and nothing wider. AVX-VNNI has no wider registers."""
    flags, limit = cpu_flags(), os.environ.get(_LIMIT, "").upper()
    is_wide = "avx512f" in flags and limit not in _LIMITS_TO_AVX2
    return is_on() and "avx2" in flags and not is_wide and limit not in _LIMITS_BELOW_AVX2


def find_bfloat16() -> tuple[bool | None, str]:
    """Return whether oneDNN multiplies bfloat16 with instructions made for it, and the reason.

    Without them it converts every number, which is slower than float32. Windows does not say which instructions a
    processor with AVX-512 has beyond that, so the answer is None there.
    """
    limit = os.environ.get(_LIMIT, "").upper()
    if not is_on():
        return False, "TensorFlow does not use oneDNN here"
    if limit in _LIMITS_WITHOUT_BFLOAT16:
        return False, f"{_LIMIT}={limit} excludes bfloat16 instructions"
    if sys.platform == "win32":
        import ctypes

        if ctypes.WinDLL("kernel32").IsProcessorFeaturePresent(_WINDOWS_HAS_AVX512F):
            return None, "Windows does not report bfloat16 instructions"
    found = next((flag for flag in _MULTIPLY_BFLOAT16 if flag in cpu_flags()), "")
    return bool(found), f"the processor {f'has {found}' if found else 'has no bfloat16 instructions'}"
