"""The score of a class before the softmax, its gradients, and the feature maps on the way to it."""

from typing import Any

import numpy as np

from keras_cnn_course.errors import UsageError, did_you_mean
from keras_cnn_course.models.graph import Graph, LayerCall, read_graph
from keras_cnn_course.models.inference import outputs_logits
from keras_cnn_course.runs.stated_outputs import find_stated_outputs, state_outputs

__all__ = ["ClassScore", "build_class_score", "compute_in_float32"]

_AFTER_CONVOLUTION = ("Activation", "BatchNormalization", "ELU", "LayerNormalization", "LeakyReLU", "PReLU", "ReLU")


class ClassScore:
    """Computes scores and gradients with TensorFlow, and returns NumPy arrays.

    A softmax hides how strongly a class is supported: near 100% its gradient vanishes. So the score is the logit where
    the model has one, and otherwise the logarithm of the probability. The model's weights are used as they are at each
    call.

    Args:
        model: returns the feature maps, which may be missing, and what the head receives.
        head: the last layer, if its softmax has to be left out.
        name: of the score: `logit`, `score` or `log probability`.
        layer: the convolution that the feature maps belong to; None without one.
    """

    def __init__(self, model: Any, *, head: Any, name: str, layer: str | None) -> None:
        self.model, self.head, self.name, self.layer = model, head, name, layer

    def probabilities(self, pixels: np.ndarray) -> np.ndarray:
        """Return the probability of each class, `(classes,)`, for one image from 0 to 1."""
        import tensorflow as tf

        scores = self._forward(tf.convert_to_tensor(pixels[None]))[1]
        shares = {"logit": tf.nn.softmax, "log probability": tf.exp}.get(self.name, tf.identity)(scores)
        return np.asarray(shares[0])

    def compute(self, images: Any) -> Any:
        """Return the scores of all classes, a tensor `(n, classes)`, for a tensor of images from 0 to 1."""
        return self._forward(images)[1]

    def scores(self, images: np.ndarray, label: int) -> np.ndarray:
        """Return the scores of a class, `(n,)`, for images from 0 to 1."""
        import tensorflow as tf

        return np.asarray(self._forward(tf.convert_to_tensor(images))[1][:, label])

    def gradients(self, images: np.ndarray, label: int) -> np.ndarray:
        """Return the gradient of each image's score with respect to its pixels, of the shape of the images."""
        import tensorflow as tf

        tensor = tf.convert_to_tensor(images)
        with tf.GradientTape() as tape:
            tape.watch(tensor)
            total = tf.reduce_sum(self._forward(tensor)[1][:, label])
        gradients = tape.gradient(total, tensor, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return np.asarray(tf.cast(gradients, tf.float32))

    def map_gradients(self, pixels: np.ndarray, label: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the feature maps of the convolution for one image, and the score's gradients with respect to them.

        Both are `(height, width, channels)`.
        """
        import tensorflow as tf

        tensor = tf.convert_to_tensor(pixels[None])
        with tf.GradientTape() as tape:
            tape.watch(tensor)
            maps, scores = self._forward(tensor)
            score = scores[0, label]
        gradients = tape.gradient(score, maps, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return np.asarray(tf.cast(maps[0], tf.float32)), np.asarray(tf.cast(gradients[0], tf.float32))

    def _forward(self, images: Any) -> tuple[Any, Any]:
        import tensorflow as tf

        outputs = self.model(images, training=False)
        maps, received = outputs if isinstance(outputs, list | tuple) else (None, outputs)
        if self.head is not None:
            received = tf.matmul(received, tf.cast(self.head.kernel, received.dtype))
            if self.head.use_bias:
                received = tf.nn.bias_add(received, tf.cast(self.head.bias, received.dtype))
        scores = tf.cast(received, tf.float32)
        if self.name == "log probability":
            scores = tf.math.log(tf.maximum(scores, 1e-30))
        return maps, scores


def build_class_score(model: Any, layer: str | None = None) -> ClassScore:
    """Return what computes the scores of a model's classes.

    Args:
        model: a built Keras model with one image as its input and one output per class.
        layer: the convolution whose feature maps are asked for; the last one when None.

    Raises:
        UsageError: the model has no such convolution.
    """
    import keras

    try:
        graph = read_graph(model)
    except UsageError:  # a subclass with a `call` of its own can still be computed
        if layer is not None:
            raise
        name = "logit" if outputs_logits(model) else _name_output(model)
        return ClassScore(model, head=None, name=name, layer=None)
    end = graph.calls[graph.outputs[0]]
    head, tensor, name = None, end.output, _name_output(model)
    if outputs_logits(model):
        name = "logit"
    elif name == "log probability" and end.is_a("Softmax", "Activation") and _is_softmax(end):
        tensor, name = graph.calls[end.feeds[0]].output, "logit"
    elif name == "log probability" and end.is_a("Dense") and end.activation == "softmax":
        head, tensor, name = end.layer, graph.calls[end.feeds[0]].output, "logit"
    chosen = _choose_convolution(graph, layer)
    outputs = tensor if chosen is None else [_follow(graph, chosen).output, tensor]
    probe = keras.Model(model.inputs[0], outputs)
    return ClassScore(probe, head=head, name=name, layer=None if chosen is None else chosen.name)


def compute_in_float32(model: Any) -> Any:
    """Return a model itself if it computes in float32, otherwise a copy that does.

    Gradients in bfloat16 have two or three digits.
    """
    import keras

    if all(layer.compute_dtype == "float32" for layer in model.layers):
        return model

    def copy(layer: Any) -> Any:
        config = layer.get_config()
        is_model = isinstance(layer, keras.Model)
        return type(layer).from_config(config if is_model else {**config, "dtype": "float32"})

    copied = keras.models.clone_model(model, clone_function=copy)
    copied.set_weights(model.get_weights())
    state_outputs(copied, "logits" if outputs_logits(model) else find_stated_outputs(model))
    return copied


def _name_output(model: Any) -> str:
    return "score" if find_stated_outputs(model) == "scores" else "log probability"


def _is_softmax(call: LayerCall) -> bool:
    return call.is_a("Softmax") or call.activation == "softmax"


def _choose_convolution(graph: Graph, layer: str | None) -> LayerCall | None:
    convolutions = {call.name: call for call in graph.calls if call.is_convolution and len(call.output_shape) == 3}
    if layer is None:
        return list(convolutions.values())[-1] if convolutions else None
    if layer not in convolutions:
        if not convolutions:
            raise UsageError(f"No convolution named {layer!r}: the model has no Conv2D layer.")
        meant = did_you_mean(layer, convolutions)
        raise UsageError(f"No convolution named {layer!r}.{meant} Available: {', '.join(convolutions)}.")
    return convolutions[layer]


def _follow(graph: Graph, call: LayerCall) -> LayerCall:
    """Return the call that ends a convolution's block: its normalization and activation belong to its feature maps."""
    while True:
        position = next(place for place, other in enumerate(graph.calls) if other is call)
        readers = [other for other in graph.calls if position in other.feeds]
        if len(readers) != 1 or not readers[0].is_a(*_AFTER_CONVOLUTION) or _is_softmax(readers[0]):
            return call
        call = readers[0]
