// The heading of each step: what it does, and what can be seen of it on this image.

import { brief, count, times } from "./elements.mjs";

/** Return whether a step's kernels can be drawn above its feature maps: they read one channel, or the colors of an image. */
export function showsKernels({ kind, inputShape }, colors) {
  return kind === "convolution" && (inputShape[2] === 1 || colors !== null);
}

/** Return what a step does, in a few words. */
export function describe({ kind, inputShape, shape, kernelSize, strides, padding, slope, weights }) {
  const window = kernelSize ? times(kernelSize) : "";
  const moved = strides && strides.some((stride) => stride > 1) ? `, ${times(strides)} pixels apart` : "";
  const padded = padding === "same" ? ", zeros around the input" : "";
  const bias = weights.bias ? " + bias" : "";
  const texts = {
    image: () => "the red, green and blue of the picture",
    convolution: () => `${shape[2]} kernels of ${window}×${inputShape[2]}${bias}${moved}${padded}`,
    relu: () => "negative numbers become 0",
    leaky_relu: () => `negative numbers times ${brief(slope)}`,
    max_pooling: () => `the largest of each ${window} window`,
    average_pooling: () => `the mean of each ${window} window`,
    global_average: () => "the mean of each map",
    flatten: () => "all numbers in one row",
    dense: () => `${times([inputShape[0], shape[0]])} weights${bias}`,
    normalization: () => "shifts and scales each channel",
    softmax: () => "powers of e, divided by their sum",
    rescaling: () => "multiplied by a constant, plus a constant",
  };
  return texts[kind]();
}

/** Return a step's sizes, and facts about its numbers for this image. */
export function findFacts(step, values, colors) {
  if (step.kind === "image") return `${times(step.shape)} numbers from 0 to 1`;
  const facts = [`${times(step.inputShape)} → ${times(step.shape)}`];
  if (step.kind === "relu") facts.push(...findZeros(step.shape, values));
  if (showsKernels(step, colors)) {
    const largest = step.weights.kernel.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
    const gray = colors ? ", gray is 0" : "";
    facts.push(`the kernel is above its map, from ${brief(-largest)} to ${brief(largest)}${gray}`);
  }
  return facts.join(" · ");
}

function findZeros(shape, values) {
  const zeros = values.reduce((sum, value) => sum + (value === 0), 0);
  const text = `${Math.round((100 * zeros) / values.length)}% of ${count(values.length)} numbers are 0`;
  if (shape.length === 1) return [text];
  const alive = new Set();
  values.forEach((value, index) => value > 0 && alive.add(index % shape[2]));
  const silent = shape[2] - alive.size;
  return silent ? [text, `${silent} of ${shape[2]} maps are 0 everywhere on this image`] : [text];
}
