import pytest

from keras_cnn_course.errors import RunError, UsageError
from keras_cnn_course.results.history import label_runs, read_all_curves, read_curves
from keras_cnn_course.runs.directory import RunDirectory


def make_run(path, scores):
    """Write a run folder with the given pairs of validation accuracy and loss."""
    run = RunDirectory.create("cnn", path)
    (path / "run.json").write_text("{}")
    run.write_history(
        [
            {
                "epoch": epoch,
                "loss": 1 / epoch,
                "accuracy": 0.5,
                "val_loss": loss,
                "val_accuracy": accuracy,
                "learning_rate": 0.001,
                "seconds": 1.0,
            }
            for epoch, (accuracy, loss) in enumerate(scores, start=1)
        ]
    )
    return path


@pytest.mark.parametrize(
    ("scores", "best"),
    [
        ([(0.7, 0.9), (0.9, 0.5), (0.8, 0.1)], 3),
        ([(0.9, 0.5), (0.9, 0.4), (0.9, 0.45)], 2),
        ([(0.9, 0.5), (0.9, 0.5)], 1),
    ],
)
def test_the_best_epoch_is_the_first_with_the_smallest_validation_loss(tmp_path, scores, best):
    curves = read_curves(make_run(tmp_path / "run", scores))
    assert curves.best_epoch == best
    assert curves.best == best - 1
    assert curves.val_loss == tuple(loss for _, loss in scores)
    assert curves.loss[1] == 0.5
    assert curves.name == "run"


def test_runs_of_the_same_name_are_labeled_by_their_path(tmp_path):
    paths = [make_run(tmp_path / parent / "cnn-001", [(0.5, 1.0)]) for parent in ("a", "b")]
    other = make_run(tmp_path / "mlp-001", [(0.5, 1.0)])
    assert label_runs([*paths, other]) == [str(paths[0]), str(paths[1]), "mlp-001"]
    assert [curves.name for curves in read_all_curves([*paths, other])] == label_runs([*paths, other])


def test_a_run_before_its_first_epoch_is_reported(tmp_path):
    with pytest.raises(RunError, match="no finished epoch yet"):
        read_curves(make_run(tmp_path / "run", []))


def test_a_run_that_is_given_twice_is_refused(tmp_path):
    with pytest.raises(UsageError, match="cnn-001 is given more than once"):
        label_runs([tmp_path / "cnn-001", tmp_path / "mlp-001", tmp_path / "cnn-001"])
