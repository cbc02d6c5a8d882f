"""Heat maps over an image: which pixels speak for a class, by several methods side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import matplotlib
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import IMAGE, MUTED, SIGNED, SMALL, TEXT, TITLE, new_figure, wrap_text

__all__ = ["METHODS", "EvidenceRow", "Method", "plot_evidence"]

# Inches.
_MARGIN, _SIDE, _GAP, _LABEL, _BAR, _LINE = 0.2, 1.75, 0.18, 0.3, 0.75, 0.135


@dataclass(frozen=True)
class Method:
    """What a map means and what it does not, a sentence each."""

    title: str
    means: str
    warns: str


METHODS = {
    "gradient": Method(
        "Gradient",
        "Which pixels would raise the score most if they became a little brighter (blue) or darker (red).",
        "It does not show how much a pixel contributes as it is; neighbors often disagree.",
    ),
    "smooth_gradient": Method(
        "SmoothGrad",
        "The mean gradient over 64 noisy copies: what stays when the image changes slightly.",
        "It looks clearer, but noise that cancels out is not evidence.",
    ),
    "integrated_gradients": Method(
        "Integrated gradients",
        "How much each pixel adds to the score on the way from the plain background to the image. "
        "The map adds up to the difference.",
        "Pixels in the background's color get 0, even if their emptiness matters.",
    ),
    "grad_cam": Method(
        "Grad-CAM",
        "Where the feature maps that raise the score are active.",
        "It is as coarse as the feature maps, which are enlarged, and hides what speaks against the class.",
    ),
    "occlusion": Method(
        "Occlusion",
        "By how much the score falls when a gray patch covers the place. It needs no gradient.",
        "A gray patch is something new, which the network may take for a stroke or an edge.",
    ),
}
"""The methods by the name of their map, in the order of the columns."""


@dataclass(frozen=True, eq=False)
class EvidenceRow:
    """The maps of one network.

    Args:
        label: the network.
        maps: `(height, width)` each, by their names in `METHODS`.
        alike: of a control, the rank correlation of each map with that of the trained network; nan where a map is 0
            everywhere.
    """

    label: str
    maps: Mapping[str, np.ndarray]
    alike: Mapping[str, float] = field(default_factory=dict)


def plot_evidence(
    image: np.ndarray,
    rows: Sequence[EvidenceRow],
    *,
    title: str,
    completeness_error: float,
    layer: str | None = None,
) -> Picture:
    """Draw one column per method and one row per network, each map on its own scale, with what it means below.

    Args:
        image: `(height, width, channels)`, from 0 to 255.
        rows: that of the trained network first, then that with random weights, then, if wanted, that which has
            learned shuffled labels.
        title: of the sheet.
        completeness_error: of the trained network's integrated gradients, as a share.
        layer: the convolution of Grad-CAM.
    """
    names = [name for name in METHODS if name in rows[0].maps]
    height, width = image.shape[:2]
    across, down = _SIDE * width / max(height, width), _SIDE * height / max(height, width)
    step = max(across, _SIDE) + _GAP
    texts = {name: _explain(METHODS[name], layer if name == "grad_cam" else None) for name in names}
    control = _explain_controls(len(rows))
    text_height = _LINE * max(text.count("\n") + 1 for text in (control, *texts.values()))
    sheet_width = 2 * _MARGIN + _LABEL + (len(names) + 1) * step + _BAR
    heading = wrap_text(title, inches=sheet_width - 2 * _MARGIN, size=TITLE)
    top = _MARGIN + 0.2 * (heading.count("\n") + 1) + 0.35
    row_step = down + 2 * _LINE + _GAP
    sheet_height = top + len(rows) * row_step + text_height + _MARGIN
    figure = new_figure(sheet_width, sheet_height, constrained=False)
    plain: dict[str, Any] = {"va": "top", "ha": "left", "parse_math": False}
    figure.text(_MARGIN / sheet_width, 1 - _MARGIN / sheet_height, heading, fontsize=TITLE, **plain)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    faint = _draw_faintly(image)
    for number, row in enumerate(rows):
        upper = top + number * row_step
        label_place = (_MARGIN, upper + down / 2)
        axes.text(*label_place, row.label, rotation=90, va="center", fontsize=TEXT, fontweight="bold", parse_math=False)
        for column, name in enumerate(["image", *names]):
            left = _MARGIN + _LABEL + column * step
            shown = _show_image(image) if name == "image" else _lay_over(faint, row.maps[name])
            axes.imshow(
                shown,
                extent=(left, left + across, upper + down, upper),
                interpolation="none",
                cmap=IMAGE,
                vmin=0,
                vmax=1,
            )
            if number == 0:
                head = METHODS[name].title if name in METHODS else "Image"
                axes.text(left, upper - 0.2, head, fontsize=TEXT, fontweight="bold", **plain)
            if name != "image":
                below = _describe_map(row.maps[name], row.alike.get(name))
                if number == 0 and name == "integrated_gradients":
                    below += f"\ncompleteness error {completeness_error:.2%}"
                axes.text(left, upper + down + 0.04, below, fontsize=SMALL, color=MUTED, **plain)
    for column, name in enumerate(names, start=1):
        place = (_MARGIN + _LABEL + column * step, top + len(rows) * row_step)
        axes.text(*place, texts[name], fontsize=SMALL, **plain)
    axes.text(_MARGIN + _LABEL, top + len(rows) * row_step, control, fontsize=SMALL, **plain)
    axes.set(xlim=(0, sheet_width), ylim=(sheet_height, 0), aspect="auto")
    _draw_bar(figure, top=top, length=down)
    return Picture(figure, _describe(title, rows, names))


def _explain(method: Method, layer: str | None) -> str:
    means = f"{layer}: {method.means[0].lower()}{method.means[1:]}" if layer else method.means
    return "\n".join(wrap_text(text, inches=_SIDE, size=SMALL) for text in (means, f"But: {method.warns}"))


def _explain_controls(rows: int) -> str:
    texts = ["Second row: the same network with its weights in random order, which knows nothing."]
    if rows > 2:
        texts.append("Third row: the same network after it learned shuffled labels by heart.")
    texts.append(
        "The rank correlation compares a map's strengths with those in the first row. A map that looks alike shows the "
        "image, not what the network has learned."
    )
    return "\n".join(wrap_text(text, inches=_SIDE, size=SMALL) for text in texts)


def _show_image(image: np.ndarray) -> np.ndarray:
    shown = np.clip(image.astype(np.float32) / 255, 0, 1)
    return shown if image.shape[-1] == 3 else shown[..., 0]


def _draw_faintly(image: np.ndarray) -> np.ndarray:
    """Return the image as light gray on white, `(height, width, 3)` from 0 to 1, whatever its own polarity."""
    gray = image.astype(np.float32).mean(axis=-1)
    border = np.concatenate([gray[0], gray[-1], gray[:, 0], gray[:, -1]])
    ink = np.abs(gray - np.median(border))
    return np.repeat((1 - 0.3 * ink / (ink.max() or 1))[..., None], 3, axis=2)


def _lay_over(faint: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the image under a map: the stronger a value, the less of the image is left.

    The strongest hundredth of the pixels has the full color, so that one pixel does not hide all others.
    """
    sizes = np.abs(values)
    strength = np.clip(values / (np.quantile(sizes, 0.99) or sizes.max() or 1), -1, 1)
    colors = matplotlib.colormaps[SIGNED](Normalize(-1, 1)(strength))[..., :3]
    cover = np.abs(strength)[..., None] ** 0.7
    return np.asarray(faint * (1 - cover) + colors * cover)


def _describe_map(values: np.ndarray, alike: float | None) -> str:
    strongest = float(values.reshape(-1)[np.abs(values).argmax()])
    said = f"strongest {strongest:+.3g}" if strongest else "0 everywhere"
    if alike is None or np.isnan(alike):
        return said
    return f"{said}\nrank correlation {alike:.2f}"


def _draw_bar(figure: Figure, *, top: float, length: float) -> None:
    width, height = figure.get_size_inches()
    box = ((width - _BAR + 0.05) / width, 1 - (top + length) / height, 0.1 / width, length / height)
    bar = figure.colorbar(ScalarMappable(Normalize(-1, 1), SIGNED), cax=figure.add_axes(box))
    bar.set_ticks([-1, 0, 1], labels=["against", "0", "for"])
    bar.ax.tick_params(labelsize=SMALL, length=2)


def _describe(title: str, rows: Sequence[EvidenceRow], names: Sequence[str]) -> str:
    places = []
    for name in names:
        values = rows[0].maps[name]
        if values.any():
            row, column = np.unravel_index(int(values.argmax()), values.shape)
            places.append(f"{METHODS[name].title} at row {row}, column {column}")
    found = f" Strongest evidence for the class: {', '.join(places)}." if places else ""
    compared = ""
    for control in rows[1:]:
        known = {name: control.alike[name] for name in names if not np.isnan(control.alike[name])}
        same = ", ".join(f"{METHODS[name].title} {value:.2f}" for name, value in known.items())
        compared += f" Rank correlation with {control.label}: {same}." if same else ""
    return f"{title}.{found}{compared}"
