"""The grader's side of a worker: send a job, wait for its end, read arrays.

>>> from keras_cnn_course.homework.sandbox.job import Call, Job
>>> sources = {"mine": "def twice(number): return 2 * number"}
>>> with Workers() as workers:
...     outcome = workers.run(Job("numpy", "mine", sources, (Call("twice", (4,)),)))
>>> outcome.calls[0].arrays[0].item()
8
"""

import tempfile
from contextlib import ExitStack
from types import TracebackType

from keras_cnn_course.errors import GraderError
from keras_cnn_course.homework.sandbox.job import Job
from keras_cnn_course.homework.sandbox.outcome import LONGEST_PRINTED, Outcome, read_outcome
from keras_cnn_course.homework.sandbox.processes import Server, can_fork, run_once
from keras_cnn_course.homework.sandbox.server import Ending

__all__ = ["Workers"]

_KILLED = 9  # SIGKILL, where there are signals; where system calls are filtered nobody but the system sends it


class Workers:
    """Runs jobs, each in a worker of its own. A context manager; to be used by one thread.

    Args:
        warm: keep one server a kind of job, which forks the workers; None: wherever the system can.
    """

    def __init__(self, *, warm: bool | None = None) -> None:
        self._warm = can_fork() if warm is None else warm
        self._servers: dict[str, Server] = {}

    def __enter__(self) -> "Workers":
        """Start nothing yet: a server starts with its first job."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the servers."""
        for server in self._servers.values():
            server.close()
        self._servers.clear()

    def run(self, job: Job) -> Outcome:
        """Run a job to its end, and return what came back.

        Raises:
            GraderError: no worker could be started or watched, or the system refuses what isolation needs.
        """
        with ExitStack() as stack:
            files = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(3)]
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="kcnn-worker-"))
            request, reply, printed = files
            request.write(job.encode())
            request.seek(0)
            if self._warm:
                ending = self._find_server(job.kind).run(job.limits, files, folder)
            else:
                ending = run_once(job.kind, job.limits, files, folder)
            _check_ending(ending)
            reply.seek(0)
            printed.seek(0)
            return read_outcome(
                reply.read(job.limits.output), printed.read(LONGEST_PRINTED), ending, calls=len(job.calls)
            )

    def _find_server(self, kind: str) -> Server:
        """Return the server of a kind, started anew where the last one did not answer."""
        server = self._servers.get(kind)
        if server is None or server.is_closed:
            self._servers[kind] = Server(kind)
        return self._servers[kind]


def _check_ending(ending: Ending) -> None:
    """Check that a worker ended for a reason that is its own.

    Raises:
        GraderError: the system refused to confine it, or has killed it.
    """
    if ending.reason == "unconfined":
        raise GraderError(
            "Expected the system to confine student code. Received: a refusal, so nothing was run. "
            "See: kcnn homework doctor"
        )
    if ending.reason == "signal" and ending.code == _KILLED:
        raise GraderError(
            "Expected student code to end by itself, or at a limit. Received: killed by the system. Is the machine out "
            "of memory? Use fewer --jobs."
        )
