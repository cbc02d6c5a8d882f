"""Confine a sandbox before it runs student code: limit memory and time, and give up files, network and processes.

Everything here comes from the operating system and needs neither root nor a library. Linux offers all of it; other
systems offer less, and `find_isolation` says how much.
"""

import ctypes
import os
import signal
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from keras_cnn_course.homework.sandbox import landlock, seccomp

__all__ = [
    "Isolation",
    "Limits",
    "adopt_orphans",
    "end_with_parent",
    "find_isolation",
    "give_up_rights",
    "is_readable_in_sandbox",
    "limit_resources",
]

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 36, 38
_LONGEST_STARVATION = 20  # times the seconds that it may wait
_CAPABILITY_VERSION = 0x20080522
_SYSTEM_FILES = (
    *("/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64", "/usr/share/zoneinfo", "/etc/ld.so.cache"),
    *("/etc/localtime", "/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu", "/dev/urandom"),
    "/proc/self/cmdline",  # TensorFlow aborts without it
)


@dataclass(frozen=True)
class Limits:
    """The limits of a sandbox.

    Args:
        cpu_seconds: CPU time.
        wall_seconds: time that it may wait, neither computing nor ready to compute.
        memory: resident memory and page tables in bytes.
        address_space: in bytes; None for TensorFlow, which reserves far more than it uses.
        output: bytes that it may write to each of its two files, the reply and the printed text.
        threads: number of threads at the same time.
    """

    cpu_seconds: int
    wall_seconds: float
    memory: int
    address_space: int | None
    output: int
    threads: int

    @property
    def deadline(self) -> float:
        """Seconds after which it is killed in any case, even if it never got a processor."""
        return _LONGEST_STARVATION * self.wall_seconds


@dataclass(frozen=True)
class Isolation:
    """The isolation that this system can enforce.

    Args:
        landlock: version of Landlock; 0 if there is none.
        seccomp: whether system calls are filtered.
    """

    landlock: int
    seccomp: bool

    @property
    def level(self) -> str:
        """`landlock` if files are protected, otherwise `process-only`."""
        return "landlock" if self.landlock else "process-only"

    def __str__(self) -> str:
        """The level and the protections that it consists of."""
        files = f"Landlock {self.landlock} protects files" if self.landlock else "files are not protected"
        calls = "seccomp blocks sockets, processes and signals" if self.seccomp else "sockets and processes are allowed"
        return f"isolation: {self.level} ({files}; {calls})"


def find_isolation() -> Isolation:
    """Return the isolation that this system can enforce; `kcnn homework doctor` tests it."""
    return Isolation(landlock.abi_version(), seccomp.is_available())


def limit_resources(limits: Limits) -> None:
    """Limit this process's CPU time, memory, output and open files, as far as the system can."""
    if os.name != "posix":
        return
    import resource

    chosen = {resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: limits.output, resource.RLIMIT_NOFILE: 256}
    if limits.address_space is not None and sys.platform.startswith("linux"):  # other systems cannot lower it
        chosen[resource.RLIMIT_AS] = limits.address_space
    for which, value in chosen.items():
        resource.setrlimit(which, (value, value))
    # SIGXCPU comes first and names the reason; a second later comes SIGKILL, which cannot be ignored.
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))


def give_up_rights() -> None:
    """Give up files, network, other processes and root's privileges. There is no way back.

    Raises:
        OSError: the system refused, so student code must not run.
    """
    if not sys.platform.startswith("linux"):
        return
    _call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _drop_capabilities()
    if landlock.abi_version():
        _give_up_files()
    if seccomp.is_available():
        seccomp.install_filter()


def adopt_orphans() -> None:
    """Become the parent of all orphaned descendants, so that none escapes."""
    _call("prctl", _PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_with_parent(parent: int) -> None:
    """Ask the system to kill this process when its parent ends; the filter of system calls keeps that request.

    Args:
        parent: its process id; if it has ended already, this process exits.
    """
    if not sys.platform.startswith("linux"):
        return
    _call("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def is_readable_in_sandbox(path: Path) -> bool:
    """Return whether student code can read a path even where files are protected: Python, a library or the system."""
    # The import path begins with the folder of the script or the current folder; a sandbox's path has neither.
    libraries = sys.path if sys.flags.safe_path else sys.path[1:]
    folders = [Path(folder).resolve() for folder in {*libraries, *_python_folders(), *_SYSTEM_FILES} if folder]
    return any(path.resolve().is_relative_to(folder) for folder in folders)


def _python_folders() -> set[str]:
    # A Python outside the system folders brings its own shared libraries.
    shared = {str(Path(prefix, "lib")) for prefix in (sys.base_prefix, sys.prefix)}
    return {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), *shared}


def _give_up_files() -> None:
    """Keep only Python and its libraries readable, except this package, which contains the solutions and the labels."""
    # The import path, without its last entry: the folder of this package, added by `sandboxes`.
    libraries = {*sys.path[:-1], *_python_folders()}
    package = Path(__file__).resolve().parents[2]
    ruleset = landlock.make_ruleset(map(Path, {*libraries, *_SYSTEM_FILES}), hidden=package)
    landlock.restrict_self(ruleset)
    os.close(ruleset)


def _drop_capabilities() -> None:
    """Give up root's privileges, such as raising limits again; for other users this changes nothing."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    none = (ctypes.c_uint32 * 6)()
    _call("capset", header, none)


def _call(name: str, *arguments: object) -> None:
    """Call a function of the C library that returns -1 if it fails."""
    function = getattr(ctypes.CDLL(None, use_errno=True), name)
    if function(*arguments) < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
