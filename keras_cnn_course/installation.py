"""Checking whether this machine can train, with advice for each fault.

TensorFlow is started in a separate process, so that an installation that cannot be imported or that crashes is still
reported.
"""

import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from keras_cnn_course.datasets.registry import DATASETS, data_home, is_here, keras_cache
from keras_cnn_course.devices.backend import available_cores, find_tensorflow

__all__ = ["Check", "run_checks"]

_DISTRIBUTION = "keras-cnn-course"
_TIMEOUT = 180
_EXTRAS = {
    "gpu": "training on a GPU under Linux",
    "onnx": "kcnn export --format onnx",
    "litert": "kcnn export --format litert",
    "cluster": "kcnn sweep --ray",
}
_SMOKE_EPOCHS = 10
_SMOKE_ACCURACY = 0.7  # ten epochs on the digits reach 0.9 and more; guessing reaches 0.1


@dataclass(frozen=True)
class Check:
    """One check and its result.

    Args:
        status: `ok`; `note` if something optional is missing; `fault` if a command is going to fail.
        found: the result in words.
        advice: what to do; empty for `ok`.
    """

    name: str
    status: str
    found: str
    advice: str = ""


def run_checks(*, train: bool = True) -> Iterator[Check]:
    """Run all checks, the fastest first, and yield each one when it is done.

    Args:
        train: also train for a few seconds, as `kcnn train` does.
    """
    yield _check_python()
    yield from _check_packages()
    yield from _check_extras()
    yield _check_backend()
    yield _check_folder(
        "folder",
        Path.cwd(),
        "fault",
        "runs are written here: change to a folder that you can write, or use `out=`",
    )
    yield _check_folder(
        "data home", data_home() or keras_cache(), "note", "set KCNN_DATA_HOME to a folder that you can write"
    )
    yield _check_disk()
    yield from _check_datasets()
    starts = True
    for check in _check_tensorflow():
        yield check
        starts = starts and check.status != "fault"
    if train and starts:
        yield _check_training()


def _check_python() -> Check:
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    required = metadata.metadata(_DISTRIBUTION)["Requires-Python"]
    if _fits(platform.python_version(), required):
        return Check("python", "ok", found)
    return Check("python", "fault", found, f"install Python {required}")


def _check_packages() -> Iterator[Check]:
    yield Check(_DISTRIBUTION, "ok", metadata.version(_DISTRIBUTION))
    for name, required, extra in _requirements():
        if not extra:
            yield _check_package(name, required)


def _check_package(name: str, required: str) -> Check:
    advice = f"pip install '{name}{required}'"
    try:
        package, installed = find_tensorflow() if name == "tensorflow" else (name, metadata.version(name))
    except metadata.PackageNotFoundError:
        return Check(name, "fault", "not installed", advice)
    if _fits(installed, required):
        return Check(name, "ok", installed if package == name else f"{installed} ({package})")
    return Check(name, "fault", f"{installed}, but {required} is needed", advice)


def _check_extras() -> Iterator[Check]:
    for extra, purpose in _EXTRAS.items():
        needed = [(name, required) for name, required, of in _requirements() if of == extra]
        if extra == "gpu":
            needed = [(name, required) for name, required, of in _requirements("tensorflow") if of == "and-cuda"]
        missing = [name for name, required in needed if _check_package(name, required).status != "ok"]
        if not needed:
            yield Check(f"extra {extra}", "note", "needs the package tensorflow", f"needed only for {purpose}")
        elif missing:
            advice = f"needed only for {purpose}: pip install '{_DISTRIBUTION}[{extra}]'"
            yield Check(f"extra {extra}", "note", f"not installed: {_shorten(missing)}", advice)
        else:
            yield Check(f"extra {extra}", "ok", "installed")


def _shorten(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{', '.join(names[:2])} and {len(names) - 2} more"


def _requirements(distribution: str = _DISTRIBUTION) -> list[tuple[str, str, str]]:
    """Return name, version range and extra of each requirement of a package; none if it is not installed."""
    try:
        requirements = metadata.requires(distribution) or []
    except metadata.PackageNotFoundError:
        return []
    found = []
    for requirement in map(Requirement, requirements):
        extra = re.search(r"""extra\s*==\s*["']([\w-]+)""", str(requirement.marker or ""))
        if requirement.name != distribution:
            found.append((requirement.name, str(requirement.specifier), extra[1] if extra else ""))
    return found


def _fits(installed: str, required: str) -> bool:
    """Return whether a version, which may be a pre-release, is in a range such as `<3.16,>=3.15.1`."""
    return SpecifierSet(required).contains(installed, prereleases=True)


def _check_backend() -> Check:
    name = os.environ.get("KERAS_BACKEND", "tensorflow")
    if name == "tensorflow":
        return Check("backend", "ok", "tensorflow")
    return Check("backend", "fault", f"KERAS_BACKEND={name}, but tensorflow is needed", "unset KERAS_BACKEND")


def _check_folder(name: str, folder: Path, status: str, advice: str) -> Check:
    """Write a file in a folder, or in its nearest parent that exists; `status` is the status of a failure."""
    folder = folder.absolute()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            return Check(name, "ok", f"{folder} can be written")
    except OSError as error:
        return Check(name, status, f"{folder} cannot be written: {error.strerror}", advice)


def _check_disk() -> Check:
    free = shutil.disk_usage(Path.cwd()).free
    status = "fault" if free < 100e6 else "note" if free < 1e9 else "ok"
    advice = "" if status == "ok" else "a run needs about 100 MB: free some space, or write elsewhere with `out=`"
    return Check("disk", status, f"{free / 1e9:,.1f} GB free in this folder", advice)


def _check_datasets() -> Iterator[Check]:
    for info in DATASETS.values():
        if is_here(info):
            yield Check(f"data {info.name}", "ok", "found" if info.files else "embedded")
        else:
            megabytes = f"{info.download_size / 1e6:,.0f} MB"
            yield Check(
                f"data {info.name}", "note", "not downloaded", f"download it ({megabytes}): kcnn data fetch {info.name}"
            )


def _check_tensorflow() -> Iterator[Check]:
    """Start TensorFlow in a separate process and report its devices and settings."""
    began = time.perf_counter()
    done = _run_python("-c", "from keras_cnn_course.installation import _print_probe; _print_probe()")
    if done.returncode != 0:
        yield Check("tensorflow start", "fault", _explain_failure(done), _advise_on_start(done))
        return
    probe = json.loads(done.stdout.splitlines()[-1])
    yield Check("tensorflow start", "ok", f"in {time.perf_counter() - began:.1f} s")
    yield _judge_devices(probe["gpus"])
    yield Check("precision", "ok", f"{probe['precision']}: {probe['precision_reason']}")
    yield Check("threads", "ok", f"{probe['threads']} on {available_cores()} of {os.cpu_count()} cores")
    if probe["floatx"] != "float32":
        yield Check(
            "keras.json", "fault", f"floatx is {probe['floatx']}", "set floatx to float32 in ~/.keras/keras.json"
        )


def _judge_devices(gpus: list[str]) -> Check:
    if gpus:
        return Check("devices", "ok", f"cpu, {', '.join(f'gpu:{index} {name}' for index, name in enumerate(gpus))}")
    if shutil.which("nvidia-smi"):
        advice = f"to use it: pip install '{_DISTRIBUTION}[gpu]' (Linux only), and check that nvidia-smi lists the GPU"
        return Check("devices", "note", "cpu; an NVIDIA driver is installed, but TensorFlow finds no GPU", advice)
    return Check("devices", "ok", "cpu")


def _print_probe() -> None:
    """Start TensorFlow and print its devices and settings as one line of JSON."""
    from keras_cnn_course.devices import backend
    from keras_cnn_course.devices.precision import choose_precision

    started = backend.start()
    precision, reason = choose_precision("auto", started.device)
    import keras
    import tensorflow as tf

    gpus = [tf.config.experimental.get_device_details(gpu) for gpu in tf.config.list_physical_devices("GPU")]
    names = [details.get("device_name", "unnamed") for details in gpus]
    facts = {"gpus": names, "threads": started.threads, "floatx": keras.config.floatx()}
    facts |= {"precision": precision, "precision_reason": reason}
    sys.stdout.write(json.dumps(facts) + "\n")


def _check_training() -> Check:
    """Train the lecture's network on the embedded digits as `kcnn train` does."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="kcnn-doctor-") as folder:
        done = _run_python(
            "-m", "keras_cnn_course", "train", "--recipe", "cnn", "--dataset", "digits", "--quiet", "--json",
            "--epochs", str(_SMOKE_EPOCHS), "--out", str(Path(folder) / "run"),
        )  # fmt: skip
    if done.returncode != 0:
        return Check("training", "fault", _explain_failure(done), "show the full error: kcnn --debug train --epochs 1")
    metrics: dict[str, Any] = json.loads(done.stdout)
    accuracy, speed = metrics["test_accuracy"], metrics["images_per_second"]
    found = (
        f"cnn on digits, {_SMOKE_EPOCHS} epochs: test accuracy {accuracy:.1%}, {speed:,.0f} images/s "
        f"on {metrics['machine']}, {time.perf_counter() - began:.1f} s in total"
    )
    if accuracy < _SMOKE_ACCURACY:
        advice = f"at least {_SMOKE_ACCURACY:.0%} was expected: try kcnn train --device cpu --precision float32"
        return Check("training", "fault", found, advice)
    return Check("training", "ok", found)


def _run_python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run this Python with the TensorFlow backend. Another setting is already reported and must not hide faults."""
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    command = [sys.executable, "-P", *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=_TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", f"not finished after {_TIMEOUT} s")


def _explain_failure(done: subprocess.CompletedProcess[str]) -> str:
    """Return the last line that a process wrote, and the signal that ended it."""
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    last = lines[-1][:300] if lines else ""
    if done.returncode < 0:
        ended = f"ended by {signal.Signals(-done.returncode).name}"
        return f"{ended}: {last}" if last else ended
    return last or f"exit code {done.returncode}"


def _advise_on_start(done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode == -getattr(signal, "SIGILL", 0) or "compiled to use" in done.stderr:
        return "TensorFlow needs a processor with AVX instructions: use another machine"
    ranges = {name: required for name, required, extra in _requirements() if not extra}
    return f"reinstall it: pip install --force-reinstall 'tensorflow{ranges['tensorflow']}' 'keras{ranges['keras']}'"
