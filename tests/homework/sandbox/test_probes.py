import socket
import subprocess
import sys

import pytest

from keras_cnn_course.homework.sandbox.confinement import Isolation, find_isolation
from keras_cnn_course.homework.sandbox.probes import list_probes, probe_isolation

# These take seconds.
ENDLESS = ("start 3,000 threads", "take 8 GiB of memory", "compute without end", "wait without end", "print 100 MiB")

needs_isolation = pytest.mark.skipif(
    not (find_isolation().landlock and find_isolation().seccomp), reason="needs Landlock and seccomp, as Linux has them"
)


@pytest.fixture
def names(tmp_path):
    """The names of all probes."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        return [probe.name for probe in list_probes(tmp_path, 1, udp)]


@needs_isolation
def test_everything_is_stopped_where_the_system_can(sandboxes, names):
    quick = [name for name in names if name not in ENDLESS]
    results = list(probe_isolation(sandboxes, names=quick))
    assert len(results) == len(quick) >= 12
    assert [result for result in results if not result.stopped] == []


@pytest.mark.slow
def test_what_has_no_end_is_ended_on_every_system(sandboxes):
    results = list(probe_isolation(sandboxes, names=ENDLESS))
    assert [result.name for result in results] == list(ENDLESS)
    assert [result for result in results if not result.stopped] == []


@pytest.mark.parametrize(
    "name", ["read a file of yours", "change its permissions", "write a file", "send over UDP", "start a program"]
)
def test_a_probe_gets_through_where_nothing_stops_it(name, tmp_path):
    """The probes can succeed: so where they do not, something has stopped them."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        (tmp_path / "yours").write_text("private")
        probe = next(probe for probe in list_probes(tmp_path, 1, udp) if probe.name == name)
        source = f"def attempt(path=None):\n    {probe.body}\nprint(int(attempt(*{probe.arguments!r})))\n"
        done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"


def test_the_level_is_named():
    assert str(find_isolation()).startswith(f"isolation: {find_isolation().level} (")
    assert Isolation(0, False).level == "process-only"
    assert Isolation(7, True).level == "landlock"
    assert "files are not protected" in str(Isolation(0, True))
