"""Random changes of the training images: moved, turned, scaled, distorted, slanted, mirrored, redrawn, partly erased.

Every output pixel is read, with bilinear interpolation, from a place near its own in the input. The places come from
one affine map per image and, for elastic distortion, from a field of random displacements smoothed with a Gaussian
(Simard, Steinkraus and Platt, 2003, "Best practices for convolutional neural networks applied to visual document
analysis"). The training's device computes them for a whole batch at once. They depend only on the seed and the number
of the step.
"""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

__all__ = ["DISTORTIONS", "Distortion", "distort"]

# Sizes in pixels are for images 28 pixels high and wide, and grow with the image.
_REFERENCE_SIZE = 28.0


@dataclass(frozen=True)
class Distortion:
    """How much images are changed. Each image gets its own random values, uniform between the bounds.

    Args:
        shift: maximum shift up, down, left or right, in pixels of 28x28 images.
        whole: whether images are shifted by whole pixels. Between two pixels, interpolation blurs what is fine.
        rotation: maximum rotation in either direction, in degrees.
        scaling: maximum change of the height and of the width, as a share.
        elastic: factor of the smoothed random displacements, alpha in Simard et al.; 0 for none.
        smoothness: standard deviation of the Gaussian in pixels of 28x28 images, sigma in Simard et al.
        slant: maximum slant in either direction, in pixels to the side per pixel of height.
        redrawn: share of the images whose strokes are drawn again with a thinner or thicker pen.
        mirrored: share of the images with left and right exchanged.
        erased: share of the images in which a rectangle is filled with one gray level (Zhong et al., 2017, "Random
            erasing data augmentation").
    """

    shift: float = 0.0
    whole: bool = False
    rotation: float = 0.0
    scaling: float = 0.0
    elastic: float = 0.0
    smoothness: float = 4.0
    slant: float = 0.0
    redrawn: float = 0.0
    mirrored: float = 0.0
    erased: float = 0.0


DISTORTIONS: dict[str, Distortion | None] = {
    "none": None,
    "shift": Distortion(shift=2.0),
    "affine": Distortion(shift=2.0, rotation=10.0, scaling=0.1),
    "elastic": Distortion(shift=2.0, rotation=10.0, scaling=0.1, elastic=16.0),
    "slanted": Distortion(shift=2.0, rotation=10.0, scaling=0.1, elastic=16.0, slant=0.25),
    "handwriting": Distortion(shift=2.0, rotation=10.0, scaling=0.1, elastic=16.0, slant=0.4, redrawn=0.7),
    "objects": Distortion(shift=2.0, mirrored=0.5, erased=0.5, whole=True),
}

# How strokes are drawn again. The sizes are in pixels of 28x28 images.
_PEN_BLUR = 1.2  # standard deviation of the Gaussian that turns a stroke into a ridge along its middle
_PEN_REACH = 3  # how far away the top of the ridge may be
_PEN_LEVELS = (0.4, 0.92)  # where the ridge is cut, as a share of its top: low for a thick pen, high for a thin one
_FAINT = 0.3  # a ridge lower than this share of the image's largest number is not a stroke

# Height and width of an erased rectangle, as shares of the image's.
_ERASED_SIZES = (0.15, 0.5)


def distort(images: tf.Tensor, distortion: Distortion, seed: tf.Tensor) -> tf.Tensor:
    """Return distorted images. What is outside an image continues the pixel at its border.

    Args:
        images: `(n, height, width, channels)`, any numeric type.
        seed: `(2,)` int32; the same seed gives the same images.

    Returns:
        float32 of the same shape, on the same scale.
    """
    height, width = images.shape[1], images.shape[2]
    count = tf.shape(images)[0]
    seeds = tf.random.split(seed, 2)
    rows, columns = _affine_places(count, height, width, distortion, seeds[0])
    if distortion.redrawn:
        images = _redraw(images, distortion.redrawn, tf.random.split(seeds[1], 2)[0])
    if distortion.elastic:
        offsets = _elastic_offsets(count, height, width, distortion, seeds[1])
        rows, columns = rows + offsets[:, 0], columns + offsets[:, 1]
    changed = _read_at(images, rows, columns)
    return _erase(changed, distortion.erased, tf.random.split(seeds[1], 2)[1]) if distortion.erased else changed


def _affine_places(
    count: tf.Tensor, height: int, width: int, distortion: Distortion, seed: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return row and column to read for every output pixel, each `(n, height, width)`, rotated about the center."""
    draws = tf.random.stateless_uniform((count, 5, 1, 1), seed, -1.0, 1.0)
    angle = draws[:, 0] * (distortion.rotation * np.pi / 180)
    scale_rows, scale_columns = 1 + draws[:, 1] * distortion.scaling, 1 + draws[:, 2] * distortion.scaling
    shift_rows = draws[:, 3] * (distortion.shift * height / _REFERENCE_SIZE)
    shift_columns = draws[:, 4] * (distortion.shift * width / _REFERENCE_SIZE)
    if distortion.whole:
        shift_rows, shift_columns = tf.round(shift_rows), tf.round(shift_columns)
    row, column = np.mgrid[:height, :width].astype("float32")
    row, column = row - (height - 1) / 2, column - (width - 1) / 2
    if distortion.slant:
        draw = tf.random.stateless_uniform((count, 1, 1), tf.random.split(seed, 2)[0], -1.0, 1.0)
        column = column + draw * (distortion.slant * row)
    if distortion.mirrored:
        draw = tf.random.stateless_uniform((count, 1, 1), tf.random.split(seed, 2)[1])
        column = tf.where(draw < distortion.mirrored, -column, column)
    cosine, sine = tf.cos(angle), tf.sin(angle)
    rows = (cosine * row - sine * column) / scale_rows - shift_rows + (height - 1) / 2
    columns = (sine * row + cosine * column) / scale_columns - shift_columns + (width - 1) / 2
    return rows, columns


def _elastic_offsets(count: tf.Tensor, height: int, width: int, distortion: Distortion, seed: tf.Tensor) -> tf.Tensor:
    """Return displacements `(n, 2, height, width)` in pixels: uniform noise in [-1, 1], smoothed, times alpha.

    Smoothing with a Gaussian is a product with one matrix from each side, much faster than a convolution.
    """
    noise = tf.random.stateless_uniform((count, 2, height, width), seed, -1.0, 1.0)
    down = _gaussian_matrix(height, distortion.smoothness * height / _REFERENCE_SIZE)
    across = _gaussian_matrix(width, distortion.smoothness * width / _REFERENCE_SIZE)
    smooth = tf.einsum("ncij,ki,lj->nckl", noise, down, across)
    # The noise of more pixels averages out more, and distances grow with the image. Together that is alpha * size^2.
    return smooth * (distortion.elastic * height * width / _REFERENCE_SIZE**2)


def _redraw(images: tf.Tensor, share: float, seed: tf.Tensor) -> tf.Tensor:
    """Return float32 images, a share of them with strokes drawn by another pen.

    Smoothing turns a stroke into a ridge. Cutting it near its top leaves a thin line along the middle of the stroke,
    and cutting it low a thick one.
    """
    height, width = images.shape[1], images.shape[2]
    images = tf.cast(images, tf.float32)
    down = _gaussian_matrix(height, _PEN_BLUR * height / _REFERENCE_SIZE)
    across = _gaussian_matrix(width, _PEN_BLUR * width / _REFERENCE_SIZE)
    smooth = tf.einsum("nijc,ki,lj->nklc", images, down, across)
    reach = [2 * round(_PEN_REACH * size / _REFERENCE_SIZE) + 1 for size in (height, width)]
    largest = tf.reduce_max(images, axis=(1, 2, 3), keepdims=True)
    ridge = tf.maximum(tf.nn.max_pool2d(smooth, reach, 1, "SAME"), tf.maximum(_FAINT * largest, 1e-6))
    draws = tf.random.stateless_uniform((2, tf.shape(images)[0], 1, 1, 1), seed)
    low, high = _PEN_LEVELS
    level = low + draws[0] * (high - low)
    ink = tf.clip_by_value((smooth / ridge - level) / (0.6 * (1 - level)), 0.0, 1.0)  # with gray edges
    return tf.where(draws[1] < share, largest * ink, images)


def _erase(images: tf.Tensor, share: float, seed: tf.Tensor) -> tf.Tensor:
    """Return the float32 images, a share of them with a rectangle of one gray level between black and the brightest."""
    low, high = _ERASED_SIZES
    draws = tf.random.stateless_uniform((6, tf.shape(images)[0], 1, 1, 1), seed)
    inside = draws[0] < share
    for axis, middle, size in ((1, draws[1], draws[2]), (2, draws[3], draws[4])):
        places = tf.reshape((tf.range(images.shape[axis], dtype=tf.float32) + 0.5) / images.shape[axis], _along(axis))
        inside &= tf.abs(places - middle) < (low + size * (high - low)) / 2
    return tf.where(inside, draws[5] * tf.reduce_max(images, axis=(1, 2, 3), keepdims=True), images)


def _along(axis: int) -> list[int]:
    """Return the shape that lays numbers along one axis of `(n, height, width, channels)`."""
    return [-1 if axis == other else 1 for other in range(4)]


def _gaussian_matrix(size: int, deviation: float) -> np.ndarray:
    """Return the matrix `(size, size)` whose product smooths a column. There is no noise outside the image."""
    distance = np.arange(size)[:, None] - np.arange(size)
    weights = np.exp(-0.5 * (distance / deviation) ** 2) / (deviation * np.sqrt(2 * np.pi))
    return weights.astype("float32")


def _read_at(images: tf.Tensor, rows: tf.Tensor, columns: tf.Tensor) -> tf.Tensor:
    """Return the images read at places between pixels, with bilinear interpolation; outside, the nearest pixel."""
    height, width, channels = images.shape[1:]
    padded = tf.pad(images, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="SYMMETRIC")
    rows = tf.clip_by_value(rows + 1, 0.0, height + 0.999)
    columns = tf.clip_by_value(columns + 1, 0.0, width + 0.999)
    top, left = tf.floor(rows), tf.floor(columns)
    down, right = (rows - top)[..., None], (columns - left)[..., None]
    stride = width + 2
    first = tf.range(tf.shape(images)[0])[:, None, None] * ((height + 2) * stride)
    corner = first + tf.cast(top, tf.int32) * stride + tf.cast(left, tf.int32)
    pixels = tf.reshape(padded, (-1, channels))

    def read(step: int) -> tf.Tensor:
        return tf.cast(tf.gather(pixels, corner + step), tf.float32)

    upper = read(0) + right * (read(1) - read(0))
    lower = read(stride) + right * (read(stride + 1) - read(stride))
    return upper + down * (lower - upper)
