// What is said of each step: what it does, and what can be seen of it on this image.

import { brief, count, times } from "./elements.mjs";

/** Return whether a step's kernels can be drawn above its maps: they read one channel. */
export function showsKernels({ kind, inputShape }) {
  return kind === "convolution" && inputShape[2] === 1;
}

/** Return what a step does, in a few words. */
export function describe({ kind, inputShape, shape, kernelSize, strides, padding, weights }) {
  const window = kernelSize ? times(kernelSize) : "";
  const moved = strides && strides.some((stride) => stride > 1) ? `, ${times(strides)} pixels further each time` : "";
  const padded = padding === "same" ? ", zeros around the input" : "";
  const bias = weights.bias ? " + bias" : "";
  const texts = {
    convolution: () => `${shape[2]} kernels of ${window}×${inputShape[2]}${bias}${moved}${padded}`,
    relu: () => "negative numbers become 0",
    max_pooling: () => `the largest of each ${window} window`,
    average_pooling: () => `the mean of each ${window} window`,
    flatten: () => "all numbers laid end to end",
    dense: () => `${times([inputShape[0], shape[0]])} weights${bias}`,
    normalization: () => "each channel shifted and scaled",
    softmax: () => "powers of e over their sum",
    rescaling: () => "times a constant, plus a constant",
  };
  return texts[kind]();
}

/** Return a step's sizes, and what can be said of its numbers for this image. */
export function findFacts(step, values) {
  const facts = [`${times(step.inputShape)} → ${times(step.shape)}`];
  if (step.kind === "relu") facts.push(...findZeros(step.shape, values));
  if (showsKernels(step)) {
    const largest = step.weights.kernel.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
    facts.push(`above each map its kernel, from ${brief(-largest)} to ${brief(largest)}`);
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
  return silent ? [text, `${silent} of ${shape[2]} maps silent on this image`] : [text];
}
