"""A class of submissions, correct, wrong and hostile ones, each with the mark that it should get."""

import io
import os
import socket
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from keras_cnn_course.homework.authoring.cases import mutate
from keras_cnn_course.homework.authoring.exercise import Exercise, list_exercises
from keras_cnn_course.homework.grading.submission_results import GRADED, UNREADABLE, SubmissionResult
from keras_cnn_course.homework.judging.answers import render_answers

__all__ = ["Expected", "Listeners", "arm", "find_surprises", "find_traces", "lay_out", "listening", "write_class"]


@dataclass(frozen=True)
class Expected:
    """The expected result of one submission.

    Args:
        wrong: exercises that must not pass, with the diagnosis that they must get; if empty, any will do.
        most: points that those may get at most.
        missing: exercises that are not started.
    """

    path: Path
    kind: str
    status: str = GRADED
    wrong: Mapping[str, str] = field(default_factory=dict)
    most: Mapping[str, float] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Listeners:
    """Sockets on which an attack could send something."""

    tcp: socket.socket
    udp: socket.socket
    unix: socket.socket

    def heard(self) -> list[str]:
        """Return the kinds of sockets that received something."""
        found = []
        with suppress(BlockingIOError):
            self.tcp.accept()[0].close()
            found.append("TCP")
        for name, datagrams in (("UDP", self.udp), ("a Unix socket", self.unix)):
            with suppress(BlockingIOError):
                datagrams.recv(100)
                found.append(name)
        return found


@contextmanager
def listening() -> Iterator[Listeners]:
    """Yield sockets that listen on this machine."""
    with (
        tempfile.TemporaryDirectory() as place,
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as unix,
    ):
        udp.bind(("127.0.0.1", 0))
        unix.bind(f"{place}/socket")
        for listener in (tcp, udp, unix):
            listener.setblocking(False)
        yield Listeners(tcp, udp, unix)


def lay_out(folder: Path) -> int:
    """Put someone else's file into the attacker's folder; return the time of its last change."""
    secret = folder / "secret"
    secret.write_text("a secret of the grader's")
    return secret.stat().st_ctime_ns


def find_traces(folder: Path, listeners: Listeners, changed: int) -> list[str]:
    """Return the traces of an attack: a file, a message, or a change to someone else's file."""
    files = ["a file"] if (folder / "LOOT").exists() else []
    others = ["a file changed"] if (folder / "secret").stat().st_ctime_ns != changed else []
    return [*listeners.heard(), *files, *others]


def arm(source: str, exercise: Exercise, folder: Path, listeners: Listeners) -> str:
    """Return an attack's source with its targets filled in."""
    targets = {
        "@FOLDER@": folder,
        "@TCP@": listeners.tcp.getsockname()[1],
        "@UDP@": listeners.udp.getsockname()[1],
        "@UNIX@": listeners.unix.getsockname(),
        "@PARENT@": os.getpid(),
        "@SOLUTION@": exercise.folder / "solution.py",
    }
    for mark, value in targets.items():
        source = source.replace(mark, str(value))
    return source


def write_class(
    folder: Path,
    attacks: Mapping[str, tuple[str, str, float]],
    *,
    correct: int,
    mutants: int,
    partial: int,
    seed: int = 0,
) -> list[Expected]:
    """Write submissions into a folder, every other one as a zip.

    Args:
        attacks: exercise, source and most points by what the attack does; each becomes one submission.
        correct: number of submissions with correct solutions only, mixed from all accepted ones.
        mutants: number of submissions with one to three mutants among correct solutions.
        partial: number of submissions in which only some exercises are started.
        seed: of the mixture.
    """
    generator = np.random.default_rng(seed)
    expected = []
    for _ in range(correct):
        expected.append(_write(folder, len(expected), "all correct", _mixture(generator)))
    for _ in range(mutants):
        files, wrong = _mixture(generator), {}
        for number in generator.choice(len(list_exercises()), size=generator.integers(1, 4), replace=False):
            exercise = list_exercises()[number]
            mutant = exercise.load_mutants()[generator.integers(len(exercise.load_mutants()))]
            files[exercise.file] = mutate(exercise.read("solution.py"), mutant)
            wrong[exercise.name] = mutant.diagnosis
        expected.append(_write(folder, len(expected), "with mistakes", files, wrong=wrong))
    for _ in range(partial):
        left_out = [exercise for exercise in list_exercises() if generator.random() < 0.5]
        files = _mixture(generator)
        for exercise in left_out:
            files[exercise.file] = exercise.read("starter.py")
        names = tuple(exercise.name for exercise in left_out)
        expected.append(_write(folder, len(expected), "partly started", files, missing=names))
    for what, (name, source, most) in attacks.items():
        files = _mixture(generator)
        exercise = next(exercise for exercise in list_exercises() if exercise.name == name)
        files[exercise.file] = source
        expected.append(_write(folder, len(expected), f"attack: {what}", files, wrong={name: ""}, most={name: most}))
    for what, make in _bad_archives().items():
        path = folder / f"{len(expected):03d}.zip"
        path.write_bytes(make())
        expected.append(Expected(path, f"bad zip: {what}", UNREADABLE))
    return expected


def find_surprises(expected: Expected, result: SubmissionResult) -> list[str]:
    """Return how a result differs from the expected one."""
    if result.status != expected.status:
        return [f"status {result.status}: {result.message}"]
    if result.status == UNREADABLE:
        return [] if result.score is None and not result.exercises else ["an unreadable submission has a mark"]
    surprises = []
    for exercise in result.exercises:
        name, problem = exercise.exercise, exercise.problem
        if name in expected.wrong:
            diagnosis = expected.wrong[name]
            if exercise.passed or exercise.score >= exercise.points > 0:
                surprises.append(f"{name} passes")
            if diagnosis and (problem is None or problem.key != diagnosis):
                surprises.append(f"{name} is diagnosed as {problem and problem.key}, not {diagnosis}")
            if exercise.score > expected.most.get(name, exercise.points):
                surprises.append(f"{name} gets {exercise.score}")
        elif name in expected.missing:
            if not exercise.is_untouched or exercise.passed:
                surprises.append(f"{name} is not started and counts as started")
        elif exercise.score != exercise.points:
            surprises.append(f"{name} gets {exercise.score} of {exercise.points}: {problem}")
    return surprises


def _mixture(generator: np.random.Generator) -> dict[str, str]:
    """Return correct files: for each exercise its solution or an accepted variant."""
    files = {}
    for exercise in list_exercises():
        versions = [exercise.read("solution.py"), *exercise.accepted.values()]
        files[exercise.file] = versions[generator.integers(len(versions))]
    return files


def _write(
    folder: Path,
    number: int,
    kind: str,
    files: Mapping[str, str],
    *,
    wrong: Mapping[str, str] | None = None,
    most: Mapping[str, float] | None = None,
    missing: tuple[str, ...] = (),
) -> Expected:
    """Write one submission, as a folder or a zip."""
    student = f"student-{number:03d}"
    solved = [exercise for exercise in list_exercises() if exercise.name not in missing]
    texts = {
        **files,
        "homework.toml": f'course = "0.1.0"\nstudent = "{student}"\n',
        "answers.toml": render_answers(student, solved=solved),
    }
    if number % 2:
        path = folder / f"{number:03d}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in texts.items():
                archive.writestr(f"hw/{name}", text)
    else:
        path = folder / f"{number:03d}"
        path.mkdir()
        for name, text in texts.items():
            (path / name).write_text(text)
    return Expected(path, kind, wrong=wrong or {}, most=most or {}, missing=missing)


def _bad_archives() -> dict[str, Callable[[], bytes]]:
    """Return functions that make zips which must be refused, by what is wrong with them."""
    identity = b'student = "mallory"\n'
    link = zipfile.ZipInfo("homework.toml")
    link.external_attr = 0o120777 << 16
    return {
        "a name that leads out of it": lambda: _zip({"hw/../../homework.toml": identity}),
        "a link": lambda: _zip({link: b"/etc/passwd"}),
        "a bomb: 1 GiB of zeros in 1 MiB": lambda: _zip({"homework.toml": identity, "ex05_relu.py": b"\0" * 2**30}),
        "cut off": lambda: _zip({"homework.toml": identity})[:-30],
        "no zip at all": lambda: b"\x7fELF" + bytes(100),
        "10,000 files": lambda: _zip({f"{number}.txt": b"" for number in range(10_000)}),
        "an id that is a path": lambda: _zip({"homework.toml": b'student = "../../root"\n'}),
        "an id that is a formula": lambda: _zip({"homework.toml": b'student = "=HYPERLINK(1)"\n'}),
        "without homework.toml": lambda: _zip({"ex05_relu.py": b"pass"}),
    }


def _zip(members: Mapping[str | zipfile.ZipInfo, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()
