"""Runs one `kcnn` command in a process that kills itself, with SIGKILL, just before the n-th change of a folder.

Started with `runpy`, in a process that has loaded TensorFlow already but not used it; `ARGUMENTS`, `FOLDER`, `KILL_AT`
and `LOG` come from the one who starts it. Without a `KILL_AT` the number of changes is written to the end of the log.
"""

import os
import signal
import sys

ARGUMENTS, FOLDER, KILL_AT, LOG = (globals()[name] for name in ("ARGUMENTS", "FOLDER", "KILL_AT", "LOG"))
CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.truncate"}
changes = 0


def count(event, arguments):
    """Count what changes the folder: opening for writing, renaming, removing, making."""
    global changes
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
    if not (writes or event in CHANGES) or not isinstance(arguments[0], str | bytes | os.PathLike):
        return
    if FOLDER in os.fsdecode(arguments[0]):
        changes += 1
        if changes == KILL_AT:
            os.kill(os.getpid(), signal.SIGKILL)


log = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
os.dup2(log, 1)
os.dup2(log, 2)

from keras_cnn_course.cli import main  # noqa: E402

sys.addaudithook(count)
sys.argv = ["kcnn", *ARGUMENTS]
code = 0
try:
    main(ARGUMENTS)
except SystemExit as stop:
    code = stop.code or 0
finally:
    sys.stdout.flush()
    sys.stderr.flush()
    os.write(log, f"\n{changes}\n".encode())
os._exit(code)
