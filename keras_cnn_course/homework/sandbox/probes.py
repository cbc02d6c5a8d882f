"""Test the isolation of this machine: each probe is student code that tries something forbidden."""

import os
import socket
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from keras_cnn_course.homework.sandbox.messages import Call, Job, JobOutcome
from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes

__all__ = ["Area", "Probe", "ProbeResult", "list_probes", "probe_isolation", "summarize"]

_SECONDS = 1
_THREADS = (
    "import threading, time; "
    "[threading.Thread(target=time.sleep, args=(9,), daemon=True).start() for _ in range(3000)]; return 1"
)
_REFERENCE = "keras_cnn_course.lecture.activation"


# What it means for grading, by area: if everything is stopped, and if something is not.
_MEANINGS = {
    "files": (
        "Student code can read only Python and its libraries, and cannot write anywhere.",
        "Student code can read and change your files: the secret, other hand-ins, the marks, the grader itself.",
    ),
    "network": (
        "Student code cannot send anything to other programs or machines.",
        "Student code can send what it reads to other machines.",
    ),
    "processes": (
        "Student code cannot start programs, and cannot reach the grader.",
        "Student code can start programs that outlive the grading, and can end or disturb the grader.",
    ),
    "limits": (
        "Code that never ends, or takes too much memory, costs its own points only.",
        "Code that never ends, or takes too much memory, can stop this machine.",
    ),
}


@dataclass(frozen=True)
class Area:
    """What the probes of one area have shown.

    Args:
        name: `files`, `network`, `processes` or `limits`.
        meaning: what it means for grading.
    """

    name: str
    stopped: int
    probes: int
    meaning: str

    @property
    def is_safe(self) -> bool:
        """Whether everything was stopped."""
        return self.stopped == self.probes


@dataclass(frozen=True)
class ProbeResult:
    """The result of one probe.

    Args:
        area: `files`, `network`, `processes` or `limits`.
        name: what it tried.
        found: what stopped it, or that it succeeded.
    """

    area: str
    name: str
    stopped: bool
    found: str


@dataclass(frozen=True)
class Probe:
    """Student code that returns 1 if it succeeds, with its arguments and, if useful, a test from outside."""

    area: str
    name: str
    body: str
    arguments: tuple[str | int, ...] = ()
    succeeded: Callable[[], bool] | None = None


def probe_isolation(sandboxes: Sandboxes, *, names: Collection[str] | None = None) -> Iterator[ProbeResult]:
    """Yield each probe's result.

    Args:
        names: of the probes to run; None: all.

    Raises:
        GraderError: no sandbox can be started.
    """
    with tempfile.TemporaryDirectory(prefix="kcnn-doctor-") as place, socket.create_server(("127.0.0.1", 0)) as tcp:
        folder = Path(place)
        (folder / "yours").write_text("private")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.bind(("127.0.0.1", 0))
            udp.setblocking(False)
            for probe in list_probes(folder, tcp.getsockname()[1], udp):
                if names is None or probe.name in names:
                    yield _try(probe, sandboxes)


def summarize(results: Iterable[ProbeResult]) -> list[Area]:
    """Return what the results mean, by area."""
    by_area: dict[str, list[bool]] = {name: [] for name in _MEANINGS}
    for result in results:
        by_area[result.area].append(result.stopped)
    return [
        Area(name, sum(stopped), len(stopped), _MEANINGS[name][not all(stopped)]) for name, stopped in by_area.items()
    ]


def list_probes(folder: Path, tcp_port: int, udp: socket.socket) -> list[Probe]:
    """Return all probes.

    Args:
        folder: with a file `yours` that a probe must not read.
        tcp_port: of a listening socket on this machine.
        udp: a bound socket that must not receive anything.
    """
    solution = str(Path(__file__).parent.with_name("exercises") / "ex05_relu" / "solution.py")
    written = folder / "written"
    return [
        Probe("files", "read a file of yours", "return len(open(path).read()) > 0", (str(folder / "yours"),)),
        Probe("files", "change its permissions", "import os; os.chmod(path, 0); return 1", (str(folder / "yours"),)),
        Probe("files", "read a solution", "return len(open(path).read()) > 0", (solution,)),
        Probe(
            "files", "import the reference", "import importlib; importlib.import_module(path); return 1", (_REFERENCE,)
        ),
        Probe("files", "write a file", "open(path, 'w').close(); return 1", (str(written),), written.exists),
        Probe(
            "network",
            "connect over TCP",
            "import socket; socket.create_connection(('127.0.0.1', path), 1); return 1",
            (tcp_port,),
        ),
        Probe(
            "network",
            "send over UDP",
            "import socket; socket.socket(2, 2).sendto(b'x', ('127.0.0.1', path)); return 1",
            (udp.getsockname()[1],),
        ),
        Probe("network", "use a socket pair", "import socket; return socket.socketpair()[0].send(b'x')"),
        Probe(
            "processes",
            "start a process",
            "import os; child = os.fork(); child or os._exit(0); os.waitpid(child, 0); return 1",
        ),
        Probe("processes", "start a program", "import subprocess; return 1 + subprocess.call(['true'])"),
        Probe("processes", "signal the grader", "import os; os.kill(path, 0); return 1", (os.getpid(),)),
        Probe(
            "processes",
            "signal it through a file",
            "import fcntl; fcntl.fcntl(1, fcntl.F_SETOWN, path); return 1",
            (os.getpid(),),
        ),
        Probe("processes", "create a namespace", "import ctypes; return ctypes.CDLL(None).unshare(0x10000000) == 0"),
        Probe("limits", "hide memory in a file", "import os; return os.write(os.memfd_create('x'), b'x')"),
        Probe("files", "read the environment", "import os; return len(os.environ.get(path, '')) > 0", ("PATH",)),
        Probe("limits", "raise its limits", "import resource as r; r.setrlimit(r.RLIMIT_CPU, (999, 999)); return 1"),
        Probe("limits", "start 3,000 threads", _THREADS),
        Probe("limits", "take 8 GiB of memory", "import numpy; return int(numpy.ones(2**30)[0])"),
        Probe("limits", "compute without end", "while True: pass"),
        Probe("limits", "wait without end", "import time; time.sleep(3600)"),
        Probe("limits", "print 100 MiB", "import os; [os.write(1, b'x' * 2**20) for _ in range(100)]; return 1"),
        Probe("limits", "end Python", "import os; os._exit(0)"),
    ]


def _try(probe: Probe, sandboxes: Sandboxes) -> ProbeResult:
    """Run a probe as student code."""
    source = f"def attempt(path=None):\n    {probe.body}\n"
    outcome = sandboxes.run(Job("numpy", "probe", {"probe": source}, (Call("attempt", probe.arguments),), 0, _SECONDS))
    call = outcome.calls[0]
    reached = call.status == "returned" and bool(call.arrays[0].any())
    if probe.succeeded is not None:
        reached = reached or probe.succeeded()
    return ProbeResult(probe.area, probe.name, not reached, "it succeeded" if reached else _describe(outcome))


def _describe(outcome: JobOutcome) -> str:
    """Return what stopped a probe."""
    call, ending = outcome.calls[0], outcome.ending
    if call.failure is not None:
        return f"{call.failure.type}: {call.failure.message}"
    if call.status == "returned":
        return "it found nothing"
    reasons = {
        "cpu": f"stopped after {_SECONDS} s of CPU time",
        "wall": f"stopped after {ending.seconds:.0f} s",
        "memory": "stopped because of its memory use",
        "threads": "stopped because of the number of threads",
        "signal": f"killed by signal {ending.code}",
    }
    return reasons.get(ending.reason, "it only ended itself, and the call counts as not made")
