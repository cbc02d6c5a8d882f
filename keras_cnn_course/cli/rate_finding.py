"""`kcnn train --find-rate`: try growing learning rates instead of training a run."""

from pathlib import Path
from typing import TYPE_CHECKING

from keras_cnn_course.cli.train_order import TrainOrder
from keras_cnn_course.cli.train_results import print_rate
from keras_cnn_course.errors import UsageError

if TYPE_CHECKING:
    from keras_cnn_course.devices.backend import Backend

__all__ = ["choose_rate_picture", "find_and_draw_rate"]


def choose_rate_picture(recipe: str, out: Path | None, *, given: set[str]) -> Path:
    """Return the picture that --find-rate draws, and refuse the options of a training that writes a run."""
    from keras_cnn_course.plots.saving import check_picture_path

    for name in ("ensemble", "checkpoint_every", "log", "strategy", "replicas"):
        if name in given:
            raise UsageError(f"--find-rate trains no run, so --{name.replace('_', '-')} cannot be used with it.")
    picture = out or Path(f"learning-rate-{Path(recipe).stem}.png")
    check_picture_path(picture)
    return picture


def find_and_draw_rate(order: TrainOrder, started: "Backend", *, picture: Path, as_json: bool) -> None:
    """Try growing learning rates, draw the losses and suggest a rate."""
    from keras_cnn_course.inspection.found_rate import find_rate
    from keras_cnn_course.plots.saving import save_picture

    found = find_rate(
        order.recipe,
        order.data,
        seed=order.seed,
        precision=order.precision,
        backend=started,
        overrides=order.overrides,
    )
    save_picture(found.draw(), picture)
    print_rate(found, picture=picture, as_json=as_json)
