"""The engine of this machine. Calls are of functions that any process can import."""

import math
import multiprocessing
import os
import subprocess
import sys
import time
from concurrent.futures import wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from keras_cnn_course.sweeps.local import LocalExecutor


def wait_until(condition, *, seconds=60):
    until = time.perf_counter() + seconds
    while not condition():
        assert time.perf_counter() < until
        time.sleep(0.05)


@pytest.mark.slow
def test_each_call_has_a_process_of_its_own():
    with LocalExecutor(2) as executor:
        numbers = [executor.submit(os.getpid) for _ in range(4)]
        assert len({number.result() for number in numbers} | {os.getpid()}) == 5
        assert executor.submit(math.hypot, 3, 4).result() == 5


@pytest.mark.slow
def test_so_many_run_at_a_time():
    with LocalExecutor(2) as executor:
        executor.submit(os.getpid).result()  # the process that the others are forked from is up
        began = time.perf_counter()
        wait([executor.submit(time.sleep, 1) for _ in range(4)])
        assert 2 <= time.perf_counter() - began < 3.5


def test_what_a_call_raises_is_in_its_future():
    with LocalExecutor(1) as executor:
        with pytest.raises(ValueError, match="invalid literal"):
            executor.submit(int, "many").result()
        with pytest.raises(SystemExit):
            executor.submit(sys.exit, 3).result()


def test_a_process_that_crashes_takes_no_other_with_it():
    with LocalExecutor(2) as executor:
        long, crashed, next_one = (
            executor.submit(time.sleep, 1),
            executor.submit(os.abort),
            executor.submit(os.getpid),
        )
        with pytest.raises(BrokenProcessPool):
            crashed.result()
        assert next_one.result() > 0
        assert long.result() is None


def test_stop_ends_what_runs_and_begins_nothing_more():
    with LocalExecutor(1) as executor:
        running, waiting = executor.submit(time.sleep, 60), executor.submit(time.sleep, 60)
        wait_until(multiprocessing.active_children)
        began = time.perf_counter()
        executor.stop()
        with pytest.raises(BrokenProcessPool):
            running.result()
        assert waiting.cancelled()
    assert time.perf_counter() - began < 10


@pytest.mark.slow
def test_stop_leaves_the_other_processes_of_the_program_alone():
    own = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(60,))
    own.start()
    with LocalExecutor(1) as executor:
        running = executor.submit(time.sleep, 60)
        wait_until(lambda: len(multiprocessing.active_children()) == 2)
        executor.stop()
        with pytest.raises(BrokenProcessPool):
            running.result()
    assert own.is_alive()
    own.terminate()
    own.join()


def test_an_error_of_the_caller_stops_the_calls():
    began = time.perf_counter()

    def fail():
        with LocalExecutor(1) as executor:
            executor.submit(time.sleep, 60)
            wait_until(multiprocessing.active_children)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert time.perf_counter() - began < 10


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_processes_end_when_their_parent_is_killed():
    code = (
        "import os, time\n"
        "from keras_cnn_course.sweeps.local import LocalExecutor\n"
        "if __name__ == '__main__':\n"
        "    with LocalExecutor(1) as executor:\n"
        "        print(executor.submit(os.getppid).result(), flush=True)\n"
        "        executor.submit(time.sleep, 60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    server = int(parent.stdout.readline())

    children = Path(f"/proc/{server}/task/{server}/children")

    def count_processes():
        try:
            return len(children.read_text().split())
        except FileNotFoundError:
            return 0

    wait_until(lambda: count_processes() == 1)
    parent.kill()
    parent.communicate()
    wait_until(lambda: count_processes() == 0)
