"""Letting glibc keep the memory of freed tensors for the next ones.

By default, glibc returns large blocks to the system when they are freed. A training frees and allocates the same blocks
in every step, and each new page then costs a page fault. Only Linux with glibc needs this, and only where oneDNN, which
keeps memory itself, is off: on ARM processors, for example. Elsewhere nothing changes (musl, macOS, Windows).
"""

import ctypes
import os

__all__ = ["keep_freed_memory"]

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4
_NEVER, _STRIDE = -1, 64 * 2**20


def keep_freed_memory() -> bool:
    """Let glibc keep what this process frees, until the process ends. Call it before TensorFlow is imported.

    The process then stays as large as it was at its peak, in a notebook too. Nothing happens if the user has set the
    allocator, with a MALLOC_ variable or GLIBC_TUNABLES. An allocator that is preloaded ignores these settings.

    Returns:
        Whether glibc follows the settings.
    """
    if any(name.startswith("MALLOC_") for name in os.environ) or "glibc.malloc" in os.environ.get("GLIBC_TUNABLES", ""):
        return False
    try:
        glibc = os.confstr("CS_GNU_LIBC_VERSION")
    except (AttributeError, ValueError, OSError):  # Windows; macOS; musl
        return False
    if not glibc:
        return False
    mallopt = ctypes.CDLL(None).mallopt
    # No block of its own mapping, no return of the end of the heap, and growth in steps of this many bytes.
    settings = ((_M_MMAP_MAX, 0), (_M_TRIM_THRESHOLD, _NEVER), (_M_TOP_PAD, _STRIDE))
    return all(mallopt(name, value) == 1 for name, value in settings)
