"""Whether a LiteRT file fits a microcontroller: its operators, and an estimate of the memory it works in.

TensorFlow Lite Micro keeps the file in flash memory and everything else in one block of RAM, the arena.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["MicrocontrollerNeeds", "TensorLife", "place_tensors", "read_needs"]

_ALIGNMENT = 16
# Of each output channel of a layer, Micro keeps a factor and a shift; of each tensor and operator, a table entry.
_BYTES_PER_CHANNEL, _BYTES_PER_TENSOR, _BYTES_PER_OPERATOR, _BYTES_FIXED = 8, 32, 128, 1024
_PER_CHANNEL = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 0, "TRANSPOSE_CONV": 0}  # axis of the channels
# The builtin operators that TensorFlow Lite Micro can register (micro_mutable_op_resolver.h, October 2025).
_IN_MICRO = """
    ABS ADD ADD_N ARG_MAX ARG_MIN ASSIGN_VARIABLE AVERAGE_POOL_2D BATCH_MATMUL BATCH_TO_SPACE_ND BROADCAST_ARGS
    BROADCAST_TO CALL_ONCE CAST CEIL CONCATENATION CONV_2D COS CUMSUM DEPTH_TO_SPACE DEPTHWISE_CONV_2D DEQUANTIZE DIV
    DYNAMIC_UPDATE_SLICE ELU EMBEDDING_LOOKUP EQUAL EXP EXPAND_DIMS FILL FLOOR FLOOR_DIV FLOOR_MOD FULLY_CONNECTED
    GATHER GATHER_ND GREATER GREATER_EQUAL HARD_SWISH IF L2_NORMALIZATION L2_POOL_2D LEAKY_RELU LESS LESS_EQUAL LOG
    LOG_SOFTMAX LOGICAL_AND LOGICAL_NOT LOGICAL_OR LOGISTIC MAXIMUM MAX_POOL_2D MEAN MINIMUM MIRROR_PAD MUL NEG
    NOT_EQUAL PACK PAD PADV2 PRELU QUANTIZE READ_VARIABLE REDUCE_MAX REDUCE_MIN RELU RELU6 RESHAPE RESIZE_BILINEAR
    RESIZE_NEAREST_NEIGHBOR REVERSE_V2 ROUND RSQRT SELECT_V2 SHAPE SIN SLICE SOFTMAX SPACE_TO_BATCH_ND SPACE_TO_DEPTH
    SPLIT SPLIT_V SQRT SQUARE SQUARED_DIFFERENCE SQUEEZE STRIDED_SLICE SUB SUM SVDF TANH TRANSPOSE TRANSPOSE_CONV
    UNIDIRECTIONAL_SEQUENCE_LSTM UNPACK VAR_HANDLE WHILE ZEROS_LIKE
"""


@dataclass(frozen=True)
class MicrocontrollerNeeds:
    """The needs of a LiteRT file on a microcontroller.

    Args:
        operators: names of its operators, in the order in which they first run.
        missing: those that TensorFlow Lite Micro does not have.
        arena_bytes: estimate of the RAM it works in.
    """

    operators: tuple[str, ...]
    missing: tuple[str, ...]
    arena_bytes: int


@dataclass(frozen=True)
class TensorLife:
    """A tensor in RAM, from the operator that writes it to the last one that reads it.

    Args:
        size: in bytes.
        first: number of the operator that writes it; 0 for the input of the model.
        last: number of the last operator that reads it.
    """

    size: int
    first: int
    last: int


def read_needs(path: Path) -> MicrocontrollerNeeds:
    """Return the needs of a LiteRT file with one graph and fixed shapes."""
    from ai_edge_litert import schema_py_generated as schema

    model = schema.Model.GetRootAs(path.read_bytes(), 0)
    graph = model.Subgraphs(0)
    names = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}
    codes = [model.OperatorCodes(number) for number in range(model.OperatorCodesLength())]
    operators = [graph.Operators(number) for number in range(graph.OperatorsLength())]
    # Files of before 2020 have the smaller of the two fields only.
    kinds = [
        names[max(codes[one.OpcodeIndex()].BuiltinCode(), codes[one.OpcodeIndex()].DeprecatedBuiltinCode())]
        for one in operators
    ]
    arena = (
        place_tensors(_list_lives(model, graph, operators))
        + sum(_count_channels(graph, kind, one) for kind, one in zip(kinds, operators, strict=True))
        * _BYTES_PER_CHANNEL
        + graph.TensorsLength() * _BYTES_PER_TENSOR
        + len(operators) * _BYTES_PER_OPERATOR
        + _BYTES_FIXED
    )
    used = tuple(dict.fromkeys(kinds))
    return MicrocontrollerNeeds(used, tuple(name for name in used if name not in _IN_MICRO.split()), arena)


def place_tensors(lives: Sequence[TensorLife]) -> int:
    """Return the bytes in which the tensors fit, so that no two share memory while both are needed.

    The largest tensor comes first, and each takes the lowest place that is free, as in TensorFlow Lite Micro.

    >>> place_tensors([TensorLife(64, 0, 1), TensorLife(32, 1, 2), TensorLife(64, 2, 3)])
    96
    """
    placed: list[tuple[int, int, TensorLife]] = []
    for life in sorted(lives, key=lambda one: -one.size):
        size = -(-life.size // _ALIGNMENT) * _ALIGNMENT
        start = 0
        for low, high, other in sorted(placed, key=lambda one: one[0]):
            together = life.first <= other.last and other.first <= life.last
            if together and low < start + size and start < high:
                start = high
        placed.append((start, start + size, life))
    return max((high for _, high, _ in placed), default=0)


def _list_lives(model: Any, graph: Any, operators: Sequence[Any]) -> list[TensorLife]:
    """Return the life of each tensor that is computed; weights stay in flash memory."""
    from ai_edge_litert import schema_py_generated as schema

    bytes_each = {schema.TensorType.INT8: 1, schema.TensorType.UINT8: 1, schema.TensorType.BOOL: 1}
    bytes_each |= {schema.TensorType.INT16: 2, schema.TensorType.FLOAT16: 2, schema.TensorType.INT64: 8}
    spans: dict[int, tuple[int, int]] = {int(number): (0, 0) for number in graph.InputsAsNumpy()}
    for step, operator in enumerate(operators):
        for number in (*operator.InputsAsNumpy().tolist(), *operator.OutputsAsNumpy().tolist()):
            if number >= 0 and not model.Buffers(graph.Tensors(number).Buffer()).DataLength():
                spans[number] = (spans.get(number, (step, step))[0], step)
    for number in graph.OutputsAsNumpy().tolist():
        spans[number] = (spans.get(number, (0, 0))[0], len(operators))
    lives = []
    for number, (first, last) in spans.items():
        tensor = graph.Tensors(number)
        size = bytes_each.get(tensor.Type(), 4)
        for length in tensor.ShapeAsNumpy().tolist() if tensor.ShapeLength() else []:
            size *= length
        lives.append(TensorLife(size, first, last))
    return lives


def _count_channels(graph: Any, kind: str, operator: Any) -> int:
    """Return the number of output channels of an operator with weights; 0 for others."""
    if kind not in _PER_CHANNEL:
        return 0
    return int(graph.Tensors(int(operator.InputsAsNumpy()[1])).ShapeAsNumpy()[_PER_CHANNEL[kind]])
