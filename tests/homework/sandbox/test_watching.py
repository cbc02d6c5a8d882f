"""The limits that are watched from outside."""

import subprocess
import sys
import time
from dataclasses import replace

import pytest

from keras_cnn_course.homework.sandbox.messages import Job
from keras_cnn_course.homework.sandbox.watching import find_excess

LIMITS = Job("numpy", "mine", {}, ()).limits

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")


def start(code):
    """Start a process that says when it is ready."""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
    process.stdout.readline()
    return process


PAGE_TABLES = """
import mmap
kept = mmap.mmap(-1, 2**36, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=mmap.PROT_READ)
kept.madvise(15)  # MADV_NOHUGEPAGE
for place in range(0, 2**36, 2**21):  # takes one page of page tables each, and no other memory
    kept[place]
"""
THREADS = """
import threading
for _ in range(64):
    threading.Thread(target=threading.Event().wait, daemon=True).start()
"""


@pytest.mark.parametrize(
    ("code", "limits", "excess"),
    [
        ("", LIMITS, ""),
        ("kept = bytearray(b'x' * 2**28)", replace(LIMITS, memory=2**27), "memory"),
        (PAGE_TABLES, replace(LIMITS, memory=100 * 2**20), "memory"),
        (THREADS, LIMITS, "threads"),
    ],
    ids=["nothing", "resident memory", "page tables", "threads"],
)
def test_what_exceeds_a_limit_is_named(code, limits, excess):
    with start(f"{code}\nprint(flush=True)\ninput()") as process:
        try:
            assert find_excess(process.pid, limits, seconds=0.1) == excess
        finally:
            process.kill()


def test_computing_is_no_waiting():
    limits = replace(LIMITS, wall_seconds=0.8)
    with start("print(flush=True)\nwhile True: pass") as busy, start("print(flush=True)\ninput()") as idle:
        began = time.monotonic()
        time.sleep(1)
        try:
            seconds = time.monotonic() - began
            assert find_excess(busy.pid, limits, seconds) == ""
            assert find_excess(idle.pid, limits, seconds) == "wall"
            assert find_excess(busy.pid, limits, limits.deadline + 1) == "wall"
        finally:
            busy.kill()
            idle.kill()


def test_a_process_that_has_ended_exceeds_nothing():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert find_excess(process.pid, LIMITS, seconds=0.1) == ""
