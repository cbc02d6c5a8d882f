"""What the configuration of a `.keras` file may say.

Keras builds the classes, calls the functions and opens the paths that a configuration names. So the configuration is
read first, against a list of what is known: the classes of image classifiers by module and name, the settings of each
that hold another object, and plain numbers and words everywhere else. What is not on the list is refused.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from keras_cnn_course.errors import RunError

__all__ = ["check_model_contents"]

MAX_LAYERS = 2_000

_CLASSES = {
    ("model", "keras"): "Functional Sequential",
    ("model", "keras.src.models.functional"): "Functional",
    ("model", "keras.src.models.sequential"): "Sequential",
    ("layer", "keras.layers"): (
        "InputLayer Conv1D Conv2D Conv2DTranspose DepthwiseConv2D SeparableConv2D Dense EinsumDense "
        "MaxPooling1D MaxPooling2D AveragePooling1D AveragePooling2D AdaptiveAveragePooling2D AdaptiveMaxPooling2D "
        "GlobalMaxPooling1D GlobalMaxPooling2D GlobalAveragePooling1D GlobalAveragePooling2D "
        "Activation ReLU LeakyReLU PReLU ELU Softmax "
        "BatchNormalization LayerNormalization GroupNormalization UnitNormalization RMSNormalization Normalization "
        "Dropout AlphaDropout GaussianDropout GaussianNoise SpatialDropout1D SpatialDropout2D ActivityRegularization "
        "Add Average Concatenate Dot Maximum Minimum Multiply Subtract "
        "Flatten Reshape Permute RepeatVector Cropping1D Cropping2D ZeroPadding1D ZeroPadding2D UpSampling1D "
        "UpSampling2D Masking Identity "
        "Rescaling Resizing CenterCrop RandomCrop RandomFlip RandomRotation RandomShear RandomTranslation RandomZoom "
        "RandomBrightness RandomContrast RandomErasing RandomElasticTransform RandomGaussianBlur RandomGrayscale "
        "RandomInvert RandomPerspective RandomPosterization RandomSharpness "
        "Attention AdditiveAttention MultiHeadAttention SimpleRNN LSTM GRU Bidirectional TimeDistributed"
    ),
    ("operation", "keras.src.ops.numpy"): (
        "Abs Absolute Add Clip Concatenate Divide Exp ExpandDims Flip GetItem Log Max Maximum Mean Min Minimum "
        "Moveaxis Multiply Negative Power Reshape Sqrt Square Squeeze Stack Std Subtract Sum Swapaxes Tanh Transpose "
        "TrueDivide Var"
    ),
    ("operation", "keras.src.ops.nn"): (
        "Elu Gelu HardSigmoid HardSilu LeakyRelu LogSigmoid LogSoftmax Relu Relu6 Selu Sigmoid Silu Softmax Softplus "
        "Softsign"
    ),
    ("operation", "keras.src.ops.math"): "Logsumexp Rsqrt",
    ("initializer", "keras.initializers"): (
        "Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity LecunNormal LecunUniform Ones Orthogonal "
        "OrthogonalInitializer RandomNormal RandomUniform TruncatedNormal VarianceScaling Zeros"
    ),
    ("regularizer", "keras.regularizers"): "L1 L1L2 L2 OrthogonalRegularizer",
    ("constraint", "keras.constraints"): "MaxNorm MinMaxNorm NonNeg UnitNorm",
    ("policy", "keras"): "DTypePolicy",
    ("policy", "keras.dtype_policies"): "DTypePolicy",
    ("optimizer", "keras.optimizers"): (
        "Adadelta Adafactor Adagrad Adam AdamW Adamax Ftrl Lamb Lion LossScaleOptimizer Muon Nadam RMSprop SGD"
    ),
    ("schedule", "keras.optimizers.schedules"): (
        "CosineDecay CosineDecayRestarts ExponentialDecay InverseTimeDecay PiecewiseConstantDecay PolynomialDecay"
    ),
    ("loss", "keras.losses"): (
        "BinaryCrossentropy BinaryFocalCrossentropy CategoricalCrossentropy CategoricalFocalCrossentropy "
        "CategoricalHinge CosineSimilarity Hinge Huber KLDivergence LogCosh MeanAbsoluteError MeanSquaredError Poisson "
        "SparseCategoricalCrossentropy SquaredHinge"
    ),
    ("metric", "keras.metrics"): (
        "AUC Accuracy BinaryAccuracy BinaryCrossentropy CategoricalAccuracy CategoricalCrossentropy F1Score "
        "MeanAbsoluteError MeanSquaredError Precision Recall SparseCategoricalAccuracy "
        "SparseCategoricalCrossentropy SparseTopKCategoricalAccuracy TopKCategoricalAccuracy"
    ),
}
_KINDS = {(module, name): kind for (kind, module), names in _CLASSES.items() for name in names.split()}
_ACTIVATIONS = (
    "celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu linear "
    "log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus "
    "sparse_sigmoid sparsemax squareplus swish tanh tanh_shrink threshold"
)
# The losses and metrics above as functions. A configuration has only their names, and other names would give any other
# function of Keras, such as `deserialize`.
_FUNCTIONS = (
    "binary_accuracy binary_crossentropy binary_focal_crossentropy categorical_accuracy categorical_crossentropy "
    "categorical_focal_crossentropy categorical_hinge cosine_similarity hinge huber kl_divergence log_cosh "
    "mean_absolute_error mean_squared_error poisson sparse_categorical_accuracy sparse_categorical_crossentropy "
    "sparse_top_k_categorical_accuracy squared_hinge top_k_categorical_accuracy"
)
# The settings that hold another object, and the kinds that it may have.
_SLOTS = {
    "dtype": {"policy"},
    "activation": {"layer"},
    "recurrent_activation": {"layer"},
    "layer": {"layer"},
    "forward_layer": {"layer"},
    "backward_layer": {"layer"},
    "learning_rate": {"schedule"},
    "inner_optimizer": {"optimizer"},
}
_SLOT_ENDS = {"_initializer": "initializer", "_regularizer": "regularizer", "_constraint": "constraint"}
_OBJECT_KEYS = {
    *("module", "class_name", "config", "registered_name", "shared_object_id"),
    *("name", "inbound_nodes", "build_config", "compile_config"),
}
_MODEL_SETTINGS = {"name", "trainable", "dtype", "layers", "input_layers", "output_layers", "build_input_shape"}
_LONGEST_WORD = 200


def check_model_contents(config: Any, name: str) -> None:
    """Check that a configuration builds a model of known parts only.

    Args:
        config: what config.json of a `.keras` file holds.
        name: the file, for the message.

    Raises:
        RunError: it names something that is not known, or is no model at all.
    """
    try:
        _check_object(config, {"model"}, _Place(()))
    except _RefusedError as refused:
        raise RunError(
            f"kcnn does not open {name}: {refused}. Nothing in the file was run. Build the model from Keras's own "
            "layers, or, if you trust the run's recipe.py, use `trust_recipe=True`."
        ) from refused


class _RefusedError(Exception):
    """The reason why a configuration is refused."""


@dataclass(frozen=True)
class _Place:
    """Where in a configuration something is: the names of the layers around it."""

    layers: tuple[str, ...]

    def inside(self, layer: str) -> "_Place":
        return _Place((*self.layers, layer))

    def refuse(self, reason: str) -> _RefusedError:
        where = f"layer {self.layers[-1]!r}" if self.layers and self.layers[-1] else "a layer without a name"
        return _RefusedError(f"{where} {reason}" if self.layers else f"the model {reason}")


def _check_object(value: Any, kinds: set[str], place: _Place) -> str:
    """Check an object, everything in it included, and return its kind."""
    if not isinstance(value, dict):
        raise place.refuse(f"has {_quote(value)} in the place of an object")
    module, class_name, config = value.get("module"), value.get("class_name"), value.get("config")
    kind = _KINDS.get((module, class_name)) if isinstance(module, str) and isinstance(class_name, str) else None
    if kind not in kinds or not isinstance(config, dict):
        known = "which does not belong there" if kind else "which is not one of the Keras classes that kcnn knows"
        named = f" (named {_quote(config['name'])})" if isinstance(config, dict) and "name" in config else ""
        raise place.refuse(f"contains {_quote(class_name)}{named} of module {_quote(module)}, {known}")
    if value.get("registered_name") not in (None, class_name):
        raise place.refuse(f"is registered as {_quote(value['registered_name'])}: a class of its author's own")
    if unknown := set(value) - _OBJECT_KEYS:
        raise place.refuse(f"has {_quote(min(unknown))} beside its configuration")
    if kind in ("model", "layer", "operation"):
        layer = config.get("name", "")
        if not _is_word(layer):
            raise place.refuse(f"has a part with {_quote(layer)} as its name, which is not one short line of text")
        place = place.inside(layer)
    if kind == "model":
        _check_model(config, place)
    else:
        for key, setting in config.items():
            _check_setting(key, setting, place)
    _check_plain_tree(value.get("build_config"), place)
    _check_compilation(value.get("compile_config") or {}, place)
    return kind


def _check_model(config: Mapping[str, Any], place: _Place) -> None:
    """Check the layers of a model, and that each of them leads to an output: Keras builds them all."""
    if unknown := set(config) - _MODEL_SETTINGS:
        raise place.refuse(f"has the unknown setting {_quote(min(unknown))}")
    layers = config.get("layers")
    if not isinstance(layers, list) or len(layers) > MAX_LAYERS:
        raise place.refuse(f"has no list of at most {MAX_LAYERS:,} layers")
    for key in set(config) - {"layers", "dtype"}:
        _check_plain(config[key], place)
    _check_setting("dtype", config.get("dtype"), place)
    feeds: dict[str, set[str]] = {}
    for layer in layers:
        kind = _check_object(layer, {"model", "layer", "operation"}, place)
        inside = place.inside(str(layer["config"].get("name")))
        nodes = layer.get("inbound_nodes", [])
        if kind == "operation" and not nodes:
            raise inside.refuse("is an operation on nothing")
        if not isinstance(nodes, list):
            raise inside.refuse(f"has {_quote(nodes)} in the place of its inputs")
        feeds[str(layer.get("name"))] = {source for node in nodes for source in _check_node(node, inside)}
    if "output_layers" in config:
        _check_reached(feeds, config["output_layers"], place)


def _check_reached(feeds: Mapping[str, set[str]], outputs: Any, place: _Place) -> None:
    """Check that every layer leads to an output."""
    # The outputs are [name, call, tensor], or a list of such lists.
    waiting = [word for word in _flatten(outputs) if isinstance(word, str)]
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in feeds:
            raise place.refuse(f"reads from {_quote(name)}, which is none of its layers")
        if name not in reached:
            reached.add(name)
            waiting.extend(feeds[name])
    if beside := set(feeds) - reached:
        raise place.refuse(f"has the layer {_quote(min(beside))}, which leads to no output")


def _check_node(node: Any, place: _Place) -> set[str]:
    """Check what a layer is called on; return the names of the layers whose tensors are among it, at least one."""
    if not isinstance(node, dict) or set(node) != {"args", "kwargs"} or not isinstance(node["kwargs"], dict):
        raise place.refuse(f"has {_quote(node)} in the place of an input")
    sources = {source for value in (node["args"], *node["kwargs"].values()) for source in _find_sources(value, place)}
    if not sources:
        raise place.refuse("is called on constants, which would be computed while the file is opened")
    return sources


def _find_sources(value: Any, place: _Place) -> Iterator[str]:
    """Give the names of the layers whose tensors are in an argument; anything else in it has to be plain numbers."""
    if isinstance(value, list):
        for item in value:
            yield from _find_sources(item, place)
    elif isinstance(value, dict):
        config, kind = value.get("config"), value.get("class_name")
        if set(value) != {"class_name", "config"} or not isinstance(config, dict):
            raise place.refuse(f"is called on {_quote(value)}")
        _check_plain_tree(config, place)
        if kind == "__keras_tensor__" and isinstance(config.get("keras_history"), list) and config["keras_history"]:
            yield str(config["keras_history"][0])
        elif kind != "__slice__":
            raise place.refuse(f"is called on {_quote(kind)}")
    elif isinstance(value, str):
        raise place.refuse(f"is called on the text {_quote(value)}")
    else:
        _check_plain(value, place)


def _check_setting(key: str, value: Any, place: _Place) -> None:
    """Check one setting of an object: another object where the setting holds one, else plain numbers and words."""
    if key == "unroll" and value:
        raise place.refuse("unrolls its steps, which can be any number")
    if key == "name":
        return
    kinds = next(({kind} for end, kind in _SLOT_ENDS.items() if key.endswith(end)), _SLOTS.get(key))
    if kinds and isinstance(value, dict):
        _check_object(value, kinds, place)
    elif key in ("activation", "recurrent_activation"):
        if value is not None and value not in _ACTIVATIONS.split():
            raise place.refuse(f"has the activation {_quote(value)}, which is not one of Keras's own")
    else:
        _check_plain(value, place)


def _check_compilation(config: Any, place: _Place) -> None:
    """Check the optimizer, the losses and the metrics that a model is compiled with."""
    if not isinstance(config, dict):
        raise place.refuse(f"has {_quote(config)} in the place of its compilation")
    for key, value in config.items():
        # A loss may be a list, or a table by the output's name.
        named = isinstance(value, dict) and "class_name" not in value
        for item in _flatten(list(value.values()) if named else value):
            if not isinstance(item, dict):
                _check_setting(key, item, place)
            elif key not in ("loss", "metrics", "weighted_metrics") or not _is_known_function(item):
                _check_object(item, {"optimizer", "loss", "metric"}, place)


def _is_known_function(item: Mapping[str, Any]) -> bool:
    """Return whether an object is one of `_FUNCTIONS`, written exactly as Keras writes it."""
    name = item.get("config")
    written = {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}
    # Keras numbers a function that is both loss and metric, and does not read the number.
    numbered = written | {"shared_object_id": item.get("shared_object_id")}
    return name in _FUNCTIONS.split() and item in (written, numbered)


def _check_plain_tree(value: Any, place: _Place) -> None:
    """Check tables of plain values, as the shapes that a layer was built with."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in ("class_name", "module", "registered_name"):
                raise place.refuse(f"names {_quote(item)} among its shapes")
            _check_plain_tree(item, place)
    elif isinstance(value, list):
        for item in value:
            _check_plain_tree(item, place)
    else:
        _check_plain(value, place)


def _check_plain(value: Any, place: _Place) -> None:
    """Check numbers, short words, and lists of them."""
    for item in _flatten(value):
        if not (item is None or isinstance(item, bool | int | float) or _is_word(item)):
            raise place.refuse(f"has {_quote(item)}, which is neither a number nor a short word")


def _is_word(value: Any) -> bool:
    """Return whether a value is short text on one line that cannot be a path or a web address."""
    return (
        isinstance(value, str) and len(value) <= _LONGEST_WORD and value.isprintable() and not set(value) & set("/\\:")
    )


def _flatten(value: Any) -> Iterable[Any]:
    """Give the items of lists within lists, or the value itself."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(reversed(item))
        else:
            yield item


def _quote(value: Any) -> str:
    """Return a value as a message shows it: on one line, short, without what a terminal would obey."""
    text = ascii(value)
    return text if len(text) <= 60 else f"{text[:60]}..."
