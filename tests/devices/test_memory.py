"""Whether glibc keeps freed memory, seen by the page faults of using it again."""

import os
import subprocess
import sys

import pytest

from keras_cnn_course.devices import memory

CODE = """
import resource, sys
import numpy as np
from keras_cnn_course.devices.memory import keep_freed_memory
kept = keep_freed_memory() if sys.argv[1] == "keep" else False
faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(3):
    began = faults()
    np.ones(48 * 2**20, np.uint8)
print(kept, faults() - began)
"""


def count_faults(how, **environment):
    """Return whether memory is kept, and the page faults of the third array of 48 MiB."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_TUNABLES"))}
    done = subprocess.run(
        [sys.executable, "-c", CODE, how], env={**clean, **environment}, capture_output=True, text=True, check=True
    )
    kept, faults = done.stdout.split()
    return kept == "True", int(faults)


def is_glibc():
    try:
        return bool(os.confstr("CS_GNU_LIBC_VERSION"))
    except (AttributeError, ValueError, OSError):
        return False


@pytest.mark.skipif(not is_glibc(), reason="the C library is not glibc")
def test_freed_memory_is_used_again_without_page_faults():
    kept, few = count_faults("keep")
    assert kept
    assert few * 5 < count_faults("leave")[1]


@pytest.mark.parametrize(
    "environment",
    [{"MALLOC_ARENA_MAX": "2"}, {"GLIBC_TUNABLES": "glibc.malloc.arena_max=2"}],
    ids=["MALLOC_", "tunables"],
)
def test_the_users_own_settings_stay(environment):
    assert not count_faults("keep", **environment)[0]


@pytest.mark.parametrize("error", [AttributeError, ValueError, OSError])
def test_another_c_library_is_left_alone(monkeypatch, error):
    def fail(name):
        raise error

    monkeypatch.setattr(memory.os, "confstr", fail, raising=False)
    for name in [name for name in os.environ if name.startswith(("MALLOC_", "GLIBC_TUNABLES"))]:
        monkeypatch.delenv(name)
    assert not memory.keep_freed_memory()
