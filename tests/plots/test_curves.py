import math

import pytest

from keras_cnn_course.plots.curves import choose_epochs, plot_curves
from keras_cnn_course.plots.saving import save_picture
from keras_cnn_course.results.history import Curves


def curves(name="cnn-001", epochs=4, scale=1.0) -> Curves:
    numbers = tuple(range(1, epochs + 1))
    return Curves(
        name=name,
        epoch=numbers,
        loss=tuple(scale / number for number in numbers),
        accuracy=tuple(1 - 0.5 / number for number in numbers),
        val_loss=tuple(1.1 * scale / number for number in numbers),
        # Accuracy is largest in epoch 2, while the loss is smallest in the last epoch, which is the one chosen.
        val_accuracy=tuple(0.9 - 0.01 * abs(number - 2) for number in numbers),
        best_epoch=epochs,
    )


def test_training_is_dashed_validation_solid_and_the_epoch_with_the_smallest_validation_loss_marked():
    figure = plot_curves([curves()]).figure
    loss_axes, accuracy_axes = figure.axes
    assert loss_axes.get_yscale() == "log"
    assert accuracy_axes.get_yscale() == "linear"
    training, validation, best = accuracy_axes.lines
    assert training.is_dashed()
    assert not validation.is_dashed()
    assert training.get_ydata() == pytest.approx([0.5, 0.75, 1 - 0.5 / 3, 0.875])
    assert validation.get_ydata() == pytest.approx([0.89, 0.9, 0.89, 0.88])
    assert (list(best.get_xdata()), list(best.get_ydata())) == ([4], [0.88])
    assert (list(loss_axes.lines[2].get_xdata()), list(loss_axes.lines[2].get_ydata())) == ([4], [1.1 / 4])


def test_the_alt_text_has_the_numbers():
    alt = plot_curves([curves()]).alt
    assert "cnn-001 over 4 epochs" in alt
    assert "validation loss is smallest in epoch 4 with 0.2750, where validation accuracy is 88.00%" in alt
    assert "they end at 0.2750 and 88.00%" in alt
    assert alt.count(". ") == 0


def test_no_text_calls_the_chosen_epoch_the_one_with_the_largest_accuracy():
    one, several = plot_curves([curves()]), plot_curves([curves("a"), curves("b")])
    for picture in (one, several):
        loss_legend, accuracy_legend = (
            [text.get_text() for text in axes.get_legend().get_texts()] for axes in picture.figure.axes
        )
        assert loss_legend == ["training", "validation", "smallest validation loss"]
        assert accuracy_legend == ["training", "validation", "epoch with the smallest validation loss"]
        assert "90.00%" not in picture.alt
        assert "best" not in picture.alt
    assert "validation accuracy in the epoch with the smallest validation loss: a 88.00%, b 88.00%." in several.alt


def test_runs_on_the_same_axes_differ_and_are_named():
    names = [f"run-{number:02d}" for number in range(20)]
    figure = plot_curves([curves(name) for name in names]).figure
    looks = {(line.get_color(), line.get_marker()) for line in figure.axes[0].lines if not line.is_dashed()}
    assert len(looks - {look for look in looks if look[1] == "*"}) == 20
    assert [text.get_text() for text in figure.legends[0].get_texts()] == names


def test_names_that_matplotlib_would_hide_or_read_as_mathematics_are_shown(tmp_path):
    picture = plot_curves([curves("_hidden"), curves("$x$ 100%$")])
    assert [text.get_text() for text in picture.figure.legends[0].get_texts()] == ["_hidden", "$x$ 100%$"]
    save_picture(picture, tmp_path / "curves.png")


def test_the_legend_stays_inside_and_apart_from_the_axes(tmp_path):
    picture = plot_curves([curves(f"a-long-name-of-a-run-{number}") for number in range(12)])
    save_picture(picture, tmp_path / "curves.png")
    figure = picture.figure
    legend = figure.legends[0].get_window_extent()
    assert legend.x0 >= 0
    assert legend.y0 >= 0
    assert legend.x1 <= figure.bbox.width
    for axes in figure.axes:
        assert axes.get_tightbbox().y0 >= legend.y1 - 1


@pytest.mark.parametrize("epochs", [1, 300])
def test_one_epoch_and_many_can_be_drawn(tmp_path, epochs):
    run = curves(epochs=epochs)
    run = run if epochs > 1 else Curves("one", (1,), (0.5,), (0.8,), (0.6,), (0.7,), 1)
    save_picture(plot_curves([run]), tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 5000


@pytest.mark.parametrize("loss", [0.0, math.nan])
def test_a_loss_that_has_no_logarithm_can_be_drawn(tmp_path, loss):
    run = Curves("odd", (1, 2), (loss, loss), (0.8, 0.9), (loss, loss), (0.7, 0.8), 2)
    save_picture(plot_curves([run]), tmp_path / "curves.png")
    assert (tmp_path / "curves.png").exists()


@pytest.mark.parametrize(
    ("first", "last", "marked"),
    [(1, 1, [1]), (1, 4, [1, 2, 3, 4]), (1, 50, [1, 10, 20, 30, 40, 50]), (1, 51, [1, 10, 20, 30, 40, 51])],
)
def test_the_first_and_the_last_epoch_are_marked_and_no_epoch_0(first, last, marked):
    assert choose_epochs(first, last) == marked
