"""What the system enforces, tried in processes of their own: there is no way back."""

import subprocess
import sys

import pytest

from keras_cnn_course.homework.sandbox import landlock, seccomp

needs_landlock = pytest.mark.skipif(not landlock.abi_version(), reason="needs Landlock: Linux 5.13 or newer")
needs_seccomp = pytest.mark.skipif(not seccomp.is_available(), reason="needs seccomp on x86-64 or AArch64")
FIRST = "import ctypes; ctypes.CDLL(None).prctl(38, 1, 0, 0, 0); from pathlib import Path; import os\n"


def run(code, *arguments):
    """Run code in a process of its own, and return what it prints."""
    command = [sys.executable, "-c", FIRST + code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.fixture
def tree(tmp_path):
    """Two files that may be read and one between them that must not."""
    for name in ("library/a/file", "library/package/file", "library/b/file", "outside"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


TRY = """
import sys
from keras_cnn_course.homework.sandbox import landlock
folder = Path(sys.argv[1])
rules = landlock.make_ruleset([folder / "library", folder / "nowhere"], hidden=folder / "library" / "package")
landlock.restrict_self(rules)
for name in ("library/a/file", "library/package/file", "library/b/file", "outside"):
    try:
        print((folder / name).read_text() == name)
    except PermissionError:
        print("refused")
print(sorted(os.listdir(folder / "library")) == ["a", "b", "package"])
for name in ("library/a/new", "outside"):
    try:
        (folder / name).write_text("changed")
    except PermissionError:
        print("refused")
open(os.devnull, "w").write("x")
"""


@needs_landlock
def test_landlock_leaves_what_is_named_and_hides_what_lies_in_it(tree):
    assert run(TRY, tree) == ["True", "refused", "True", "refused", "True", "refused", "refused"]
    assert (tree / "outside").read_text() == "outside"
    assert not (tree / "library" / "a" / "new").exists()


SECCOMP = """
import socket, threading, signal, resource
from keras_cnn_course.homework.sandbox import seccomp
seccomp.install_filter()
def refused(call, *arguments):
    try:
        call(*arguments)
    except PermissionError:
        return True
    return False
print(*[refused(socket.socket, family, kind) for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX)
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)])
print(refused(os.fork), refused(os.execv, "/bin/true", ["true"]), refused(os.kill, os.getppid(), 0))
print(refused(os.pidfd_open, os.getppid()))
libc = ctypes.CDLL(None, use_errno=True)
print(libc.syscall(SYSTEM_CALL_TGKILL, os.getppid(), os.getppid(), 0), ctypes.get_errno())
print(libc.syscall(SYSTEM_CALL_TGKILL, os.getpid(), threading.get_native_id(), 0))
thread = threading.Thread(target=print, args=("thread",))
thread.start(); thread.join()
print(resource.getrlimit(resource.RLIMIT_CPU)[0] != 0)
try:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
except (PermissionError, ValueError):
    print("refused")
signal.raise_signal(signal.SIGTERM) if signal.signal(signal.SIGTERM, lambda *_: print("raised")) is not None else 0
"""


@needs_seccomp
def test_seccomp_refuses_sockets_processes_and_signals_and_leaves_threads():
    import platform

    number = {"x86_64": "234", "aarch64": "131"}[platform.machine()]
    words = run(SECCOMP.replace("SYSTEM_CALL_TGKILL", number))
    assert words[:9] == ["True"] * 9
    assert words[9] == "False"  # naming a process is no signal to it
    assert words[10:] == ["-1", "1", "0", "thread", "True", "refused", "raised"]


OTHER_CALLS = """
import fcntl, socket
from keras_cnn_course.homework.sandbox import seccomp
path = sys.argv[1]
stream = open(path)
libc = ctypes.CDLL(None, use_errno=True)
seccomp.install_filter()
name = os.fsencode(path)
attempts = {
    "chmod": lambda: os.chmod(path, 0), "fchmod": lambda: os.fchmod(stream.fileno(), 0),
    "chown": lambda: os.chown(path, -1, -1), "lchown": lambda: os.lchown(path, -1, -1),
    "fchown": lambda: os.fchown(stream.fileno(), -1, -1), "utime": lambda: os.utime(path, (0, 0)),
    "futime": lambda: os.utime(stream.fileno(), (0, 0)), "setxattr": lambda: os.setxattr(path, "user.x", b"x"),
    "removexattr": lambda: os.removexattr(path, "user.x"), "socketpair": socket.socketpair,
    "F_SETOWN": lambda: fcntl.fcntl(stream, 8, os.getppid()), "F_SETSIG": lambda: fcntl.fcntl(stream, 10, 9),
    "F_SETOWN_EX": lambda: fcntl.fcntl(stream, 15, bytes(8)), "memfd": lambda: os.memfd_create("x"),
    "priority": lambda: os.setpriority(os.PRIO_PROCESS, 0, 19), "nice": lambda: os.nice(1),
    "affinity": lambda: os.sched_setaffinity(0, os.sched_getaffinity(0)),
    "scheduler": lambda: os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0)),
}
for what, attempt in attempts.items():
    try:
        attempt()
    except PermissionError:
        continue
    print(what)
native = {
    "unshare": lambda: libc.unshare(0x10000000), "setns": lambda: libc.setns(stream.fileno(), 0),
    "inotify": libc.inotify_init, "tgkill": lambda: libc.syscall(TGKILL, os.getpid(), os.getpid(), 9),
}
for what, attempt in native.items():
    if attempt() != -1 or ctypes.get_errno() != 1:
        print(what)
fcntl.fcntl(stream, fcntl.F_SETFL, fcntl.fcntl(stream, fcntl.F_GETFL))
print("end", stream.read())
"""


@needs_seccomp
def test_seccomp_refuses_what_landlock_leaves(tmp_path):
    import platform

    path = tmp_path / "file"
    path.write_text("unchanged")
    before = path.stat()
    number = {"x86_64": "234", "aarch64": "131"}[platform.machine()]
    assert run("import sys\n" + OTHER_CALLS.replace("TGKILL", number), path) == ["end", "unchanged"]
    assert path.stat().st_ctime_ns == before.st_ctime_ns


def test_without_capabilities_root_is_no_more_than_others():
    if not sys.platform.startswith("linux"):
        pytest.skip("needs Linux")
    code = "from keras_cnn_course.homework.sandbox import confinement; confinement._drop_capabilities()\n"
    code += "print(*[line.split()[1] for line in open('/proc/self/status') if line.startswith('CapEff')])"
    assert run(code) == ["0" * 16]


def test_orphans_are_found_and_ended():
    """A double fork in a session of its own, as a daemon starts: where nothing refuses it, it is ended all the same."""
    if not sys.platform.startswith("linux"):
        pytest.skip("needs Linux")
    code = """
import time
from keras_cnn_course.homework.sandbox import server
from keras_cnn_course.homework.sandbox.confinement import adopt_orphans
adopt_orphans()
told, tell = os.pipe()
child = os.fork()
if child == 0:
    os.setsid()
    if os.fork() == 0:
        os.setsid()
        os.write(tell, str(os.getpid()).encode())
        time.sleep(60)
    os._exit(0)
os.waitpid(child, 0)
daemon = int(os.read(told, 100))
server._end_orphans()
try:
    os.kill(daemon, 0)
    print("alive")
except ProcessLookupError:
    print("gone")
"""
    assert run(code) == ["gone"]
