"""Where the receptive field of a trained model's layer lies in the image (slide "What numbers were involved ...?")."""

from dataclasses import dataclass
from typing import Any

from keras_cnn_course.lecture.receptive_field import Stage, TracedStage, trace_stages

__all__ = ["LayerField", "trace_layer"]

_POINTWISE = {"Activation", "BatchNormalization", "Dropout", "LeakyReLU", "ReLU", "Rescaling", "SpatialDropout2D"}
_WINDOWED = {"AveragePooling2D", "Conv2D", "DepthwiseConv2D", "MaxPooling2D"}

_Steps = tuple[tuple[Stage, Stage], ...]


@dataclass(frozen=True)
class LayerField:
    """What each pixel of a layer's output sees of the image.

    Args:
        rows: along the height.
        columns: along the width.
        image_size: `(height, width)` of the image.
    """

    rows: TracedStage
    columns: TracedStage
    image_size: tuple[int, int]

    def border(self) -> tuple[int, int]:
        """Return how many rows and columns of the output, on each side, see padding beyond the image."""
        rows, columns = (
            max(
                sum(axis.window(position).start < 0 for position in range(axis.output_size)),
                sum(axis.window(position).stop > pixels for position in range(axis.output_size)),
            )
            for axis, pixels in zip((self.rows, self.columns), self.image_size, strict=True)
        )
        return rows, columns


def trace_layer(model: Any, layer: Any) -> LayerField | None:
    """Return the field of a layer's output; None where a layer before it moves pixels in an unknown way.

    Only a chain of layers is followed: behind an addition or a concatenation, or inside another model, the field is
    not known here.

    Args:
        model: a built Keras model of one image.
        layer: one of its layers.
    """
    import keras

    (image,) = model.inputs
    # A Sequential model that was read from a file has called each layer several times, so that the tensors between its
    # layers cannot be told by their identity; but each layer follows the one before.
    in_order = isinstance(model, keras.Sequential)
    known: dict[int, _Steps | None] = {id(image): ()}
    path: _Steps | None = ()
    for before in model.layers:
        if type(before).__name__ == "InputLayer":
            continue
        path, step = path if in_order else known.get(id(before.input)), _stages(before)
        path = None if path is None or step is None else path + step
        known[id(before.output)] = path
        if before is layer:
            break
    if not path:
        return None
    height, width = (int(side) for side in image.shape[1:3])
    rows = trace_stages([stage for stage, _ in path], input_size=height)[-1]
    columns = trace_stages([stage for _, stage in path], input_size=width)[-1]
    return LayerField(rows, columns, (height, width))


def _stages(layer: Any) -> _Steps | None:
    """Return a layer's step along rows and columns: none for one that looks at each pixel alone, None if unknown."""
    kind = type(layer).__name__ if type(layer).__module__.startswith("keras.") else ""
    if kind in _POINTWISE or kind.startswith("Random"):
        return ()
    if kind not in _WINDOWED:
        return None
    window = layer.pool_size if kind.endswith("Pooling2D") else layer.kernel_size
    dilation = getattr(layer, "dilation_rate", (1, 1))
    rows, columns = (
        Stage(window[axis], stride=layer.strides[axis], dilation=dilation[axis], padding=layer.padding)
        for axis in (0, 1)
    )
    return ((rows, columns),)
