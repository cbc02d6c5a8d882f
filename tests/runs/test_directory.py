import errno
import json
import os
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from keras_cnn_course.errors import RunError, UsageError
from keras_cnn_course.runs.directory import HISTORY_COLUMNS, RunDirectory, RunRecord

RECORD = RunRecord(
    recipe="cnn",
    hyperparameters={
        "epochs": 1,
        "plain_epochs": 0,
        "class_weight": "none",
        "patience": 0,
        "keep": "best",
        "train_examples": 0,
    },
    dataset="digits",
    dataset_sha256="0" * 64,
    input_shape=(28, 28, 1),
    class_names=("0", "1"),
    train_examples=10,
    val_examples=2,
    seed=0,
    command="kcnn train",
    device="cpu",
    threads=2,
    precision="float32",
    engine="compiled steps",
)


def test_record_comes_back_as_written(tmp_path):
    run = RunDirectory.create("cnn", tmp_path / "run")
    run.write_record(RECORD)
    assert RunDirectory.open(tmp_path / "run").read_record() == RECORD
    run.write_record(replace(RECORD, status="finished"))
    assert run.read_record().status == "finished"


def test_a_record_that_could_not_be_read_again_is_refused_before_the_folder_exists(tmp_path):
    with pytest.raises(RunError, match=r"^seed in run\.json must be a whole number .* got True\. Train with another"):
        RunDirectory.create("cnn", tmp_path / "run", record=replace(RECORD, seed=True))
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_model_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"^`which=` must be one of best, final; got 'latest'\."):
        RunDirectory(tmp_path).model_file("latest")


def test_history_comes_back_as_written(tmp_path):
    run = RunDirectory.create("cnn", tmp_path / "run")
    rows = [dict.fromkeys(HISTORY_COLUMNS, value) for value in (1.0, 2.0)]
    run.write_history(rows)
    assert run.read_history() == {column: [1.0, 2.0] for column in HISTORY_COLUMNS}


def test_runs_are_numbered_and_never_reused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "cnn-007").mkdir(parents=True)
    (tmp_path / "runs" / "cnn-fast-009").mkdir()
    assert [RunDirectory.create(name).name for name in ("cnn", "cnn", "mlp")] == ["cnn-008", "cnn-009", "mlp-001"]


def test_numbering_survives_a_race(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: list[str] = []
    create = partial(RunDirectory.create, "cnn", record=RECORD, source="x = 1\n")
    threads = [threading.Thread(target=lambda: names.append(create().name)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(names) == [f"cnn-{number:03d}" for number in range(1, 17)]
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == sorted(names)
    assert RunDirectory.open(Path("runs/cnn-016")).read_record() == RECORD


def test_a_run_begins_with_its_record_and_its_recipe(tmp_path):
    (tmp_path / "mounted").mkdir()
    for out in (tmp_path / "new" / "run", tmp_path / "mounted"):
        run = RunDirectory.create("cnn", out, record=RECORD, source="x = 1  # ×\n")
        assert run.read_record() == RECORD
        assert run.recipe_file.read_text(encoding="utf-8") == "x = 1  # ×\n"
        with pytest.raises(RunError, match="never overwritten"):
            RunDirectory.create("cnn", out, record=RECORD, source="")


def test_a_recipe_has_one_hash_on_every_system(tmp_path):
    run = RunDirectory.create("cnn", tmp_path / "run")
    run.recipe_file.write_bytes(b"first = 1\nsecond = 2\n")
    on_linux = run.hash_recipe()
    run.recipe_file.write_bytes(b"first = 1\r\nsecond = 2\r\n")
    assert run.hash_recipe() == on_linux


def test_a_run_has_one_writer(tmp_path):
    run = RunDirectory.create("cnn", tmp_path / "run", record=RECORD, source="")
    with (
        run.writing(),
        pytest.raises(RunError, match=rf"Another kcnn process \(PID {os.getpid()}\) is writing"),
        RunDirectory(run.path).writing(),
    ):
        pass
    with run.writing():
        pass


def test_what_a_killed_process_left_is_removed(tmp_path):
    run = RunDirectory.create("cnn", tmp_path / "run", record=RECORD, source="")
    names = ["model-1.keras", "checkpoint/step-2.npz", "plots/curves.png", "export/model.tflite", "export/savedmodel/1"]
    left = [(run.path / name).with_name(f".partial-{Path(name).name}") for name in names]
    kept = run.checkpoint_file(7)
    for file in (*left, kept):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("half")
    with run.writing():
        assert not any(file.exists() for file in left)
    assert run.checkpoint_files() == [kept]


@pytest.mark.parametrize("name", ["record", "history", "health", "metrics"])
def test_a_file_that_may_not_be_read_is_not_called_damaged_or_missing(tmp_path, monkeypatch, name):
    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    run = RunDirectory.create("cnn", tmp_path / "run", record=RECORD, source="")
    monkeypatch.setattr("keras_cnn_course.files.foreign.open_regular", refuse)
    with pytest.raises(RunError, match=r"Cannot read .*\.(json|csv): Permission denied\.$"):
        getattr(run, f"read_{name}")()


def test_an_existing_folder_is_not_overwritten(tmp_path):
    (tmp_path / "kept").write_text("mine")
    with pytest.raises(RunError, match="not empty"):
        RunDirectory.create("cnn", tmp_path)
    assert (tmp_path / "kept").read_text() == "mine"


@pytest.mark.skipif(
    not Path("/sys/kernel").is_dir(), reason="needs a place where not even root may write: Linux's /sys"
)
def test_a_read_only_place_is_explained():
    with pytest.raises(RunError, match="Cannot create the run folder /sys/run"):
        RunDirectory.create("cnn", Path("/sys/run"))


def test_a_file_in_the_way_is_explained(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="Cannot create the run folder"):
        RunDirectory.create("cnn", tmp_path / "file" / "run")


def test_opening_what_is_no_run(tmp_path):
    with pytest.raises(RunError, match=r"is not a run folder: it has no run[.]json"):
        RunDirectory.open(tmp_path)
    with pytest.raises(RunError, match="does not exist"):
        RunDirectory.open(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not valid JSON"),
        ("[]", "JSON object"),
        (json.dumps({"recipe": "cnn"}), "has no 'hyperparameters', 'dataset', 'dataset_sha256' and 19 more"),
    ],
)
def test_an_edited_record_is_explained(tmp_path, text, message):
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(RunError, match=message):
        RunDirectory.open(tmp_path).read_record()


@pytest.mark.parametrize("text", [None, "epoch,loss\n1,2\n", ",".join(HISTORY_COLUMNS) + "\n1,2,3,4,five,6,7\n"])
def test_an_edited_history_is_explained(tmp_path, text):
    if text is not None:
        (tmp_path / "history.csv").write_text(text)
    with pytest.raises(RunError, match=r"Cannot read .*history\.csv: .*It must hold one row of numbers per epoch"):
        RunDirectory(tmp_path).read_history()


def test_a_missing_model_is_explained(tmp_path):
    with pytest.raises(RunError, match=r"best\.keras"):
        RunDirectory(tmp_path).load_model()


def test_a_truncated_model_is_explained(tmp_path, started, trained_run):
    whole = trained_run.model_file("best").read_bytes()
    run = RunDirectory(tmp_path)
    run.model_file("best").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RunError, match="is not a Keras model"):
        run.load_model()
