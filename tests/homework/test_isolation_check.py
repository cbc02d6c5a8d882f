import subprocess
import sys

import pytest

from keras_cnn_course.homework import isolation_check
from keras_cnn_course.homework.isolation_check import probe_isolation
from keras_cnn_course.homework.worker.confinement import Isolation, find_isolation


@pytest.fixture(scope="module")
def results(workers):
    return {result.name: result for result in probe_isolation(workers)}


@pytest.mark.skipif(
    not (find_isolation().landlock and find_isolation().seccomp), reason="needs Landlock and seccomp, as Linux has them"
)
def test_everything_is_stopped_where_the_system_can(results):
    assert len(results) >= 15
    assert [result for result in results.values() if not result.stopped] == []


def test_what_every_system_can_stop_is_stopped(results):
    for name in ("compute without end", "wait without end", "end Python", "read the environment"):
        assert results[name].stopped


@pytest.mark.parametrize("name", ["read a file of yours", "write a file", "send over UDP", "start a program"])
def test_a_probe_gets_through_where_nothing_stops_it(name, tmp_path):
    """The probes can succeed: so where they do not, something has stopped them."""
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        (tmp_path / "yours").write_text("private")
        probes = {probe.name: probe for probe in isolation_check._list_probes(tmp_path, 1, udp)}
        probe = probes[name]
        source = f"def attempt(path=None):\n    {probe.body}\nprint(int(attempt(*{probe.arguments!r})))\n"
        done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"


def test_the_level_is_named():
    assert str(find_isolation()).startswith(f"isolation: {find_isolation().level} (")
    assert Isolation(0, False).level == "process-only"
    assert Isolation(7, True).level == "landlock"
    assert "files are not protected" in str(Isolation(0, True))
