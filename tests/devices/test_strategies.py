import pytest

from keras_cnn_course.catalog.recipes import find_recipe
from keras_cnn_course.devices.backend import Backend
from keras_cnn_course.devices.strategies import Distribution, distribute, reporting_device_errors
from keras_cnn_course.errors import TrainingError, UsageError
from keras_cnn_course.training.plan import make_plan

TWO_WORKERS = '{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 0}}'


@pytest.fixture(autouse=True)
def nothing_described(monkeypatch):
    for name in ("TF_CONFIG", "SLURM_PROCID"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", ["none", "auto"])
def test_without_a_second_device_nothing_is_distributed(name):
    assert distribute(name, replicas=None, gpus=1, timeout=1) == Distribution("none", None, 1, 0, 1)


@pytest.mark.parametrize(
    ("name", "replicas", "gpus", "message"),
    [
        ("none", 2, 0, "`replicas=` needs `strategy='mirrored'`; the strategy is none"),
        ("auto", 2, 1, "`replicas=` needs `strategy='mirrored'`; the strategy is none"),
        ("mirrored", None, 0, "needs at least 2 devices, and TensorFlow sees no GPUs"),
        ("mirrored", None, 1, "needs at least 2 devices, and TensorFlow sees 1 GPU\\."),
        ("mirrored", 3, 2, "`replicas=3` needs 3 GPUs, and TensorFlow sees 2"),
        ("multiworker", None, 0, "`strategy='multiworker'` needs TF_CONFIG"),
        ("mirored", None, 0, "No strategy named 'mirored'. Did you mean 'mirrored'"),
    ],
)
def test_what_is_not_there_is_refused(name, replicas, gpus, message):
    with pytest.raises(UsageError, match=message):
        distribute(name, replicas=replicas, gpus=gpus, timeout=1)


def test_auto_takes_the_workers_that_are_described(monkeypatch):
    joined = []
    monkeypatch.setenv("TF_CONFIG", TWO_WORKERS)
    monkeypatch.setattr("keras_cnn_course.devices.strategies._join_workers", lambda *given: joined.append(given))
    distribute("auto", replicas=None, gpus=2, timeout=7)
    assert joined == [(2, 7)]


def test_auto_takes_several_gpus(monkeypatch):
    mirrored = []
    monkeypatch.setattr("keras_cnn_course.devices.strategies._mirror", lambda *given: mirrored.append(given))
    distribute("auto", replicas=None, gpus=2, timeout=7)
    assert mirrored == [(None, 2)]


@pytest.mark.parametrize(("replicas", "near"), [(3, "498 or 501"), (600, "600")])
def test_a_batch_that_cannot_be_shared_evenly_is_refused(started, digits, replicas, near):
    backend = Backend(started.tf_device, "cpu", 1, Distribution("mirrored", None, replicas))
    with pytest.raises(
        UsageError,
        match=f"{replicas} replicas cannot share a batch of 500 images evenly. Use a `batch_size=` of {near}, ",
    ):
        make_plan(find_recipe("cnn"), digits, overrides={}, seed=0, precision="float32", backend=backend)


def test_one_process_asks_itself():
    assert Distribution().any_worker(True) is True
    assert Distribution().any_worker(False) is False


def test_too_little_memory_is_said_and_what_needs_less(started):
    import tensorflow as tf

    with (
        pytest.raises(TrainingError, match=r"memory of the device is too small .* smaller `batch_size=`"),
        reporting_device_errors(),
    ):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "could not create a primitive descriptor for the convolution",
            r"oneDNN cannot compute .* `precision='float32'`",
        ),
        ("connection reset by peer", r"Another worker is gone"),
    ],
)
def test_an_aborted_operation_is_explained_by_its_cause(started, said, told):
    import tensorflow as tf

    with pytest.raises(TrainingError, match=told), reporting_device_errors():
        raise tf.errors.AbortedError(None, None, said)
