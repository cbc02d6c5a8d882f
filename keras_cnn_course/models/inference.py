"""What a model's outputs mean, and the model as it is used after training: without its random layers, in probabilities.

This is the one place that decides whether outputs are probabilities or logits: measured when a training begins,
written to run.json, and taken from there afterwards. All that shows, stores or exports outputs asks here.
"""

from typing import Any

import numpy as np

from keras_cnn_course.models.graph import list_layers
from keras_cnn_course.runs.stated_outputs import find_stated_outputs

__all__ = [
    "INPUT_NAME",
    "build_inference_model",
    "choose_batch_size",
    "loss_takes_logits",
    "loss_takes_probabilities",
    "measure_outputs",
    "outputs_logits",
    "with_probabilities",
]

INPUT_NAME = "image"
_MOST_IMAGES, _MOST_PIXELS = 1000, 1000 * 64 * 64
_SOFTMAX_NAME = "probabilities"
# Layers that change images at random in training and nothing afterwards. RandomCrop then crops the center.
_RANDOM = {
    *("RandomBrightness", "RandomColorDegeneration", "RandomColorJitter", "RandomContrast", "RandomElasticTransform"),
    *("RandomErasing", "RandomFlip", "RandomGaussianBlur", "RandomGrayscale", "RandomHue", "RandomInvert"),
    *("RandomPerspective", "RandomPosterization", "RandomRotation", "RandomSaturation", "RandomSharpness"),
    *("RandomShear", "RandomTranslation", "RandomZoom", "AugMix", "RandAugment"),
    *("GaussianNoise", "GaussianDropout", "AlphaDropout", "Dropout", "SpatialDropout2D"),
}


def choose_batch_size(image_shape: tuple[int, ...]) -> int:
    """Return how many images of `(height, width, channels)` a model gets at once where it is not trained.

    So many that the call itself costs next to nothing, and so few that a feature map of 32 channels takes at most half
    a gigabyte.

    >>> choose_batch_size((28, 28, 1)), choose_batch_size((224, 224, 3))
    (1000, 81)
    """
    return max(1, min(_MOST_IMAGES, _MOST_PIXELS // (image_shape[0] * image_shape[1])))


def outputs_logits(model: Any) -> bool:
    """Return whether a Keras model's outputs are logits.

    That is what the run's record states. Without a record, such as for a run of version 0.1, the loss decides: whether
    it was made with `from_logits=True`. It may stand alone, or in a list or table with a loss for each output.
    """
    stated = find_stated_outputs(model)
    return stated == "logits" if stated else loss_takes_logits(model)


def loss_takes_logits(model: Any) -> bool:
    """Return whether a Keras model was compiled with a loss for logits."""
    return any(getattr(loss, "from_logits", False) for loss in _list_losses(getattr(model, "loss", None)))


def loss_takes_probabilities(model: Any) -> bool:
    """Return whether a Keras model was compiled with a loss that is known to be one for probabilities."""
    losses = _list_losses(getattr(model, "loss", None))
    names = ("sparse_categorical_crossentropy", "SparseCategoricalCrossentropy")
    return any(loss in names or getattr(loss, "from_logits", None) is False for loss in losses)


def measure_outputs(model: Any, images: np.ndarray) -> str:
    """Return what a Keras model's outputs are, measured on some images: one of `OUTPUTS`.

    The loss alone does not tell: a softmax may come before a loss for logits, and a loss of one's own has no
    `from_logits`.

    Args:
        images: uint8 or float32 on the scale 0 to 255, `(n, height, width, channels)`.
    """
    outputs = np.asarray(model(images.astype(np.float32) / np.float32(255), training=False), dtype=np.float64)
    if (outputs >= 0).all() and np.allclose(outputs.sum(axis=1), 1, rtol=0, atol=1e-3):
        return "probabilities"
    return "logits" if loss_takes_logits(model) or (outputs < 0).any() else "scores"


def _list_losses(loss: Any) -> list[Any]:
    if isinstance(loss, dict):
        loss = list(loss.values())
    if isinstance(loss, list | tuple):
        return [inner for item in loss for inner in _list_losses(item)]
    return [loss]


def with_probabilities(model: Any) -> Any:
    """Return a model that outputs probabilities: the model itself, or one with a softmax after its logits."""
    import keras

    if not outputs_logits(model):
        return model
    taken = {layer.name for layer in model.layers}
    name = next(name for name in (_SOFTMAX_NAME, "softmax_of_logits", None) if name not in taken)
    softmax = keras.layers.Softmax(name=name, dtype="float32")
    return keras.Model(model.inputs[0], softmax(model.outputs[0]), name=model.name)


def build_inference_model(model: Any) -> Any:
    """Return the model for use outside of this package, with the same weights.

    Its input is called `image`, its output is probabilities, and it has neither an optimizer nor layers that are random
    in training.

    Args:
        model: a built Functional or Sequential model with one image as its input.
    """
    import keras

    functional = keras.Model(model.inputs[0], with_probabilities(model).outputs[0], name=model.name)
    shape = model.inputs[0].shape[1:]
    image = keras.Input(shape, name=INPUT_NAME, dtype=model.inputs[0].dtype)
    # Layers other than random ones are taken as they are, so the copy shares their weights.
    return keras.models.clone_model(functional, input_tensors=image, clone_function=_fit)


def _fit(layer: Any) -> Any:
    """Return a layer without randomness, and within a model of another name if it is called as the input will be."""
    import keras

    if layer.name == INPUT_NAME:
        layer = keras.Model(layer.input, layer.output, name=f"{INPUT_NAME}_layer")
    return _without_randomness(layer)


def _without_randomness(layer: Any) -> Any:
    import keras

    if type(layer).__module__.startswith("keras.") and type(layer).__name__ in _RANDOM:
        return keras.layers.Identity(name=layer.name)
    if isinstance(layer, keras.Model) and any(type(inner).__name__ in _RANDOM for inner in list_layers(layer)):
        is_sequential = isinstance(layer, keras.Sequential)
        ends = (layer.inputs[0], layer.outputs[0]) if is_sequential else (layer.input, layer.output)
        inner = keras.Model(*ends, name=layer.name)
        return keras.models.clone_model(inner, clone_function=_without_randomness)
    return layer
