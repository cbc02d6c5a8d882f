"""Sandboxes as the grader uses them, warm and cold."""

import os
import platform
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from keras_cnn_course.errors import GraderError
from keras_cnn_course.homework.sandbox.confinement import find_isolation
from keras_cnn_course.homework.sandbox.messages import Call, Job, decode_text
from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes, can_fork

SOURCE = """
import os, random, sys
import numpy as np
calls = []

def double(array):
    array *= 2
    return array

def remember(number):
    calls.append(number)
    return len(calls)

def draw():
    return np.random.random()

def sizes(layers):
    return [size for size, stride in layers]

def environment():
    return np.frombuffer("|".join(os.environ).encode(), np.uint8)

def is_open(number):
    try:
        os.fstat(number)
    except OSError:
        return False
    return True

def handles():
    return [number for number in range(64) if is_open(number)]

def loaded():
    return [any(name.startswith(part) for name in sys.modules) for part in ("keras_cnn_course", "tensorflow", "keras")]
"""


def make_job(*calls, source=SOURCE, **options):
    return Job("numpy", "mine", {"mine": source}, calls, **options)


@pytest.fixture(scope="module", params=["warm", "cold"])
def either(request, sandboxes):
    """Sandboxes that a server forks, if the system can, and those that start from scratch for each job."""
    if request.param == "warm" and not can_fork():
        pytest.skip("needs Linux, which can watch a fork")
    if request.param == "warm":
        yield sandboxes
    else:
        with Sandboxes(warm=False) as cold:
            yield cold


def test_arrays_go_there_and_back(either):
    array = np.arange(4.0).reshape(2, 2)
    outcome = either.run(make_job(Call("double", (array,), echo=True), Call("sizes", (((3, 1), (2, 2)),))))
    result, after = outcome.calls[0].arrays
    np.testing.assert_array_equal(result, 2 * array)
    np.testing.assert_array_equal(after, 2 * array)
    assert array[1, 1] == 3  # the grader's own is another
    assert outcome.calls[1].arrays[0].tolist() == [3, 2]
    assert (outcome.loaded, outcome.ending.reason, outcome.ending.code) == (True, "exit", 0)


def test_a_job_remembers_and_the_next_one_does_not(either):
    twice = make_job(Call("remember", (1,)), Call("remember", (2,)))
    for _ in range(2):
        assert [call.arrays[0].item() for call in either.run(twice).calls] == [1, 2]


def test_what_is_random_repeats_with_the_seed(either):
    first, again, other = (
        either.run(make_job(Call("draw", ()), seed=seed)).calls[0].arrays[0].item() for seed in (5, 5, 6)
    )
    assert first == again != other


def test_a_sandbox_has_nothing_of_the_graders(either, monkeypatch):
    """Neither its variables nor its files, its modules, or TensorFlow where that is not needed."""
    monkeypatch.setenv("KCNN_SECRET", "secret")
    outcome = either.run(make_job(Call("environment", ()), Call("handles", ()), Call("loaded", ())))
    names, handles, loaded = (call.arrays[0] for call in outcome.calls)
    assert "SECRET" not in decode_text(names)
    assert "USER" not in decode_text(names)
    assert handles.size <= 5
    assert not loaded.any()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("while True: pass", "cpu"),
        pytest.param("import time; time.sleep(60)", "wall", marks=pytest.mark.slow),
        ("import os; os._exit(7)", "exit"),
        ("import ctypes; ctypes.string_at(0)", "signal"),
    ],
)
def test_how_a_sandbox_ended_is_reported(body, reason, sandboxes):
    patience = 60.0 if reason == "cpu" else 3.0  # a busy machine may need long to compute for a second
    source = f"def end():\n    {body}\n"
    outcome = sandboxes.run(make_job(Call("end", ()), source=source, seconds=1, patience=patience))
    assert outcome.ending.reason == reason
    assert outcome.calls[0].status == "not run"


def test_student_code_cannot_pretend_that_the_system_failed(sandboxes):
    """Whatever it ends with, it ends for itself: the grader's own failures have a sign that it cannot reach."""
    source = (
        "import os\nfor handle in range(3, 64):\n    try: os.close(handle)\n    except OSError: pass\nos._exit(71)\n"
    )
    ending = sandboxes.run(make_job(Call("end", ()), source=source)).ending
    assert (ending.reason, ending.code) == ("exit", 71)


@pytest.mark.skipif(not can_fork(), reason="needs Linux, which lists the children of a process")
def test_what_the_system_kills_is_not_the_students_failure():
    """As when the machine is out of memory."""
    with Sandboxes() as sandboxes:
        sandboxes.run(make_job(Call("draw", ())))
        server = sandboxes.server_pids["numpy"]
        killer = threading.Thread(target=kill_child, args=(server,))
        killer.start()
        source = "def end():\n    import time\n    time.sleep(20)\n"
        with pytest.raises(GraderError, match="The operating system killed"):
            sandboxes.run(make_job(Call("end", ()), source=source))
        killer.join()


def kill_child(parent):
    """Kill the first child that a process has, once student code runs in it."""
    children = Path(f"/proc/{parent}/task/{parent}/children")
    while not children.read_text().split():
        time.sleep(0.01)
    time.sleep(1)
    os.kill(int(children.read_text().split()[0]), signal.SIGKILL)


KILL_BY_TIMER = """
import ctypes, time
event = (ctypes.c_int * 16)(0, 0, 9, 0)  # no value, SIGKILL, by a signal
timer, times = ctypes.c_int(), (ctypes.c_long * 4)(0, 0, 0, 1)
libc = ctypes.CDLL(None)
libc.syscall(NUMBER, 1, event, ctypes.byref(timer))
libc.syscall(NUMBER + 1 if NUMBER == 222 else 110, timer, 0, times, None)
time.sleep(0.3)
"""


@pytest.mark.skipif(not find_isolation().seccomp, reason="needs seccomp")
@pytest.mark.parametrize(
    "attempt",
    ["import signal\nsignal.raise_signal(signal.SIGKILL)\n", KILL_BY_TIMER],
    ids=["raised", "timer"],
)
def test_student_code_cannot_look_as_if_the_system_had_killed_it(attempt, sandboxes):
    number = {"x86_64": "222", "aarch64": "107"}[platform.machine()]
    ending = sandboxes.run(make_job(Call("end", ()), source=attempt.replace("NUMBER", number))).ending
    assert (ending.reason, ending.code) == ("exit", 0)


@pytest.mark.skipif(not find_isolation().seccomp, reason="needs seccomp")
def test_what_libraries_need_is_left():
    """Callbacks from C, threads, timers of Python's own, memory of many kinds."""
    source = """
import ctypes, mmap, queue, signal, threading
import numpy as np

def works():
    compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
    numbers = (ctypes.c_int * 3)(3, 1, 2)
    ctypes.CDLL(None).qsort(numbers, 3, 4, compare(lambda a, b: a[0] - b[0]))
    memory = mmap.mmap(-1, 2**20)
    memory[:3] = bytes(numbers[:3])
    answers = queue.Queue()
    threads = [threading.Thread(target=answers.put, args=(number,)) for number in memory[:3]]
    for thread in threads:
        thread.start()
        thread.join()
    signal.signal(signal.SIGALRM, lambda *_: answers.put(4))
    signal.raise_signal(signal.SIGALRM)
    np.linalg.solve(np.eye(200), np.ones(200))
    return [answers.get(timeout=1) for _ in range(4)]
"""
    with Sandboxes() as sandboxes:
        outcome = sandboxes.run(make_job(Call("works", ()), source=source))
    assert outcome.calls[0].arrays[0].tolist() == [1, 2, 3, 4], outcome.calls[0]


def test_a_server_that_is_lost_is_the_graders_failure_and_the_next_job_has_another():
    with Sandboxes(warm=True) as sandboxes:
        sandboxes.run(make_job(Call("draw", ())))
        os.kill(sandboxes.server_pids["numpy"], signal.SIGKILL)
        with pytest.raises(GraderError):
            sandboxes.run(make_job(Call("draw", ())))
        assert sandboxes.run(make_job(Call("draw", ()))).calls[0].status == "returned"


@pytest.mark.skipif(not can_fork(), reason="needs Linux, where a server forks sandboxes")
def test_nothing_is_left_of_a_server(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Sandboxes() as sandboxes:
        sandboxes.run(make_job(Call("draw", ())))
        server = sandboxes.server_pids["numpy"]
        assert [path.name[:12] for path in tmp_path.iterdir()] == ["kcnn-server-"]
    with pytest.raises(ProcessLookupError):
        os.kill(server, 0)
    assert sandboxes.server_pids == {}
    assert list(tmp_path.iterdir()) == []


def test_a_sandbox_ends_with_the_grader(tmp_path):
    """When the grader is killed, nothing of it goes on."""
    code = (
        "import sys\n"
        "from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes\n"
        "from keras_cnn_course.homework.sandbox.messages import Call, Job\n"
        "source = 'def wait():\\n    import time\\n    time.sleep(60)\\n'\n"
        "with Sandboxes() as sandboxes:\n"
        "    sandboxes.run(Job('numpy', 'mine', {'mine': 'x = 1'}, ()))\n"
        "    print(sandboxes.server_pids['numpy'], flush=True)\n"
        "    sandboxes.run(Job('numpy', 'mine', {'mine': source}, (Call('wait', ()),), seconds=30))\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as grader:
        server = int(grader.stdout.readline())
        time.sleep(0.3)
        grader.kill()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.kill(server, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail("the server is still there")
