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
from keras_cnn_course.homework.sandbox.messages import Call, Job, StandIn, decode_text
from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes, can_fork
from keras_cnn_course.homework.sandbox.turns import Turns

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


def test_windows_which_has_no_such_signals_takes_no_end_for_too_much_time(monkeypatch):
    monkeypatch.delattr(signal, "SIGXCPU")
    with Sandboxes(warm=False) as cold:
        assert cold.run(make_job(Call("draw", ()))).ending.reason == "exit"


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
    child = find_child(parent)
    time.sleep(1)
    os.kill(child, signal.SIGKILL)


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
    memory = mmap.mmap(-1, 2**20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
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


@pytest.mark.skipif(not can_fork(), reason="needs Linux, where a server forks sandboxes")
@pytest.mark.parametrize("attempt", ["pass", "ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)", "os.setresuid(*os.getresuid())"])
def test_a_sandbox_ends_with_the_grader(attempt):
    """When the grader is killed, nothing of it goes on, even if student code asks the system to forget its parent."""
    code = f"""
import sys
from keras_cnn_course.homework.sandbox.messages import Call, Job
from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes
source = '''
import ctypes, os, signal, time
def wait():
    for number in range(1, 65):
        try: signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError): pass
    try: {attempt}
    except OSError: pass
    time.sleep(60)
'''
with Sandboxes() as sandboxes:
    sandboxes.run(Job("numpy", "mine", {{"mine": "x = 1"}}, ()))
    print(sandboxes.server_pids["numpy"], flush=True)
    sandboxes.run(Job("numpy", "mine", {{"mine": source}}, (Call("wait", ()),), seconds=30))
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as grader:
        server = int(grader.stdout.readline())
        sandbox = find_child(server)
        time.sleep(0.5)
        grader.kill()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and (is_running(server) or is_running(sandbox)):
        time.sleep(0.05)
    assert not is_running(server)
    assert not is_running(sandbox)


def find_child(parent):
    """Return the first child that a process has."""
    children = Path(f"/proc/{parent}/task/{parent}/children")
    while not children.read_text().split():
        time.sleep(0.01)
    return int(children.read_text().split()[0])


def is_running(process):
    """Return whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.skipif(not can_fork(), reason="needs Linux, which says how long a process was ready to run")
def test_a_busy_machine_does_not_stop_code_that_computes():
    """It may wait for 0.6 s in all. Without a processor of its own, it needs far longer than that."""
    source = "import time\ndef work():\n    while time.process_time() < 1.2:\n        pass\n    return 1\n"
    hogs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(4 * (os.cpu_count() or 1))]
    try:
        with Sandboxes() as sandboxes:
            outcome = sandboxes.run(make_job(Call("work", ()), source=source, seconds=4, patience=0.15))
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()
    assert outcome.calls[0].status == "returned", outcome.ending
    if outcome.ending.seconds <= 1.8:
        pytest.skip("the system gave the sandbox a processor of its own, however many others computed")


@pytest.mark.skipif(not can_fork(), reason="needs Linux, where a server forks sandboxes")
def test_another_thread_can_stop_sandboxes():
    source = "def end():\n    import time\n    time.sleep(60)\n"
    with Sandboxes() as sandboxes:
        sandboxes.run(make_job(Call("draw", ())))
        timer = threading.Timer(0.5, sandboxes.stop)
        timer.start()
        began = time.monotonic()
        for _ in range(2):
            with pytest.raises(GraderError):
                sandboxes.run(make_job(Call("end", ()), source=source, seconds=30))
        assert time.monotonic() - began < 10
        timer.join()


@pytest.mark.skipif(not can_fork(), reason="needs Linux, where a server forks sandboxes")
def test_a_lost_server_is_reported_in_our_own_words():
    """Whatever a library logged last."""
    with Sandboxes(warm=True) as sandboxes:
        sandboxes.run(make_job(Call("draw", ())))
        server = sandboxes.server_pids["numpy"]
        with Path(f"/proc/{server}/fd/2").open("a") as log:
            log.write("2026-01-01 I tensorflow/core/util/port.cc:153] oneDNN\n")
        os.kill(server, signal.SIGKILL)
        with pytest.raises(
            GraderError, match="the operating system killed it, perhaps because memory ran out"
        ) as caught:
            sandboxes.run(make_job(Call("draw", ())))
        assert "oneDNN" not in str(caught.value)


def test_the_solution_that_stands_in_has_no_text(either):
    solution = '"""A solution."""\nSECRET = 1  # a comment\ndef double(x):\n    """Twice."""\n    return 2 * x\n'
    source = """
import inspect, sys
import other

def works(): return other.double(4)
def has_source():
    try: return inspect.getsource(other.double) != ""
    except OSError: return other.double.__doc__ is not None
def search():
    text = str(sys.meta_path[0].__dict__)
    return chr(97) + " comment" in text or chr(84) + "wice" in text
"""
    calls = (Call("works", ()), Call("has_source", ()), Call("search", ()))
    stand_ins = {"other": StandIn(solution, ("double",))}
    job = Job("numpy", "mine", {"mine": source, "other": ""}, calls, stand_ins=stand_ins)
    assert [call.arrays[0].item() for call in either.run(job).calls] == [8, False, False]


@pytest.mark.slow
@pytest.mark.skipif(not can_fork(), reason="needs Linux, where a server forks sandboxes")
def test_a_job_whose_server_is_lost_beside_others_is_repeated_alone():
    """Another sandbox may have taken the memory or the processes."""
    source = "import time\ndef work():\n    time.sleep(2)\n    return 1\n"
    with Sandboxes(turns=Turns()) as sandboxes:
        sandboxes.run(make_job(Call("draw", ())))
        killer = threading.Timer(1, os.kill, (sandboxes.server_pids["numpy"], signal.SIGKILL))
        killer.start()
        assert sandboxes.run(make_job(Call("work", ()), source=source)).calls[0].status == "returned"
        killer.join()


@pytest.mark.slow
def test_a_timeout_beside_others_counts_only_if_it_repeats_alone():
    turns, alone = Turns(), []
    enter = turns.alone
    turns.alone = lambda: alone.append(True) or enter()
    source = "def end():\n    while True: pass\n"
    with Sandboxes(turns=turns) as sandboxes:
        assert sandboxes.run(make_job(Call("draw", ()))).calls[0].status == "returned"
        assert not alone
        assert sandboxes.run(make_job(Call("end", ()), source=source, seconds=1)).ending.reason == "cpu"
        assert alone == [True]
