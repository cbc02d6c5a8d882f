"""Let the package believe that it runs on Windows, as far as that can be simulated on Linux.

Only the modules of the package see the changed `sys`, `os` and `signal`, and lack the modules that Windows lacks. What
refuses there refuses for everybody: flushing a folder or a file that is open for reading only, replacing or removing a
file that is open, and reading /proc.

    python windows.py train --recipe softmax       runs one kcnn command in the simulation
    python windows.py --commands FILE              runs the command lines of a file, and prints each one's exit code
"""

import builtins
import ctypes
import errno
import fcntl
import io
import os
import shlex
import sys
import types

PACKAGE = "keras_cnn_course"
MISSING_MODULES = {"fcntl", "resource", "pwd", "grp", "termios", "tty", "pty"}
MISSING_NAMES = {
    "os": {
        *("fork", "forkpty", "killpg", "setsid", "getuid", "geteuid", "getgid", "sched_getaffinity", "pidfd_open"),
        *("O_NOFOLLOW", "O_DIRECTORY", "O_NONBLOCK", "O_CLOEXEC", "mkfifo", "chown", "fchmod", "WIFSIGNALED"),
    },
    "signal": {"SIGKILL", "SIGHUP", "SIGXCPU", "SIGALRM", "alarm", "setitimer", "SIGUSR1", "SIGUSR2"},
    "socket": {"AF_UNIX", "send_fds", "recv_fds"},
    "sys": set(),
}
OTHER_VALUES = {"sys": {"platform": "win32"}, "os": {"name": "nt", "O_BINARY": 0}}


class _Narrowed(types.ModuleType):
    """A module that lacks some names and has other values for some."""

    def __init__(self, original, missing, values):
        super().__init__(original.__name__)
        vars(self).update(values)
        object.__setattr__(self, "_original", original)
        object.__setattr__(self, "_missing", missing)

    def __getattr__(self, name):
        if name in self._missing:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r} on Windows")
        return getattr(self._original, name)

    def __setattr__(self, name, value):
        setattr(self._original, name, value)


def _make_ctypes():
    """Return ctypes with a Windows library in which the processor has none of the features that are asked for."""
    kernel = types.SimpleNamespace(IsProcessorFeaturePresent=lambda feature: 0)
    return _Narrowed(ctypes, set(), {"WinDLL": lambda name: kernel})


def _make_msvcrt():
    """Return Windows's module for locks, with the locks of this system."""
    module = types.ModuleType("msvcrt")
    module.LK_NBLCK = 2

    def locking(handle, mode, length):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PermissionError(errno.EACCES, "Permission denied") from error

    module.locking = locking
    return module


def _open_files():
    """Return the paths of all files that this process has open."""
    found = set()
    for name in _listdir("/proc/self/fd"):
        try:
            found.add(_readlink(f"/proc/self/fd/{name}"))
        except OSError:
            continue
    return found


_listdir, _readlink, _import, _open, _fsync = os.listdir, os.readlink, builtins.__import__, builtins.open, os.fsync


def simulate():
    """Begin the simulation, before the package is imported."""
    narrowed = {
        name: _Narrowed(
            sys.modules[name] if name in sys.modules else _import(name), missing, OTHER_VALUES.get(name, {})
        )
        for name, missing in MISSING_NAMES.items()
    }
    narrowed["msvcrt"] = _make_msvcrt()
    narrowed["ctypes"] = _make_ctypes()

    def import_as_on_windows(name, globals=None, locals=None, fromlist=(), level=0):  # noqa: A002
        importer = (globals or {}).get("__name__", "")
        if level == 0 and (importer == PACKAGE or importer.startswith(PACKAGE + ".")):
            if name.partition(".")[0] in MISSING_MODULES:
                raise ModuleNotFoundError(f"No module named {name!r} on Windows", name=name)
            if name in narrowed:
                return narrowed[name]
        return _import(name, globals, locals, fromlist, level)

    def refuse_open(change, *, is_target):
        def changed(*paths, **options):
            path = os.path.realpath(os.fspath(paths[is_target]))
            if isinstance(path, str) and path in _open_files():
                raise PermissionError(errno.EACCES, "The process cannot access the file because it is open", path)
            return change(*paths, **options)

        return changed

    def flush(handle):
        if fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, "Bad file descriptor")
        _fsync(handle)

    def open_file(file, *arguments, **options):
        if isinstance(file, str | os.PathLike) and os.fspath(file).startswith("/proc/"):
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", os.fspath(file))
        return _open(file, *arguments, **options)

    builtins.__import__ = import_as_on_windows
    builtins.open = io.open = open_file
    os.fsync = flush
    os.replace, os.rename = refuse_open(os.replace, is_target=1), refuse_open(os.rename, is_target=1)
    os.unlink = os.remove = refuse_open(os.unlink, is_target=0)


def run(words):
    """Run one command and return its exit code; an exception that the command does not report ends this program."""
    from keras_cnn_course.cli import main

    try:
        main(words)
    except SystemExit as stop:
        return stop.code or 0


if __name__ == "__main__":
    simulate()
    if sys.argv[1] == "--commands":
        for line in _open(sys.argv[2], encoding="utf-8").read().splitlines():
            sys.stdout.write(f"$ kcnn {line}\n")
            sys.stdout.flush()
            code = run(shlex.split(line))  # which may put another stream in the place of stdout
            sys.stdout.write(f"exit {code}\n")
            sys.stdout.flush()
    else:
        sys.exit(run(sys.argv[1:]))
