"""Landlock: a process gives up all files except those it names. Linux 5.13 and newer, without root or a library.

The kernel's three system calls are made through ctypes. Restrictions can be added but never removed. They hold for
everything that the process does or starts afterwards. Files that are already open stay usable.
"""

import ctypes
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

__all__ = ["abi_version", "make_ruleset", "restrict_self"]

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_RULE_PATH_BENEATH = 1
_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_RIGHTS_OF_FIRST_ABI = 13
_NET_BIND_TCP, _NET_CONNECT_TCP = 1 << 0, 1 << 1
_SCOPE_ABSTRACT_SOCKETS, _SCOPE_SIGNALS = 1 << 0, 1 << 1


class _RulesetAttributes(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def abi_version() -> int:
    """Return the version of Landlock that this kernel supports; 0 if it supports none."""
    if not sys.platform.startswith("linux"):
        return 0
    version = _libc().syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    return max(int(version), 0)


def make_ruleset(readable: Iterable[Path], *, hidden: Path) -> int:
    """Return the file descriptor of a ruleset that allows reading at these paths only, and writing nowhere.

    It also forbids TCP, abstract Unix sockets and signals to other processes, if the kernel supports that.

    Args:
        readable: files and folders; those that do not exist are skipped.
        hidden: a folder that stays unreadable even inside a readable one. The names of its files can still be listed,
            because Python has to list a folder to import anything from it.

    Raises:
        OSError: the kernel refused.
    """
    version = abi_version()
    # Version 2 adds one right (moving files), version 3 another (truncating), version 5 another (ioctl on devices).
    rights = (1 << (_RIGHTS_OF_FIRST_ABI + (version >= 2) + (version >= 3) + (version >= 5))) - 1
    network = _NET_BIND_TCP | _NET_CONNECT_TCP if version >= 4 else 0
    scoped = _SCOPE_ABSTRACT_SOCKETS | _SCOPE_SIGNALS if version >= 6 else 0
    attributes = _RulesetAttributes(rights, network, scoped)
    known = ctypes.c_size_t(24 if version >= 6 else 16 if version >= 4 else 8)
    ruleset = _checked(_libc().syscall(_CREATE_RULESET, ctypes.byref(attributes), known, 0))
    for path in readable:
        _allow(ruleset, path, _READ_DIR)
        for part in _parts_beside(path.resolve(), hidden.resolve()):
            _allow(ruleset, part, _READ_FILE | _READ_DIR)
    _allow(ruleset, Path(os.devnull), _READ_FILE | _WRITE_FILE)
    return ruleset


def restrict_self(ruleset: int) -> None:
    """Give up everything that the ruleset does not allow. The process must have set `no_new_privs`.

    Raises:
        OSError: the kernel refused.
    """
    _checked(_libc().syscall(_RESTRICT_SELF, ruleset, 0))


def _parts_beside(folder: Path, hidden: Path) -> Iterator[Path]:
    """Yield paths that cover `folder` except `hidden`: a rule allows a whole tree, without exceptions."""
    if not hidden.is_relative_to(folder):
        yield folder
    elif folder != hidden:
        for entry in sorted(folder.iterdir()):
            yield from _parts_beside(entry, hidden)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    """Allow rights for a file, or for everything below a folder."""
    if not path.exists():
        return
    handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = _PathBeneath(rights if path.is_dir() else rights & ~_READ_DIR, handle)
        if rule.allowed_access:
            _checked(_libc().syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.byref(rule), 0))
    finally:
        os.close(handle)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"Landlock: {os.strerror(number)}")
    return int(result)
