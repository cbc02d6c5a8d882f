from dataclasses import replace

import numpy as np
import pytest

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.datasets.given import read_dataset
from keras_cnn_course.datasets.loading import load_dataset
from keras_cnn_course.errors import DatasetError, ImageError, UsageError
from keras_cnn_course.results import run_data
from keras_cnn_course.results.class_matching import match_classes
from keras_cnn_course.results.run_data import check_dataset, fit_run_data, load_own_data, load_run_data
from keras_cnn_course.runs.directory import RunRecord


@pytest.fixture
def dataset():
    generator = np.random.default_rng(3)
    images, labels = generator.integers(0, 256, (8, 6, 6, 1), dtype=np.uint8), np.arange(8, dtype=np.int32) % 2
    return Dataset("pets", images[:6], labels[:6], images[6:], labels[6:], class_names=("cat", "dog"))


def record_of(dataset, /, **changes):
    values = {
        "recipe": "cnn",
        "hyperparameters": {},
        "dataset": dataset.name,
        "dataset_sha256": dataset.sha256,
        "input_shape": dataset.input_shape,
        "class_names": dataset.class_names,
        "train_examples": 5,
        "val_examples": 1,
        "seed": 0,
        "command": "",
        "device": "cpu",
        "threads": 1,
        "precision": "float32",
        "engine": "",
    }
    return RunRecord(**(values | changes))


def test_the_data_set_of_the_run_and_another_of_its_shape_fit(dataset):
    check_dataset(record_of(dataset), dataset)
    assert match_classes(record_of(dataset, dataset="other"), dataset).sha256 == dataset.sha256


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"input_shape": (28, 28, 1)}, "pets does not fit this run: its images are 6x6x1, .* trained on 28x28x1"),
        ({"dataset_sha256": "0" * 64}, "pets has changed .*SHA-256 000000000000"),
    ],
)
def test_a_data_set_that_does_not_fit_is_refused(dataset, changes, message):
    with pytest.raises(DatasetError, match=message):
        check_dataset(record_of(dataset, **changes), dataset)


def test_a_run_is_given_its_own_data_set(trained_run, digits):
    assert load_run_data(trained_run.read_record()).sha256 == digits.sha256


def test_a_named_data_set_that_cannot_fit_is_not_downloaded(trained_run, monkeypatch, tmp_path):
    monkeypatch.setenv("KCNN_DATA_HOME", str(tmp_path))
    with pytest.raises(DatasetError, match="cifar10 does not fit this run: its images are 32x32x3"):
        load_run_data(trained_run.read_record(), "cifar10")
    assert not list(tmp_path.iterdir())


def test_a_data_set_without_test_images_is_refused(dataset, monkeypatch):
    empty = replace(dataset, x_test=dataset.x_test[:0], y_test=dataset.y_test[:0])
    monkeypatch.setattr(run_data, "load_own_data", lambda record, run: empty)
    with pytest.raises(DatasetError, match="pets has no test images"):
        run_data.load_run_data(record_of(empty))


@pytest.fixture
def saved(tmp_path, monkeypatch):
    """An .npz in a folder of its own, which is the current one, and the record of a run on it, typed as pets.npz."""
    generator = np.random.default_rng(4)
    images, labels = generator.integers(0, 256, (8, 6, 6), dtype=np.uint8), np.arange(8) % 2
    (tmp_path / "data").mkdir()
    np.savez(tmp_path / "data" / "pets.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    monkeypatch.chdir(tmp_path / "data")
    data = load_dataset("pets.npz")
    return record_of(data, dataset_path=data.path, pixel_range=data.pixel_range)


def test_the_runs_data_are_found_from_anywhere(saved, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert load_run_data(saved).sha256 == saved.dataset_sha256


def test_the_runs_data_are_found_beside_a_copied_run(saved, tmp_path, monkeypatch):
    run = tmp_path / "usb" / "runs" / "cnn-001"
    run.mkdir(parents=True)
    (tmp_path / "data" / "pets.npz").rename(tmp_path / "usb" / "pets.npz")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        DatasetError, match=r"pets\.npz, on which the run was trained, was not found\. Looked for .*data"
    ):
        load_own_data(saved)
    assert load_run_data(saved, run=run).sha256 == saved.dataset_sha256


@pytest.fixture
def other(saved, tmp_path, monkeypatch):
    """Another pets.npz, in a folder of its own, which is now the current one."""
    folder = tmp_path / "other"
    folder.mkdir()
    images = np.full((4, 6, 6), 255, np.uint8)
    np.savez(folder / "pets.npz", x_train=images, y_train=[0, 1, 0, 1], x_test=images, y_test=[0, 1, 0, 1])
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("something", ["a folder", "text"])
def test_something_else_of_the_name_does_not_hide_the_runs_own(saved, tmp_path, monkeypatch, something):
    run = tmp_path / "moved" / "cnn-001"
    run.mkdir(parents=True)
    (tmp_path / "data" / "pets.npz").rename(tmp_path / "moved" / "pets.npz")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    if something == "text":
        (tmp_path / "elsewhere" / "pets.npz").write_text(something)
    else:
        (tmp_path / "elsewhere" / "pets.npz" / "cat").mkdir(parents=True)
        (tmp_path / "elsewhere" / "pets.npz" / "cat" / "1.png").write_bytes(b"no image")
    assert load_run_data(saved, run=run).sha256 == saved.dataset_sha256
    (tmp_path / "moved" / "pets.npz").unlink()
    with pytest.raises((DatasetError, ImageError), match=r"pets\.npz"):
        load_run_data(saved, run=run)


@pytest.mark.usefixtures("other")
def test_another_file_of_the_name_does_not_hide_the_runs_own(saved, tmp_path):
    assert load_run_data(saved).sha256 == saved.dataset_sha256
    (tmp_path / "data" / "pets.npz").unlink()
    with pytest.raises(DatasetError, match="has changed since this run"):
        load_run_data(saved)


def test_a_path_means_what_is_there_now(saved, other, tmp_path, monkeypatch):
    """The run's own data were called the same, but in another folder."""
    assert load_run_data(saved, "pets.npz").path == str(other / "pets.npz")
    monkeypatch.chdir(tmp_path / "data")
    assert load_run_data(saved, "pets.npz").path == str(tmp_path / "data" / "pets.npz")


def test_the_runs_own_named_data_are_not_downloaded(dataset, monkeypatch, tmp_path):
    monkeypatch.setenv("KCNN_DATA_HOME", str(tmp_path / "none"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "none"))
    with pytest.raises(DatasetError, match="kcnn data fetch mnist"):
        load_own_data(record_of(dataset, dataset="mnist"))


def test_gray_images_fit_a_color_model_and_color_images_a_gray_one(saved):
    np.savez(
        "color.npz", **{name: np.repeat(a[..., None], 3, -1) if name[0] == "x" else a for name, a in arrays().items()}
    )
    gray = load_run_data(saved, "color.npz")
    assert gray.input_shape == (6, 6, 1)
    assert "luminance" in gray.notes[0]
    color = load_run_data(
        replace(saved, input_shape=(6, 6, 3), dataset="x", dataset_path="", dataset_sha256=""), "pets.npz"
    )
    assert color.input_shape == (6, 6, 3)
    assert "all three channels" in color.notes[0]


def test_a_range_is_only_for_other_data(saved, dataset):
    with pytest.raises(UsageError, match="`pixel_range=` needs another data set than the run's own"):
        load_run_data(saved, pixel_range=(0.0, 1.0))
    digits = record_of(dataset, input_shape=(28, 28, 1), class_names=tuple(map(str, range(10))))
    with pytest.raises(UsageError, match="digits has a known scale"):
        load_run_data(digits, "digits", pixel_range=(0.0, 1.0))


def test_where_all_images_are_tested_no_class_is_said_to_lack_them(dataset):
    whole = read_dataset((np.arange(360).reshape(10, 6, 6) % 256, np.array([0, 1] * 4 + [0, 2])))
    assert "has no test images of 2." in whole.notes[1]
    fitted = fit_run_data(record_of(dataset, class_names=("0", "1", "2")), whole)
    assert len(fitted.x_test) == 10
    assert fitted.notes == ("arrays has no test images of its own, so all of its images are tested.",)


def test_changed_data_are_not_tested_as_new_ones_however_their_path_is_written(saved):
    changed = arrays()
    changed["x_train"][0] = 0
    np.savez("pets.npz", **changed)
    for spec in ("pets.npz", "./pets.npz", "../data/pets.npz"):
        with pytest.raises(DatasetError, match=r"has changed since this run .* To test on new images, save them alone"):
            load_run_data(saved, spec)


def arrays():
    with np.load("pets.npz") as stored:
        return dict(stored)
