// Where the gradient of one number or one weight comes from, for the loss of one image.

import { indexAt, placeOf } from "./explanation.mjs";
import { eachInWindow, windowStart } from "./network.mjs";

/**
 * Explain the delta of the number at `index` of the output of step `number`: how much the loss grows per unit of it.
 *
 * `kind` says what the delta came through: `loss`, or the kind of the next step. `terms` are the products that add up to
 * the delta, the largest first.
 */
export function explainDelta(network, values, deltas, number, index, label) {
  const delta = deltas[number + 1][index];
  const next = network.steps[number + 1];
  const place = placeOf(network.steps[number].shape, index);
  if (!next) {
    const probability = values[number + 1][index];
    return { kind: "loss", delta, place, probability, isRight: index === label, terms: [] };
  }
  if (next.kind === "softmax") {
    return { kind: "softmax", delta, place, probability: values[number + 2][index], isRight: index === label, terms: [] };
  }
  const before = values[number + 1][index];
  const after = deltas[number + 2];
  const terms = TERMS[next.kind](next, index, { input: values[number + 1], output: values[number + 2], after });
  terms.sort((one, other) => Math.abs(other.product) - Math.abs(one.product));
  return { kind: next.kind, delta, place, before, next, terms };
}

// The products that a number's delta is the sum of, each with the place of the delta in the output of the next step.
const TERMS = {
  relu: (next, index, { input, after }) => [term(next, index, input[index] > 0 ? 1 : 0, after)],
  flatten: (next, index, { after }) => [term(next, index, 1, after)],

  max_pooling(next, index, { input, output, after }) {
    const winners = new Map();
    const windows = [];
    eachInWindow(next, (from, to) => {
      if (!winners.has(to) && input[from] === output[to]) winners.set(to, from);
      if (from === index) windows.push(to);
    });
    return windows.map((to) => term(next, to, winners.get(to) === index ? 1 : 0, after));
  },

  dense(next, index, { after }) {
    const units = next.shape[0];
    return Array.from({ length: units }, (_, unit) => term(next, unit, next.weights.kernel[index * units + unit], after));
  },

  convolution(next, index, { after }) {
    const { row, column, channel } = placeOf(next.inputShape, index);
    const [height, width, filters] = next.shape;
    const terms = [];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const { top, left } = windowStart(next, y, x);
        const [down, right] = [row - top, column - left];
        if (down < 0 || down >= next.kernelSize[0] || right < 0 || right >= next.kernelSize[1]) continue;
        for (let filter = 0; filter < filters; filter++) {
          const weight = next.weights.kernel[weightIndex(next, down, right, channel, filter)];
          terms.push(term(next, indexAt(next.shape, y, x, filter), weight, after));
        }
      }
    }
    return terms;
  },
};

function term(next, index, weight, deltas) {
  return { place: placeOf(next.shape, index), weight, delta: deltas[index], product: weight * deltas[index] };
}

function weightIndex(step, down, right, channel, filter) {
  return ((down * step.kernelSize[1] + right) * step.inputShape[2] + channel) * step.shape[2] + filter;
}

/**
 * Explain the gradient of one weight of a convolution: at every place, the input pixel under the weight times the delta of
 * the output there; the gradient is their sum.
 *
 * @returns `products`, a number per output place, row by row, `terms`, those that are not 0, the largest first, and `sum`
 */
export function explainWeight(step, input, deltas, { down, right, channel, filter }) {
  const [height, width] = step.shape;
  const [inputHeight, inputWidth] = step.inputShape;
  const products = new Float64Array(height * width);
  const terms = [];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const { top, left } = windowStart(step, row, column);
      const [y, x] = [top + down, left + right];
      const isInside = y >= 0 && y < inputHeight && x >= 0 && x < inputWidth;
      const value = isInside ? input[indexAt(step.inputShape, y, x, channel)] : 0;
      const delta = deltas[indexAt(step.shape, row, column, filter)];
      const product = value * delta;
      products[row * width + column] = product;
      if (product !== 0) terms.push({ row, column, value, delta, product });
    }
  }
  terms.sort((one, other) => Math.abs(other.product) - Math.abs(one.product));
  return { products, terms, sum: products.reduce((sum, product) => sum + product, 0) };
}
