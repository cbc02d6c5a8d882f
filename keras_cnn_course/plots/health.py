"""The health of a network's layers over the epochs: norms of weights and gradients, and dead units."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import MARKERS, OKABE_ITO, SMALL, TEXT, TITLE, new_figure, wrap_text
from keras_cnn_course.runs.health_file import LayerHealth

__all__ = ["plot_health"]

_WIDTH, _HEIGHT, _LEGEND_ROW, _COLUMNS = 9.6, 3.4, 0.19, 6


def plot_health(rows: Sequence[LayerHealth], *, name: str) -> Picture:
    """Draw one line per layer in three panels: norm of the weights, of the gradients, and share of dead units.

    Args:
        rows: of health.csv, at least one.
        name: of the run.
    """
    layers = list(dict.fromkeys(row.layer for row in rows))
    figure = new_figure(_WIDTH, _HEIGHT + _LEGEND_ROW * -(-len(layers) // _COLUMNS))
    panels = figure.subplots(1, 3)
    handles = {}
    for number, layer in enumerate(layers):
        own = [row for row in rows if row.layer == layer]
        for axes, values in zip(
            panels,
            (
                [row.weight_norm for row in own],
                [row.gradient_norm for row in own],
                [row.dead_share for row in own],
            ),
            strict=True,
        ):
            points = [(row.epoch, value) for row, value in zip(own, values, strict=True) if value is not None]
            if points:
                (handles[layer],) = axes.plot(
                    *zip(*points, strict=True),
                    color=OKABE_ITO[number % len(OKABE_ITO)],
                    marker=MARKERS[number % len(MARKERS)],
                    markersize=4,
                    linewidth=1.4,
                )
    _dress(panels[0], "norm of the weights")
    _dress(panels[1], "norm of the gradients")
    _dress(panels[2], "share of dead units")
    panels[2].set_ylim(-0.03, 1.03)
    panels[2].yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{share:.0%}"))
    for axes in panels[:2]:
        axes.set_ylim(bottom=0)
    legend = figure.legend(
        handles.values(), ["layer"] * len(handles), loc="outside lower center", ncols=_COLUMNS, fontsize=SMALL + 1
    )
    legend.set_frame_on(False)
    for text, layer in zip(legend.get_texts(), handles, strict=True):
        text.set_parse_math(False)
        text.set_text(layer)
    title = wrap_text(f"{name}: health of the layers", inches=_WIDTH - 0.4, size=TITLE)
    figure.suptitle(title, fontsize=TITLE, parse_math=False)
    return Picture(figure, _describe(rows, name))


def _dress(axes: Axes, title: str) -> None:
    axes.set_title(title, fontsize=TEXT)
    axes.set_xlabel("epoch", fontsize=TEXT)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.tick_params(labelsize=SMALL + 1)
    axes.grid(visible=True, color="#E4E4E4", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _describe(rows: Sequence[LayerHealth], name: str) -> str:
    last = max(row.epoch for row in rows)
    dead = [(row.layer, row.dead_share) for row in rows if row.epoch == last and row.dead_share is not None]
    shares = ", ".join(f"{layer} {share:.0%}" for layer, share in dead)
    words = f"after epoch {last}, the shares of dead units are: {shares}" if dead else "no layer has a ReLU"
    return f"Norms of weights and gradients of each layer of {name} over the epochs, and dead units; {words}."
