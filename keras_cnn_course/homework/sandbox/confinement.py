"""What a worker gives up before it loads NumPy or student code: memory, time, files, network, processes.

Everything here comes from the operating system and needs neither root nor a library. Linux has all of it; other
systems have less, and `find_isolation` says what.
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
    "limit_resources",
]

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 36, 38
_CAPABILITY_VERSION = 0x20080522
_SYSTEM_FILES = (
    *("/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64", "/usr/share/zoneinfo", "/etc/ld.so.cache"),
    *("/etc/localtime", "/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu", "/dev/urandom"),
    "/proc/self/cmdline",  # TensorFlow aborts without it
)


@dataclass(frozen=True)
class Limits:
    """What a worker may use.

    Args:
        cpu_seconds: of computing.
        wall_seconds: until it is ended, whatever it does.
        memory: bytes resident.
        address_space: bytes of address space; None for TensorFlow, which reserves far more than it uses.
        output: bytes it may write to each of its two files: its reply, and what it prints.
    """

    cpu_seconds: int
    wall_seconds: float
    memory: int
    address_space: int | None
    output: int


@dataclass(frozen=True)
class Isolation:
    """What this system can enforce.

    Args:
        landlock: version of Landlock; 0 where there is none.
        seccomp: whether system calls are filtered.
    """

    landlock: int
    seccomp: bool

    @property
    def level(self) -> str:
        """`landlock` where files are out of reach, otherwise `process-only`."""
        return "landlock" if self.landlock else "process-only"

    def __str__(self) -> str:
        """The level, and what stands behind it."""
        files = f"files by Landlock {self.landlock}" if self.landlock else "files are not protected"
        calls = "sockets, processes and signals by seccomp" if self.seccomp else "sockets and processes are not refused"
        return f"isolation: {self.level} ({files}; {calls})"


def find_isolation() -> Isolation:
    """Return what this system can enforce; `kcnn homework doctor` tries it out."""
    return Isolation(landlock.abi_version(), seccomp.is_available())


def limit_resources(limits: Limits) -> None:
    """Set what the system counts for a process: computing, memory, output, open files."""
    if os.name != "posix":
        return
    import resource

    chosen = {resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: limits.output, resource.RLIMIT_NOFILE: 256}
    if limits.address_space is not None and sys.platform.startswith("linux"):  # others cannot lower it
        chosen[resource.RLIMIT_AS] = limits.address_space
    for which, value in chosen.items():
        resource.setrlimit(which, (value, value))
    # The first signal says why; a second later comes the one that cannot be ignored.
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))


def give_up_rights() -> None:
    """Give up files, network, other processes and root's special rights. There is no way back.

    Raises:
        OSError: the system refused; student code must not be run then.
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
    """Become the parent of every process below this one that loses its own, so that none gets away."""
    _call("prctl", _PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_with_parent() -> None:
    """Be killed when the process that started this one ends."""
    _call("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _give_up_files() -> None:
    """Leave Python and its libraries readable, apart from this package: the solutions and the labels are in it."""
    # What is imported from, apart from the folder of a checkout, which `processes` has put at the end.
    libraries = {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), *sys.path[:-1]}
    # A Python that lies elsewhere than the system's brings shared libraries of its own.
    shared = {str(Path(prefix, "lib")) for prefix in (sys.base_prefix, sys.prefix)}
    package = Path(__file__).resolve().parents[2]
    ruleset = landlock.make_ruleset(map(Path, {*libraries, *shared, *_SYSTEM_FILES}), hidden=package)
    landlock.restrict_self(ruleset)
    os.close(ruleset)


def _drop_capabilities() -> None:
    """Give up root's special rights, such as raising limits again; without them this changes nothing."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    none = (ctypes.c_uint32 * 6)()
    _call("capset", header, none)


def _call(name: str, *arguments: object) -> None:
    """Call a function of the C library that returns -1 where it fails."""
    function = getattr(ctypes.CDLL(None, use_errno=True), name)
    if function(*arguments) < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
