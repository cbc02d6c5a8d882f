"""Watch a sandbox from outside: find out when it has used too much memory, too many threads, or waited too long.

A deadline on the clock would punish correct code on a busy machine. So time only counts as waiting if the sandbox
neither computes nor wants to: Linux says for each thread how long it was ready to run without getting a processor.
"""

import os
from contextlib import suppress
from pathlib import Path

from keras_cnn_course.homework.sandbox.confinement import Limits

__all__ = ["find_excess"]


def find_excess(process: int, limits: Limits, seconds: float) -> str:
    """Return which limit a process exceeds, or an empty string: `memory`, `threads`, or `wall`.

    Where the system has no /proc, this is only the time.

    Args:
        seconds: how long it has been running.
    """
    status = _read_status(process)
    if status.get("Threads", 0) > limits.threads:
        return "threads"
    # Page tables and swapped memory are not part of the resident memory.
    if sum(status.get(name, 0) for name in ("VmRSS", "VmPTE", "VmSwap")) * 1024 > limits.memory:
        return "memory"
    if seconds <= limits.wall_seconds:
        return ""
    if seconds > limits.deadline or seconds - _busy_seconds(process) > limits.wall_seconds:
        return "wall"
    return ""


def _read_status(process: int) -> dict[str, int]:
    """Return the numbers in the status of a process; none if it has just ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(errors="replace").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return {}
    pairs = (line.partition(":") for line in lines)
    return {
        name: int(value.split()[0]) for name, _, value in pairs if value.split()[:1] and value.split()[0].isdecimal()
    }


def _busy_seconds(process: int) -> float:
    """Return how long the threads of a process have computed, or were ready to and got no processor."""
    ticks, delay = 0, 0
    with suppress(FileNotFoundError, ProcessLookupError):
        fields = Path(f"/proc/{process}/stat").read_text(errors="replace").rpartition(")")[2].split()
        ticks = int(fields[11]) + int(fields[12])
        for task in Path(f"/proc/{process}/task").iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):
                delay += int((task / "schedstat").read_text().split()[1])
    return (ticks / os.sysconf("SC_CLK_TCK") if ticks else 0.0) + delay * 1e-9
