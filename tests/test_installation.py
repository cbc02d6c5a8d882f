"""Each check of `kcnn doctor` finds the fault it is for and says what to do."""

import os
import subprocess
import sys
from collections import namedtuple
from importlib import metadata
from pathlib import Path

import pytest

import keras_cnn_course as kcnn
from keras_cnn_course import installation
from keras_cnn_course.installation import run_checks


@pytest.fixture
def checks(monkeypatch):
    """Return a function that runs the checks that need no TensorFlow, by name."""
    monkeypatch.setattr(installation, "_check_tensorflow", lambda: iter(()))
    return lambda: {check.name: check for check in run_checks(train=False)}


def test_a_sound_machine_has_no_fault(checks, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    found = checks()
    assert [check for check in found.values() if check.status == "fault"] == []
    assert found["keras"].found == metadata.version("keras")
    assert found["data digits"].found == "embedded"
    assert all(bool(check.advice) == (check.status != "ok") for check in found.values())
    assert list(tmp_path.iterdir()) == []


def test_another_backend_is_a_fault_and_is_kept_from_the_other_checks(checks, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    backend = checks()["backend"]
    assert (backend.status, backend.advice) == ("fault", "unset KERAS_BACKEND")
    assert installation._run_python("-c", "import os; print(os.environ['KERAS_BACKEND'])").stdout == "tensorflow\n"


def test_missing_and_wrong_versions_are_faults_of_packages_and_notes_of_extras(checks, monkeypatch):
    version = metadata.version

    def pretend(name):
        if name in ("rich", "tf2onnx"):
            raise metadata.PackageNotFoundError(name)
        return "3.9.0" if name == "keras" else version(name)

    monkeypatch.setattr(metadata, "version", pretend)
    found = checks()
    assert (found["rich"].status, found["rich"].found) == ("fault", "not installed")
    assert found["rich"].advice.startswith("pip install 'rich>=")
    assert found["keras"].status == "fault"
    assert found["keras"].found.startswith("3.9.0, but ")
    assert found["extra onnx"].status == "note"
    assert "tf2onnx" in found["extra onnx"].found
    assert "pip install 'keras-cnn-course[onnx]'" in found["extra onnx"].advice


def test_little_disk_space_is_a_note_then_a_fault(checks, monkeypatch):
    usage = namedtuple("usage", "total used free")
    for free, status in [(5e9, "ok"), (5e8, "note"), (5e7, "fault")]:
        monkeypatch.setattr(installation.shutil, "disk_usage", lambda _, free=free: usage(0, 0, free))
        assert checks()["disk"].status == status


def test_a_folder_that_cannot_be_written_is_a_fault_here_and_a_note_for_the_data(checks, monkeypatch):
    def refuse(dir):  # noqa: A002
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(installation.tempfile, "TemporaryFile", refuse)
    found = checks()
    assert (found["folder"].status, found["data home"].status) == ("fault", "note")
    assert "Permission denied" in found["folder"].found


def test_a_data_home_that_is_a_file_is_noted(checks, monkeypatch, tmp_path):
    (tmp_path / "home").write_text("not a folder")
    monkeypatch.setenv("KCNN_DATA_HOME", str(tmp_path / "home"))
    assert checks()["data home"].status == "note"


def test_data_sets_are_here_or_can_be_fetched(checks, monkeypatch, tmp_path):
    monkeypatch.setenv("KCNN_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    assert "kcnn data fetch mnist" in checks()["data mnist"].advice
    (tmp_path / "mnist.npz").touch()
    assert checks()["data mnist"].status == "ok"


def test_a_tensorflow_that_cannot_be_imported_is_explained(monkeypatch, tmp_path):
    (tmp_path / "tensorflow.py").write_text('raise ImportError("libfoo.so.2: cannot open shared object file")\n')
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    (check,) = installation._check_tensorflow()
    assert check.status == "fault"
    assert check.found == "ImportError: libfoo.so.2: cannot open shared object file"
    assert check.advice.startswith("reinstall it: pip install --force-reinstall 'tensorflow")


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
def test_a_process_that_is_killed_is_explained_by_its_signal(monkeypatch):
    killed = subprocess.CompletedProcess([], -4, "", "")
    monkeypatch.setattr(installation, "_run_python", lambda *_: killed)
    (check,) = installation._check_tensorflow()
    assert check.found == "ended by SIGILL"
    assert "AVX" in check.advice


def test_a_training_that_guesses_or_fails_is_a_fault(monkeypatch):
    poor = '{"machine": "Slow 1, 2 threads", "test_accuracy": 0.1, "images_per_second": 100.0}'
    monkeypatch.setattr(installation, "_run_python", lambda *_: subprocess.CompletedProcess([], 0, poor, ""))
    check = installation._check_training()
    assert check.status == "fault"
    assert "100 images/s on Slow 1, 2 threads, " in check.found
    failed = subprocess.CompletedProcess([], 1, "", "something\nError: no space left\n")
    monkeypatch.setattr(installation, "_run_python", lambda *_: failed)
    assert installation._check_training().found == "Error: no space left"


def test_a_python_process_that_hangs_is_ended(monkeypatch):
    monkeypatch.setattr(installation, "_TIMEOUT", 0.2)
    done = installation._run_python("-c", "import time; time.sleep(60)")
    assert done.returncode == 1
    assert "not finished after 0.2 s" in done.stderr


def test_a_driver_without_a_gpu_in_tensorflow_is_noted(monkeypatch):
    monkeypatch.setattr(installation.shutil, "which", lambda _: "/usr/bin/nvidia-smi")
    assert installation._judge_devices([]).status == "note"
    assert installation._judge_devices(["H200"]).found == "cpu, gpu:0 H200"
    monkeypatch.setattr(installation.shutil, "which", lambda _: None)
    assert installation._judge_devices([]).status == "ok"


def test_importing_the_checks_needs_neither_tensorflow_nor_numpy():
    code = "import sys, keras_cnn_course.installation; print({'tensorflow', 'keras', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert done.stdout == "set()\n"


def test_the_last_words_of_tensorflow_are_shown_with_what_they_mean(monkeypatch):
    code = "import os; os.write(2, b'TensorFlow was compiled to use AVX instructions\\n'); os.abort()"
    done = installation._run_python("-c", code)
    monkeypatch.setattr(installation, "_run_python", lambda *_: done)
    (check,) = installation._check_tensorflow()
    assert check.found == "ended by SIGABRT: TensorFlow was compiled to use AVX instructions"
    assert check.advice == "TensorFlow needs a processor with AVX instructions: use another machine"


def test_the_smaller_package_of_tensorflow_is_enough(checks, monkeypatch):
    version, requires = metadata.version, metadata.requires

    def pretend(name, ask):
        if name == "tensorflow":
            raise metadata.PackageNotFoundError(name)
        return ask("tensorflow" if name == "tensorflow-cpu" else name)

    monkeypatch.setattr(metadata, "version", lambda name: pretend(name, version))
    monkeypatch.setattr(metadata, "requires", lambda name: pretend(name, requires))
    found = checks()
    assert found["tensorflow"].status == "ok"
    assert found["tensorflow"].found == f"{version('tensorflow')} (tensorflow-cpu)"
    assert (found["extra gpu"].status, found["extra gpu"].found) == ("note", "needs the package tensorflow")


def test_the_function_is_still_the_function_after_a_check(monkeypatch):
    """A module of the same name would replace it in the package."""
    failed = subprocess.CompletedProcess([], 1, "", "ImportError: nothing")
    monkeypatch.setattr(installation, "_run_python", lambda *_: failed)
    assert kcnn.doctor(train=False) == kcnn.doctor(train=False) != []
