"""The lecture in NumPy: its operations, written to be read, and its slides worked out with them.

Every operation can be used from here, as in `kcnn.lecture.convolve(image, kernel)`. Modules are imported on first use.

>>> import keras_cnn_course.lecture as lecture
>>> lecture.convolve(lecture.LECTURE_IMAGE.pixels, lecture.FILTERS["horizontal-edges"].kernel)[2].tolist()
[0, 0, -2, -4, -4]
"""

from importlib import import_module
from typing import Any

_MODULES = {
    "FILTERS": "filters",
    "LECTURE_IMAGE": "material",
    "NETWORKS": "network",
    "Stage": "receptive_field",
    "average_pool": "pooling",
    "convolve": "convolution",
    "cross_entropy": "loss",
    "cross_entropy_from_logits": "loss",
    "flip": "convolution",
    "max_pool": "pooling",
    "mean_cross_entropy": "loss",
    "measure_change": "shift",
    "measure_equivariance": "shift",
    "measure_receptive_field": "receptive_field",
    "pad_zeros": "convolution",
    "parse_filter": "filter_text",
    "relu": "activation",
    "shift_image": "shift",
    "size_layers": "network",
    "softmax": "activation",
    "trace_stages": "receptive_field",
}

__all__ = list(_MODULES)


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
