"""The processor that a training runs on: its name and its instruction sets, which decide the speed and the bits."""

import platform
import re
import subprocess
import sys
from pathlib import Path

__all__ = ["cpu_flags", "name_cpu", "name_processor", "name_widest"]

_CPU_INFORMATION = Path("/proc/cpuinfo")
# From the fastest for a training to the slowest. Each includes those after it, on the processors made so far.
_BY_SPEED = ("amx_bf16", "amx_tile", "avx512_fp16", "avx512_bf16", "avx512_vnni", "avx512f", "avx2", "avx")


def name_processor(device: str) -> str:
    """Return the name of the GPU or CPU with that short name, `gpu:N` or `cpu`. Start TensorFlow before."""
    if not device.startswith("gpu"):
        return name_cpu()
    import tensorflow as tf

    gpu = tf.config.list_physical_devices("GPU")[int(device.partition(":")[2])]
    return _tidy(tf.config.experimental.get_device_details(gpu).get("device_name", "")) or "unknown GPU"


def name_cpu() -> str:
    """Return the name of this machine's CPU, such as `AMD EPYC 7B13`, or its architecture if it has no name."""
    names = _read_linux("model name")
    if sys.platform == "darwin":
        command = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
        try:
            names = [subprocess.run(command, capture_output=True, text=True, timeout=5, check=True).stdout]
        except (OSError, subprocess.SubprocessError):
            names = []
    name = _tidy(names[0]) if names else ""
    return name if name and name != "unknown" else _tidy(platform.processor() or platform.machine()) or "unknown CPU"


def cpu_flags() -> set[str]:
    """Return the CPU's instruction sets as Linux reports them, such as `avx512_bf16`; empty on another system."""
    return {flag for line in _read_linux("flags") for flag in line.split()}


def name_widest(flags: set[str]) -> str:
    """Return the instruction set that makes most of the speed; an empty string if none is known.

    >>> name_widest({"avx", "avx2", "fma"})
    'avx2'
    """
    return next((flag for flag in _BY_SPEED if flag in flags), "")


def _read_linux(key: str) -> list[str]:
    """Return the values of a key in what Linux says about the processors, one per processor."""
    try:
        lines = _CPU_INFORMATION.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    pairs = (line.partition(":") for line in lines)
    return [value.strip() for name, _, value in pairs if name.strip() == key]


def _tidy(name: str) -> str:
    """Return a name in one line, without trademark signs and control characters."""
    printable = "".join(letter if letter.isprintable() else " " for letter in name)
    return " ".join(re.sub(r"\((?:R|TM)\)", "", printable, flags=re.IGNORECASE).split())[:100]
