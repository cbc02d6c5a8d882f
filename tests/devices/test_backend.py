import os
import signal
import subprocess
import sys

import pytest

from keras_cnn_course.devices import backend
from keras_cnn_course.devices.strategies import Distribution
from keras_cnn_course.errors import UsageError


def run_python(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONWARNINGS": "", **environment},
    )


@pytest.mark.slow
def test_a_start_is_quiet_and_sets_threads_and_format():
    result = run_python(
        "import gc\n"
        "from keras_cnn_course.devices import backend\n"
        "searches = []\n"
        "gc.callbacks.append(lambda phase, info: searches.append(info['generation']))\n"
        "started = backend.start(device='cpu', threads=1)\n"
        "print(gc.isenabled(), len(searches) < 500)\n"
        "print(started.tf_device, started.device, started.threads, started.distribution.replicas)\n"
        "import keras, tensorflow as tf\n"
        "tf.matmul(tf.ones((2, 2)), tf.ones((2, 2)))\n"
        "print(tf.config.threading.get_inter_op_parallelism_threads(), keras.config.image_data_format())"
    )
    assert result.stderr == ""
    assert result.stdout == "True True\n/CPU:0 cpu 1 1\n1 channels_last\n"


def test_what_others_write_while_tensorflow_loads_is_not_swallowed():
    result = run_python(
        "import os\nfrom keras_cnn_course.devices import backend\n"
        "with backend.without_notices(backend._NOTICES):\n"
        "    os.write(2, b'oneDNN custom operations are on\\nreal trouble\\n')"
    )
    assert result.stderr == "real trouble\n"


@pytest.mark.parametrize("words", ["compiled to use AVX\\n", "no end of line"])
def test_the_last_words_of_a_process_that_tensorflow_ends_are_shown(words):
    result = run_python(
        "import os\nfrom keras_cnn_course.devices import backend\n"
        "with backend.without_notices(backend._NOTICES):\n"
        f"    os.write(2, b'oneDNN custom operations are on\\n{words}')\n"
        "    os.abort()"
    )
    assert result.returncode == -signal.SIGABRT
    assert result.stderr == words.replace("\\n", "\n")


def test_what_is_no_notice_is_shown_at_once():
    code = (
        "import os, sys\nfrom keras_cnn_course.devices import backend\n"
        "with backend.without_notices(backend._NOTICES):\n"
        "    os.write(2, b'real trouble\\n')\n"
        "    sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr.readline() == b"real trouble\n"
        process.stdin.close()


def test_a_closed_stderr_is_left_closed():
    result = run_python(
        "import os\nos.close(2)\nfrom keras_cnn_course.devices import backend\n"
        "with backend.without_notices(backend._NOTICES):\n    print('inside')"
    )
    assert (result.returncode, result.stdout) == (0, "inside\n")


def test_another_keras_backend_is_refused():
    result = run_python("from keras_cnn_course.devices import backend; backend.start()", KERAS_BACKEND="jax")
    assert "KERAS_BACKEND is set to 'jax', but this package needs TensorFlow" in result.stderr


def test_a_second_start_gives_what_runs(started):
    assert backend.start(device="cpu") == started
    assert backend.start(threads=started.threads) == started


@pytest.mark.slow
def test_a_start_after_tensorflows_own_keeps_its_threads():
    result = run_python(
        "import tensorflow as tf\n"
        "tf.constant(1)\n"
        "from keras_cnn_course.devices import backend\n"
        "print(backend.start(device='cpu').threads == backend.available_cores())",
        TF_CPP_MIN_LOG_LEVEL="2",
    )
    assert result.stdout == "True\n"


def test_threads_cannot_change_once_tensorflow_runs(started):
    import tensorflow as tf

    tf.constant(1)
    with pytest.raises(UsageError, match="start a new process"):
        backend.start(threads=started.threads + 1)


@pytest.mark.parametrize(
    ("device", "message"),
    [
        ("gpu:99", "There is no gpu:99: TensorFlow sees "),
        ("tpu", "gpu:N, such as gpu:0; got 'tpu'"),
        ("gpu:x", "got 'gpu:x'"),
        ("auto:1", "got 'auto:1'"),
        (None, "got None"),
        (0, "got 0"),
    ],
)
def test_devices_that_do_not_exist(started, device, message):
    with pytest.raises(UsageError, match=message):
        backend.start(device=device)


def test_a_gpu_that_is_hidden_is_explained(started, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    with pytest.raises(UsageError, match="CUDA_VISIBLE_DEVICES='-1' decides which GPUs TensorFlow sees"):
        backend.start(device="gpu:99")


@pytest.mark.parametrize("threads", [0, -1, 1.5, "2", 10**9])
def test_a_number_of_threads_that_is_none_is_refused(threads):
    with pytest.raises(UsageError, match="`threads=` must be a whole number from 1 to"):
        backend.start(threads=threads)


@pytest.mark.slow
def test_a_running_tensorflow_cannot_follow_a_strategy():
    result = run_python(
        "from keras_cnn_course.devices import backend\nimport tensorflow as tf\ntf.constant(1)\n"
        "backend.start(device='cpu', strategy='mirrored', replicas=2)",
        TF_CPP_MIN_LOG_LEVEL="2",
    )
    assert "UsageError: TensorFlow is already running" in result.stderr
    assert "Start a new process, and start TensorFlow with this strategy first." in result.stderr


def test_a_strategy_takes_no_single_gpu():
    mirrored = Distribution("mirrored", strategy=None, replicas=2)
    with pytest.raises(UsageError, match="`device='gpu:1'` is one GPU, but `strategy='mirrored'` takes them in order"):
        backend._find_first_device(mirrored, "gpu:1")


@pytest.mark.slow
def test_logical_devices_stand_in_for_a_second_device():
    result = run_python(
        "from keras_cnn_course.devices import backend\nimport tensorflow as tf\n"
        "cpu = tf.config.list_physical_devices('CPU')[0]\n"
        "tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)\n"
        "backend.start()\nimport numpy as np\n"
        "from keras_cnn_course.catalog.recipes import find_recipe, load_recipe\n"
        "from keras_cnn_course.catalog.building import build_compiled_model\n"
        "from keras_cnn_course.training.engine import Engine\n"
        "recipe = load_recipe(find_recipe('softmax'))\n"
        "model = build_compiled_model(recipe, recipe.hyperparameters, input_shape=(8, 8, 1), num_classes=2, seed=0)\n"
        "engine = Engine(model, batch_size=5, tf_device='/CPU:1')\n"
        "engine.load(np.zeros((10, 8, 8, 1), 'uint8'), np.zeros(10, 'int32'))\n"
        "print(engine._data[0].device[-5:], round(engine.train(np.arange(10)).loss, 2) > 0)"
    )
    assert result.stdout == "CPU:1 True\n", result.stderr
