"""Seccomp: a process gives up system calls, such as those for other processes, the network and file ownership.

A filter is a small program (BPF) that the kernel runs for every system call, with its number and arguments. Without
root, nothing else stops UDP, root's fork bombs, or changes to a file's permissions, which Landlock allows. Works on
Linux with 64-bit x86 or ARM.
"""

import ctypes
import errno
import os
import platform
import struct
import sys

__all__ = ["install_filter", "is_available"]

_PR_GET_SECCOMP, _PR_SET_SECCOMP, _MODE_FILTER = 21, 22, 2
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_AND = 0x54
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_CLONE_THREAD = 0x00010000
_X32 = 0x40000000

# System calls by name, with their numbers on x86-64 and on AArch64; None if a processor has no such call.
_REFUSED: dict[str, tuple[int | None, int | None]] = {
    # Sockets and their replacements.
    "socket": (41, 198),
    "socketpair": (53, 199),
    "io_uring_setup": (425, 425),
    # Processes, programs and signals. A timer could send SIGKILL, which counts as a decision of the system.
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
    "kill": (62, 129),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424),
    "pidfd_getfd": (438, 438),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "timer_create": (222, 107),
    "io_setup": (206, 0),
    "vmsplice": (278, 75),
    "flock": (73, 32),
    # Users. A process that changes its own loses the request to end with its parent.
    "setuid": (105, 146),
    "setgid": (106, 144),
    "setreuid": (113, 145),
    "setregid": (114, 143),
    "setresuid": (117, 147),
    "setresgid": (119, 149),
    "setfsuid": (122, 151),
    "setfsgid": (123, 152),
    # Limits, priorities and processors.
    "setrlimit": (160, 164),
    "setpriority": (141, 140),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
    "ioprio_set": (251, 30),
    # Memory outside the process, or that outlives it.
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    # A file's metadata.
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "setxattrat": (463, 463),
    "removexattrat": (466, 466),
    "file_setattr": (469, 469),
    # Watching files and the machine, namespaces, and parts of the kernel that no exercise needs.
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "fanotify_init": (300, 262),
    "unshare": (272, 97),
    "setns": (308, 268),
    "bpf": (321, 280),
    "syslog": (103, 116),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
}
_CLONE, _CLONE3, _TGKILL, _PRLIMIT, _FCNTL = (56, 220), (435, 435), (234, 131), (302, 261), (72, 25)
_SIGKILL = 9
_PRCTL, _MMAP = (157, 167), (9, 222)
# Commands of fcntl that choose the process and the signal for events of a file (F_SETOWN, F_SETSIG, F_SETOWN_EX), lock
# it (F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW), delay others who open it (F_SETLEASE), or watch it (F_NOTIFY).
_REFUSED_COMMANDS = (8, 10, 15, 6, 7, 37, 38, 1024, 1026)
_PR_SET_PDEATHSIG = 1
# Memory that several processes can share stays when it is unmapped from a page table, where the watcher counts it.
_MAP_SHARED, _MAP_ANONYMOUS, _MAP_HUGETLB = 0x01, 0x20, 0x40000
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def is_available() -> bool:
    """Return whether this system can filter system calls, and their numbers on its processor are known."""
    if not sys.platform.startswith("linux") or platform.machine() not in _MACHINES:
        return False
    return bool(_libc().prctl(_PR_GET_SECCOMP, 0, 0, 0, 0) >= 0)


def install_filter() -> None:
    """Give up sockets, processes, programs, signals to others, higher limits, file locks, metadata and shared memory.

    Threads are still possible, and so are signals to the process itself, except SIGKILL: if SIGKILL ends a sandbox, it
    came from the system. The process must have set `no_new_privs`. The filter cannot be removed.

    Raises:
        OSError: the kernel refused.
    """
    instructions = b"".join(_filter_program(os.getpid()))
    program = _Program(len(instructions) // 8, instructions)
    if _libc().prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0) < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"seccomp: {os.strerror(number)}")


def _filter_program(own_process: int) -> list[bytes]:
    """Return the instructions. Each rule consists of a few; if it does not apply, the next one follows."""
    column, architecture = _MACHINES[platform.machine()]
    program = [
        _instruction(_LOAD, _ARCHITECTURE),
        _instruction(_JUMP_EQUAL, architecture, true=1),
        _refuse(errno.EPERM),
        _instruction(_LOAD, _NUMBER),
        _instruction(_JUMP_AT_LEAST, _X32, false=1),
        _refuse(errno.EPERM),
    ]
    for numbers in _REFUSED.values():
        if numbers[column] is not None:
            program += [_instruction(_JUMP_EQUAL, numbers[column] or 0, false=1), _refuse(errno.EPERM)]
    # glibc falls back from clone3 to clone, whose flags a filter can read: threads are allowed, processes are not.
    program += [_instruction(_JUMP_EQUAL, _CLONE3[column], false=1), _refuse(errno.ENOSYS)]
    program += _unless(_CLONE[column], argument=0, test=_JUMP_ANY_BIT, value=_CLONE_THREAD)
    program += _unless(_TGKILL[column], argument=0, test=_JUMP_EQUAL, value=own_process)
    program += _where(_TGKILL[column], argument=2, value=_SIGKILL)
    for command in _REFUSED_COMMANDS:
        program += _where(_FCNTL[column], argument=1, value=command)
    program += _where(_PRCTL[column], argument=0, value=_PR_SET_PDEATHSIG)
    for flags in (_MAP_SHARED | _MAP_ANONYMOUS, _MAP_HUGETLB):
        program += _where(_MMAP[column], argument=3, value=flags, mask=flags)
    # Reading a limit is allowed: then both halves of the address of the new limit are 0.
    program += _unless(_PRLIMIT[column], argument=2, test=_JUMP_EQUAL, value=0)
    program += _unless(_PRLIMIT[column], argument=2, test=_JUMP_EQUAL, value=0, half=4)
    return [*program, _instruction(_RETURN, _ALLOW)]


def _unless(number: int, *, argument: int, test: int, value: int, half: int = 0) -> list[bytes]:
    """Return the rule that refuses a system call unless one half of an argument passes a test."""
    return [
        _instruction(_JUMP_EQUAL, number, false=4),
        _instruction(_LOAD, _ARGUMENTS + 8 * argument + half),
        _instruction(test, value, true=1),
        _refuse(errno.EPERM),
        _instruction(_LOAD, _NUMBER),
    ]


def _where(number: int, *, argument: int, value: int, mask: int = 0xFFFFFFFF) -> list[bytes]:
    """Return the rule that refuses a system call if the bits of a mask in a 32-bit argument have this value."""
    return [
        _instruction(_JUMP_EQUAL, number, false=5),
        _instruction(_LOAD, _ARGUMENTS + 8 * argument),
        _instruction(_AND, mask),
        _instruction(_JUMP_EQUAL, value, false=1),
        _refuse(errno.EPERM),
        _instruction(_LOAD, _NUMBER),
    ]


def _refuse(number: int) -> bytes:
    return _instruction(_RETURN, _ERRNO | number)


def _instruction(code: int, operand: int, *, true: int = 0, false: int = 0) -> bytes:
    """Return one instruction: the code, the numbers of instructions to skip if a test is true or false, the operand."""
    return struct.pack("=HBBI", code, true, false, operand)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
