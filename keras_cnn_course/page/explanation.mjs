// How one number of a step's output was computed, and which pixels of the image it depends on.

import { windowStart } from "./network.mjs";

const WINDOWED = ["convolution", "max_pooling", "average_pooling"];
const PIXELWISE = ["rescaling", "normalization"]; // the channels of a color image are its colors after these, too

/** Return the position of a number in an array of this shape: row, column and channel of a map, or index of a unit. */
export function placeOf(shape, index) {
  if (shape.length === 1) return { unit: index };
  const [, width, channels] = shape;
  const pixel = Math.floor(index / channels);
  return { row: Math.floor(pixel / width), column: pixel % width, channel: index % channels };
}

/** Return the index of the number at a row, column and channel. */
export function indexAt([, width, channels], row, column, channel) {
  return (row * width + column) * channels + channel;
}

/** Return the step with this number; -1 is the image. */
export function stepAt(network, number) {
  return number < 0 ? network.image : network.steps[number];
}

/** Return whether a step's units are the classes: the last step's are, and the sums from which softmax makes them. */
export function givesClasses({ steps }, number) {
  return number >= 0 && steps.slice(number + 1).every(({ kind }) => kind === "softmax");
}

/** Return what the channels are called that a step reads, if they are the colors of the image; otherwise null. */
export function nameChannels({ inputShape, steps }, number) {
  const isChanged = steps.slice(0, Math.max(number, 0)).some(({ kind }) => !PIXELWISE.includes(kind));
  return inputShape[2] === 3 && !isChanged ? ["red", "green", "blue"] : null;
}

/**
 * Explain the number at `index` of the output of step `number`: its value, and what it was computed from.
 *
 * `maps` is the shape of the maps that a dense layer's inputs come from, and `colors` are the names of the input channels
 * where the step reads a color image.
 */
export function explain(network, values, number, index) {
  const step = stepAt(network, number);
  const input = values[Math.max(number, 0)];
  const common = { step, place: placeOf(step.shape, index), value: values[number + 1][index] };
  const before = network.steps[number - 1];
  const maps = before && before.kind === "flatten" ? before.inputShape : null;
  const colors = nameChannels(network, maps ? number - 1 : number);
  return { ...common, maps, colors, ...EXPLAIN[step.kind](input, step, index) };
}

/** Return the box of image pixels that a number depends on, its receptive field, without padding. */
export function imageField(network, number, index) {
  let seen = { ...boxAt(stepAt(network, number).shape, index) };
  for (let at = number; at >= 0; at--) seen = seenBy(network.steps[at], seen);
  return seen;
}

/** Return the box of pixels of a step's own input that a number of its output reads; null where it reads all. */
export function inputWindow(step, index) {
  if (step.inputShape.length === 1 || step.shape.length === 1) return null;
  return seenBy(step, boxAt(step.shape, index));
}

const EXPLAIN = {
  image: (input, step, index) => ({ pixel: Math.round(255 * input[index]) }),
  convolution: explainConvolution,
  max_pooling: explainPooling,
  average_pooling: explainPooling,
  dense: explainDense,
  relu: (input, step, index) => ({ before: input[index] }),
  leaky_relu: (input, step, index) => ({ before: input[index] }),
  global_average: explainGlobalAverage,
  rescaling: (input, step, index) => ({ before: input[index] }),
  normalization: explainNormalization,
  softmax: explainSoftmax,
};

// The window, the kernel and their products for one input channel at a time. `channels` holds the sum of each channel.
function explainConvolution(input, step, index) {
  const { row, column, channel: filter } = placeOf(step.shape, index);
  const [height, width] = step.kernelSize;
  const [depth, filters] = [step.inputShape[2], step.shape[2]];
  const { kernel, bias } = step.weights;
  const multiply = (channel) => {
    const window = readWindow(input, step, row, column, channel);
    const weights = grid(height, width, (y, x) => kernel[((y * width + x) * depth + channel) * filters + filter]);
    const products = grid(height, width, (y, x) => (window[y][x] === null ? null : window[y][x] * weights[y][x]));
    return { window, weights, products, sum: products.flat().reduce((sum, product) => sum + (product || 0), 0) };
  };
  const channels = Array.from({ length: depth }, (_, channel) => multiply(channel).sum);
  const sizes = channels.map(Math.abs);
  return { multiply, channels, strongest: sizes.indexOf(Math.max(...sizes)), bias: bias ? bias[filter] : null };
}

function explainPooling(input, step, index) {
  const { row, column, channel } = placeOf(step.shape, index);
  const window = readWindow(input, step, row, column, channel);
  const largest = Math.max(...window.flat().filter((value) => value !== null));
  const winner = window.flat().indexOf(largest);
  const width = step.kernelSize[1];
  return { window, winner: { row: Math.floor(winner / width), column: winner % width } };
}

function explainGlobalAverage(input, step, unit) {
  const [height, width, channels] = step.inputShape;
  const map = input.filter((_, index) => index % channels === unit);
  return { size: height * width, sum: map.reduce((sum, value) => sum + value, 0) };
}

// All inputs with their weights, the largest products first.
function explainDense(input, step, unit) {
  const { kernel, bias } = step.weights;
  const units = step.shape[0];
  const terms = Array.from(input, (value, index) => {
    const weight = kernel[index * units + unit];
    return { index, value, weight, product: value * weight };
  });
  terms.sort((one, other) => Math.abs(other.product) - Math.abs(one.product) || one.index - other.index);
  return { terms, bias: bias ? bias[unit] : null };
}

function explainNormalization(input, step, index) {
  const { gamma, beta, mean, variance } = step.weights;
  const channel = index % mean.length;
  return {
    before: input[index],
    mean: mean[channel],
    deviation: Math.sqrt(variance[channel] + step.epsilon),
    scale: gamma ? gamma[channel] : 1,
    shift: beta ? beta[channel] : 0,
  };
}

function explainSoftmax(input, step, index) {
  const largest = Math.max(...input);
  const total = input.reduce((sum, value) => sum + Math.exp(value - largest), 0);
  return { before: input[index], largest, power: Math.exp(input[index] - largest), total };
}

// Return what an output pixel reads of one channel, row by row; null for padding.
function readWindow(input, step, row, column, channel) {
  const { top, left } = windowStart(step, row, column);
  const [height, width] = step.inputShape;
  return grid(step.kernelSize[0], step.kernelSize[1], (y, x) => {
    const inside = top + y >= 0 && top + y < height && left + x >= 0 && left + x < width;
    return inside ? input[indexAt(step.inputShape, top + y, left + x, channel)] : null;
  });
}

function grid(height, width, cell) {
  return Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => cell(y, x)));
}

function boxAt(shape, index) {
  const { row, column, unit } = placeOf(shape, index);
  return unit === undefined ? { top: row, left: column, bottom: row, right: column } : { first: unit, last: unit };
}

// Return the box of a step's input that a box of its output reads.
function seenBy(step, box) {
  if (step.kind === "dense") return { first: 0, last: step.inputShape[0] - 1 };
  const [height, width] = step.inputShape;
  if (step.kind === "global_average") return { top: 0, left: 0, bottom: height - 1, right: width - 1 };
  if (step.kind === "flatten") {
    if (step.inputShape.length === 1) return box;
    if (box.first === box.last) return boxAt(step.inputShape, box.first);
    return { top: 0, left: 0, bottom: height - 1, right: width - 1 };
  }
  if (step.kind === "softmax") return { first: 0, last: step.shape[0] - 1 };
  if (!WINDOWED.includes(step.kind)) return box;
  const start = windowStart(step, box.top, box.left);
  const end = windowStart(step, box.bottom, box.right);
  return {
    top: Math.max(start.top, 0),
    left: Math.max(start.left, 0),
    bottom: Math.min(end.top + step.kernelSize[0], height) - 1,
    right: Math.min(end.left + step.kernelSize[1], width) - 1,
  };
}
