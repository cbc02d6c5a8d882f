"""Answers that students plausibly write, as changes to the solutions, each with whether it must pass.

They come in addition to an exercise's mutants and accepted variants.
"""

# ruff: noqa: E501  one line per answer

__all__ = ["PLAUSIBLE"]

_FORMULA = "(size + 2 * padding - kernel_size) // stride + 1"
_LOSS = "-np.mean(log_softmax(logits)[examples, labels])"
_PROBABILITIES = "np.exp(log_softmax(logits))"
_EPSILON_LOSS = "-np.mean(np.log(np.exp(log_softmax(logits))[examples, labels] + {}))"
_EDGES = "[[-1, -1, -1], [2, 2, 2], [-1, -1, -1]]"

PLAUSIBLE = {
    "convolution": [
        ("holds the image's type", False, [("np.zeros((height, width))", "np.zeros((height, width), image.dtype)")]),
        ("square kernel", False, [("range(width)", "range(image.shape[1] - rows + 1)")]),
        ("float16", False, [("return output", "return output.astype(np.float16)")]),
        ("float32", True, [("return output", "return output.astype(np.float32)")]),
        ("float32 inside", True, [("return output", "return output.astype(np.float32).astype(float)")]),
        ("list", True, [("return output", "return output.tolist()")]),
        ("rounded to 2 digits", False, [("return output", "return output.round(1)")]),
        ("rounded to 9 digits", True, [("return output", "return output.round(9)")]),
        ("overwrites the kernel", False, [("return output", "kernel[:] = 0; return output")]),
        ("assumes memory without gaps", False, [("    height, width =", "    image = np.lib.stride_tricks.as_strided(image, image.shape, (image.shape[1] * image.itemsize, image.itemsize))\n    height, width =")]),
        ("subtracts the mean", False, [("np.sum(window * kernel)", "np.sum((window - window.mean()) * kernel)")]),
        ("average", False, [("np.sum(window", "np.mean(window")]),
        ("maximum", False, [("np.sum(window", "np.max(window")]),
        ("all zeros", False, [("np.sum(window * kernel)", "0")]),
    ],
    "padding": [
        ("rounds", False, [(_FORMULA, "round((size + 2 * padding - kernel_size) / stride) + 1")]),
        ("floor of a float", True, [(_FORMULA, "int((size + 2 * padding - kernel_size) / stride) + 1")]),
        ("half up", False, [(_FORMULA, "int((size + 2 * padding - kernel_size) / stride + 0.5) + 1")]),
        ("one pixel too far", False, [(_FORMULA, "(size + 2 * padding - kernel_size + 1) // stride + 1")]),
        ("numerator plus one", False, [(_FORMULA, "(size + 2 * padding - kernel_size + 1) // stride")]),
        ("a float", True, [(_FORMULA, "np.floor((size + 2 * padding - kernel_size) / stride) + 1")]),
        ("kernel and stride exchanged", False, [(_FORMULA, "(size + 2 * padding - stride) // kernel_size + 1")]),
        ("height and width exchanged", False, [("height, width = image.shape", "width, height = image.shape")]),
        ("amount of one", False, [("    height, width =", "    amount = min(amount, 1)\n    height, width =")]),
        ("float64", True, [(", dtype=image.dtype", "")]),
    ],
    "filters": [
        ("0.111", False, [("np.ones((3, 3)) / 9", "np.full((3, 3), 0.111)")]),
        ("0.1111", False, [("np.ones((3, 3)) / 9", "np.full((3, 3), 0.1111)")]),
        ("0.11111", True, [("np.ones((3, 3)) / 9", "np.full((3, 3), 0.11111)")]),
        ("integer division", False, [("np.ones((3, 3)) / 9", "np.ones((3, 3)) // 9")]),
        ("divided by 8", False, [("/ 9", "/ 8")]),
        ("absolute edges", False, [("return convolve(image, kernel)", "return np.abs(convolve(image, kernel))")]),
        ("divided edges", False, [("return convolve(image, kernel)", "return convolve(image, kernel) / 9")]),
        ("Laplace", False, [(_EDGES, "[[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]")]),
        ("Sobel", False, [(_EDGES, "[[-1, -2, -1], [0, 0, 0], [1, 2, 1]]")]),
        ("in whole numbers", False, [("convolve(image, np.ones((3, 3)) / 9)", "convolve(image, np.ones((3, 3)) / 9).astype(image.dtype)")]),
    ],
    "layer": [
        ("square kernels", False, [("rows, columns, _, filters = kernels.shape", "rows, _, _, filters = kernels.shape; columns = rows")]),
        ("3x3 kernels", False, [("rows, columns, _, filters = kernels.shape", "rows = columns = 3; filters = kernels.shape[3]")]),
        ("holds the image's type", False, [("np.zeros((height, width, filters))", "np.zeros((height, width, filters), image.dtype)")]),
        ("overwrites the bias", False, [("return output", "bias[:] = 0; return output")]),
        ("bias subtracted", False, [("+ bias[number]", "- bias[number]")]),
        ("bias per pixel", False, [("np.sum(window * kernels[:, :, :, number]) + bias[number]", "np.sum(window * kernels[:, :, :, number] + bias[number])")]),
        ("mean over channels", False, [("np.sum(window * kernels[:, :, :, number])", "np.sum(window * kernels[:, :, :, number]) / image.shape[2]")]),
        ("channels first", False, [("return output", "return np.moveaxis(output, -1, 0)")]),
        ("5x5 parameters", False, [("9 * depth", "25 * depth")]),
    ],
    "relu": [
        ("leaky", False, [("np.maximum(values, 0)", "np.where(values > 0, values, 0.01 * values)")]),
        ("at most 6", False, [("np.maximum(values, 0)", "np.clip(values, 0, 6)")]),
        ("at most 1000", False, [("np.maximum(values, 0)", "np.clip(values, 0, 1000)")]),
        ("softplus", False, [("np.maximum(values, 0)", "np.log1p(np.exp(np.minimum(values.astype(float), 500)))")]),
        ("times a mask", True, [("np.maximum(values, 0)", "values * (values > 0)")]),
        ("half of the sum", True, [("np.maximum(values, 0)", "(values.astype(float) + np.abs(values.astype(float))) / 2")]),
        ("copied, then in place", True, [("np.maximum(values, 0)", "values.copy(); output[output < 0] = 0")]),
        ("in place", False, [("np.maximum(values, 0)", "values; output[output < 0] = 0")]),
        ("whole numbers", False, [("np.maximum(values, 0)", "np.maximum(values, 0).astype(int)")]),
        ("float16", False, [("np.maximum(values, 0)", "np.maximum(values, 0).astype(np.float16)")]),
        ("of two dimensions", False, [("np.maximum(values, 0)", "np.array([[max(float(v), 0) for v in row] for row in values])")]),
    ],
    "max_pooling": [
        ("whole numbers", False, [("np.zeros((height, width))", "np.zeros((height, width), int)")]),
        ("holds the image's type", True, [("np.zeros((height, width))", "np.zeros((height, width), image.dtype)")]),
        ("square", False, [("for column in range(width)", "for column in range(min(height, width))")]),
        ("the sum", False, [("window.max()", "window.sum()")]),
        ("the median", False, [("window.max()", "np.median(window)")]),
        ("the largest size", False, [("window.max()", "window.flat[np.abs(window.astype(float)).argmax()]")]),
        ("rounded up", False, [("image.shape[0] // 2, image.shape[1] // 2", "-(-image.shape[0] // 2), -(-image.shape[1] // 2)")]),
        ("the upper left pixel", False, [("window.max()", "window[0, 0]")]),
        ("in place", False, [("window.max()", "window.max(); window[:] = window.max()")]),
    ],
    "receptive_field": [
        ("even kernels are odd", False, [("(size - 1)", "(size // 2 * 2)")]),
        ("one too few", False, [("return field", "return field - 1")]),
        ("product of sizes", False, [("field += (size - 1) * distance", "field *= size")]),
        ("a float", True, [("return field", "return float(field)")]),
        ("stride 2 only", False, [("distance *= stride", "distance *= 2 if stride > 1 else 1")]),
        ("sum of strides", False, [("distance *= stride", "distance += stride - 1")]),
    ],
    "parameters": [
        ("rounded up", False, [("(height - 2) // 2, (width - 2) // 2", "-(-(height - 2) // 2), -(-(width - 2) // 2)")]),
        ("rounded", False, [("(height - 2) // 2, (width - 2) // 2", "round((height - 2) / 2), round((width - 2) / 2)")]),
        ("half of the height", True, [("(height - 2) // 2, (width - 2) // 2", "height // 2 - 1, width // 2 - 1")]),
        ("a square image", False, [("(height - 2) // 2, (width - 2) // 2", "(height - 2) // 2, (height - 2) // 2")]),
        ("gray", False, [("3 * 3 * channels", "3 * 3")]),
        ("channels flattened", False, [("rows * columns * filters", "rows * columns * channels")]),
        ("no classifier's bias", False, [("units * classes + classes", "units * classes")]),
        ("a float", True, [("return hidden + classifier", "return float(hidden + classifier)")]),
    ],
    "cross_entropy": [
        *[(f"+ {epsilon}", False, [(_LOSS, _EPSILON_LOSS.format(epsilon))]) for epsilon in (1e-15, 1e-12, 1e-10, 1e-9, 1e-8, 1e-7)],
        ("clipped like Keras", False, [(_LOSS, "-np.mean(np.log(np.clip(np.exp(log_softmax(logits)), 1e-7, 1 - 1e-7)[examples, labels]))")]),
        ("log of the softmax", False, [(_LOSS, _EPSILON_LOSS.format(0))]),
        ("logarithm to base 10", False, [(_LOSS, f"{_LOSS} / np.log(10)")]),
        ("no mean", False, [("-np.mean(", "-(")]),
        ("over all classes", False, [("-np.mean(log_softmax(logits)[examples, labels])", "-np.mean(log_softmax(logits))")]),
        ("divided by the classes", False, [("return gradient / len(labels)", "return gradient / logits.shape[1]")]),
        ("overwrites the logits", False, [("    gradient = np.exp(log_softmax(logits))", "    gradient = np.exp(log_softmax(logits)); logits[:] = 0")]),
        ("the label counts twice", False, [("labels] -= 1", "labels] -= 2")]),
        ("float32", True, [(_LOSS, "float(np.float32(-np.mean(log_softmax(logits.astype(np.float32))[examples, labels])))")]),
        ("softmax over the examples", False, [("logits.max(axis=1, keepdims=True)", "logits.max()"), ("np.exp(shifted).sum(axis=1, keepdims=True)", "np.exp(shifted).sum(axis=0, keepdims=True)")]),
        ("the largest logit of all", False, [("logits.max(axis=1, keepdims=True)", "logits.max()")]),
    ],
    "shift": [
        ("a difference of bytes", False, [("image.astype(float)  #", "image  #")]),
        ("a small number against 0 / 0", True, [("/ total if total > 0 else 0.0", "/ (total + 1e-9)")]),
        ("mean", False, [("np.abs(after - before).sum() / total if total > 0 else 0.0", "np.abs(after - before).mean()")]),
        ("divided by the image before", False, [("np.abs(before).sum() + np.abs(after).sum()", "2 * np.abs(before).sum()")]),
        ("pooled, then shifted", False, [("before, after = max_pool(before), max_pool(after)", "before = max_pool(before)"), ("    total =", "    after = shift_image(before, rows, columns)\n    total =")]),
        ("square", False, [("range(width)", "range(height)")]),
        ("ones at the border", False, [("np.zeros_like(image)", "np.ones_like(image)")]),
        ("only down", False, [("0 <= row - rows < height", "rows >= 0 and 0 <= row - rows < height")]),
        ("overwrites the image", False, [("    return shifted", "    image[:] = 0\n    return shifted")]),
    ],
}  # fmt: skip
