"""Dream: images that excite the filters and the classes of a run's network most, next to the strongest test images."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.errors import RunError, UsageError
from keras_cnn_course.files.values import SEED, check_value, whole_number
from keras_cnn_course.inspection.explaining import find_label
from keras_cnn_course.models.class_score import build_class_score, compute_in_float32
from keras_cnn_course.models.dreaming import build_filter_score, dream, find_convolution
from keras_cnn_course.models.graph import read_graph
from keras_cnn_course.models.patches import LayerPatches, Patch, cut_fields, find_strongest_patches
from keras_cnn_course.plots.dreams import DreamedTile, DreamSheet, plot_dreams
from keras_cnn_course.plots.saving import Pictures

__all__ = ["draw_dreams"]

_REAL = 4
_BATCH = 500


@dataclass(frozen=True, eq=False)
class _Dreamed:
    """The dreams of one layer's filters, or of the classes; the images are whole, `(n, height, width, channels)`."""

    sheet: DreamSheet
    tiles: Sequence[DreamedTile]
    images: np.ndarray


def draw_dreams(
    model: Any,
    data: Dataset,
    class_names: tuple[str, ...],
    *,
    name: str,
    layer: str | None = None,
    filter_index: int | None = None,
    target: str | int | None = None,
    seed: int = 0,
) -> Pictures:
    """Draw images that excite filters or classes most, next to the strongest test images.

    Args:
        data: with the test images.
        class_names: of the model.
        name: of the run, for the titles.
        layer: a convolution; every one when None, unless a class is given.
        filter_index: one filter of that layer; all of them when None.
        target: a class, by name or label; every one when None, unless a layer is given.
        seed: of the noise and of the moves.

    Returns:
        One picture per layer, by its name, and one called `classes`.

    Raises:
        UsageError: there is no such layer, filter or class, or both a layer and a class are given.
        RunError: the receptive field of the layer is not known, or a score is not finite.
    """
    if layer is not None and target is not None:
        raise UsageError("Dream of a layer's filters or of a class: give one of the two.")
    seed = check_value("seed", seed, SEED, kind=UsageError)
    if filter_index is not None and layer is None:
        raise UsageError("A filter belongs to a layer. Name the layer with `layer=`.")
    model = compute_in_float32(model)
    notes: list[str] = []
    dreamed: dict[str, _Dreamed] = {}
    layers = _choose_layers(model, layer) if target is None else []
    filters = {chosen: _choose_filters(model, chosen, filter_index) for chosen in layers}
    found = find_strongest_patches(model, data.x_test, data.y_test, count=_REAL) if layers else []
    for chosen in layers:
        real = next((patches for patches in found if patches.layer == chosen), None)
        if real is None:
            notes.append(f"{chosen}: left out, because its receptive field is not known.")
        else:
            dreamed[chosen] = _dream_of_filters(model, real, filters[chosen], data.input_shape, name=name, seed=seed)
    if layer is None:
        labels = np.arange(len(class_names)) if target is None else np.array([find_label(target, class_names)])
        dreamed["classes"] = _dream_of_classes(model, data, class_names, labels, name=name, seed=seed)
    if not dreamed:
        raise RunError(f"Cannot dream of {layer}: its receptive field is not known.")
    arrays: dict[str, np.ndarray] = {}
    for key, one in dreamed.items():
        arrays |= {f"{key}_images": one.images, f"{key}_dreamed": _list_scores(one.tiles)}
        arrays[f"{key}_strongest_test"] = _list_real_scores(one.tiles)
        notes += _find_stuck(key, one)
    return Pictures(
        {key: plot_dreams(one.tiles, one.sheet, class_names) for key, one in dreamed.items()},
        captions={key: _summarize(key, one) for key, one in dreamed.items()},
        arrays=arrays,
        notes=tuple(notes),
    )


def _choose_layers(model: Any, layer: str | None) -> list[str]:
    """Return the convolution that was asked for, or all."""
    if layer is not None:
        return [find_convolution(model, layer).name]
    return list(dict.fromkeys(call.name for call in read_graph(model).calls if call.is_convolution))


def _choose_filters(model: Any, layer: str, index: int | None) -> np.ndarray:
    count = find_convolution(model, layer).output_shape[-1] or 0
    if index is None:
        return np.arange(count)
    return np.array([check_value(f"The filter of {layer}", index, whole_number(0, count - 1), kind=UsageError)])


def _dream_of_filters(
    model: Any, real: LayerPatches, filters: np.ndarray, shape: tuple[int, int, int], *, name: str, seed: int
) -> _Dreamed:
    """Dream of some filters of a convolution; their receptive fields are cut out for the picture."""
    dreams = dream(build_filter_score(model, real.layer), filters, shape, seed=seed)
    patches = cut_fields(model, real.layer, dreams.images, filters)
    tiles = [
        DreamedTile(f"#{index}", patch.pixels, patch.activation, float(first), real.filters[index].patches)
        for index, patch, first in zip(filters, patches, dreams.first_scores, strict=True)
    ]
    return _Dreamed(DreamSheet(name, real.layer, "output before ReLU", real.searched), tiles, dreams.images)


def _dream_of_classes(
    model: Any, data: Dataset, class_names: tuple[str, ...], labels: np.ndarray, *, name: str, seed: int
) -> _Dreamed:
    score = build_class_score(model)
    images, count = data.x_test, len(data.x_test)
    parts = [images[start : start + _BATCH].astype(np.float32) / np.float32(255) for start in range(0, count, _BATCH)]
    scores = np.concatenate([np.asarray(score.compute(part)) for part in parts])
    dreams = dream(score, labels, data.input_shape, seed=seed)

    def strongest(label: int) -> tuple[Patch, ...]:
        order = np.argsort(-scores[:, label], kind="stable")[:_REAL]
        return tuple(Patch(int(at), int(data.y_test[at]), 0, 0, float(scores[at, label]), images[at]) for at in order)

    tiles = [
        DreamedTile(class_names[label], pixels, float(reached), float(first), strongest(label))
        for label, pixels, reached, first in zip(labels, dreams.images, dreams.scores, dreams.first_scores, strict=True)
    ]
    return _Dreamed(DreamSheet(name, "", score.name, count), tiles, dreams.images)


def _list_scores(tiles: Sequence[DreamedTile]) -> np.ndarray:
    return np.array([tile.score for tile in tiles], dtype=np.float32)


def _list_real_scores(tiles: Sequence[DreamedTile]) -> np.ndarray:
    return np.array([tile.patches[0].activation for tile in tiles], dtype=np.float32)


def _summarize(key: str, dreamed: _Dreamed) -> str:
    """Return a line with what the dreamed images reach, and what the test images do."""
    parts = [_range(values) for values in (_list_scores(dreamed.tiles), _list_real_scores(dreamed.tiles))]
    return f"{key}: {dreamed.sheet.score_name} {parts[0]} in dreamed images, at most {parts[1]} in test images"


def _range(values: np.ndarray) -> str:
    low, high = f"{values.min():.2f}", f"{values.max():.2f}"
    return low if low == high else f"{low} to {high}"


def _find_stuck(key: str, dreamed: _Dreamed) -> list[str]:
    """Return a note about the dreams that are not stronger than the noise that they began as."""
    stuck = [tile.name for tile in dreamed.tiles if tile.score <= tile.first_score]
    if not stuck:
        return []
    return [f"{key}: no image was found that excites {', '.join(stuck)} more than noise does; its gradient is 0."]
