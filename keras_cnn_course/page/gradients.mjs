// The backward pass: how much the loss changes with every number and every weight of the network.
//
// The loss of an image is the cross-entropy, log(1/p) for the probability p of its class. `deltas[n]` are its derivatives
// with respect to `values[n]` of the forward pass, number by number. Each step turns the deltas of its output into those
// of its input, with the same windows and products as in the forward pass, read the other way round.

import { eachInWindow, windowRange } from "./network.mjs";

const SMALLEST = 1e-7; // Keras takes no logarithm of a smaller probability

/** Return the name of the first step that cannot be trained, or null. */
export function findUntrainable({ steps }) {
  const last = steps[steps.length - 1];
  const unknown = steps.find(({ kind }) => !BACKWARD[kind] && kind !== "softmax");
  return unknown ? unknown.name : last.kind === "softmax" ? null : last.name;
}

/** Return the loss for probabilities and the correct class. */
export function crossEntropy(probabilities, label) {
  return -Math.log(Math.max(probabilities[label], SMALLEST));
}

/**
 * Go back through the network from the loss of one image.
 *
 * @param network a network that ends in softmax
 * @param values of its forward pass
 * @param label the image's class
 * @param gradients a network with arrays of the same sizes as weights, to which the gradients are added
 * @returns the deltas of all values. Those of the image are left out (null), because nothing can be learned there.
 */
export function backward(network, values, label, gradients) {
  const last = values.length - 1;
  const deltas = Array(values.length).fill(null);
  deltas[last] = new Float64Array(values[last].length);
  deltas[last][label] = -1 / Math.max(values[last][label], SMALLEST);
  deltas[last - 1] = Float64Array.from(values[last], (probability, unit) => probability - (unit === label ? 1 : 0));
  const first = network.steps.findIndex(({ weights }) => weights.kernel);
  for (let number = last - 2; number >= first; number--) {
    const step = network.steps[number];
    const passOn = number > first ? new Float64Array(values[number].length) : null;
    BACKWARD[step.kind](step, values[number], values[number + 1], deltas[number + 1], passOn, gradients.steps[number].weights);
    deltas[number] = passOn;
  }
  return deltas;
}

// Each gets the step, its input and output, the deltas of its output, the deltas of its input to add to (null if nobody
// needs them), and the gradients of its weights to add to.
const BACKWARD = {
  // A weight's gradient: the sum over all places of input pixel times delta. A pixel gets from each window that it is in
  // the delta times the weight in its place.
  convolution(step, input, output, deltas, passOn, gradients) {
    const [, inputWidth, depth] = step.inputShape;
    const [height, width, filters] = step.shape;
    const { kernel } = step.weights;
    const columns = Array.from({ length: width }, (_, column) => windowRange(step, 1, column));
    for (let row = 0; row < height; row++) {
      const rows = windowRange(step, 0, row);
      for (let column = 0; column < width; column++) {
        const place = (row * width + column) * filters;
        const active = nonZero(deltas, place, filters);
        if (!active.length) continue;
        if (gradients.bias) for (const filter of active) gradients.bias[filter] += deltas[place + filter];
        const { start, end, first } = columns[column];
        for (let y = rows.start; y < rows.end; y++) {
          for (let x = start; x < end; x++) {
            const pixel = (y * inputWidth + x) * depth;
            const tap = ((y - rows.first) * step.kernelSize[1] + x - first) * depth;
            for (let channel = 0; channel < depth; channel++) {
              const value = input[pixel + channel];
              const weight = (tap + channel) * filters;
              if (value !== 0) {
                for (const filter of active) gradients.kernel[weight + filter] += value * deltas[place + filter];
              }
              if (passOn) {
                let sum = 0;
                for (const filter of active) sum += kernel[weight + filter] * deltas[place + filter];
                passOn[pixel + channel] += sum;
              }
            }
          }
        }
      }
    }
  },

  // The delta goes to the winner of the window, to the first one if several are equal.
  max_pooling(step, input, output, deltas, passOn) {
    if (!passOn) return;
    const isPassed = new Uint8Array(output.length);
    eachInWindow(step, (from, to) => {
      if (isPassed[to] || input[from] !== output[to]) return;
      isPassed[to] = 1;
      passOn[from] += deltas[to];
    });
  },

  // The gate is open where the number was positive.
  relu(step, input, output, deltas, passOn) {
    if (passOn) for (let index = 0; index < input.length; index++) passOn[index] = input[index] > 0 ? deltas[index] : 0;
  },

  flatten(step, input, output, deltas, passOn) {
    if (passOn) passOn.set(deltas);
  },

  // A weight's gradient: its input times the delta of its unit. An input gets the deltas of all units times its weights.
  dense(step, input, output, deltas, passOn, gradients) {
    const units = step.shape[0];
    const { kernel } = step.weights;
    if (gradients.bias) for (let unit = 0; unit < units; unit++) gradients.bias[unit] += deltas[unit];
    for (let index = 0; index < input.length; index++) {
      const value = input[index];
      const row = index * units;
      if (value !== 0) for (let unit = 0; unit < units; unit++) gradients.kernel[row + unit] += value * deltas[unit];
      if (passOn) passOn[index] = multiply(kernel, row, deltas);
    }
  },
};

// Return the dot product of `numbers` with the weights from `start` on. Four sums at once, because the processor can add
// to the second while it waits for the first.
function multiply(weights, start, numbers) {
  const { length } = numbers;
  let [one, two, three, four] = [0, 0, 0, 0];
  let at = 0;
  for (; at + 3 < length; at += 4) {
    one += weights[start + at] * numbers[at];
    two += weights[start + at + 1] * numbers[at + 1];
    three += weights[start + at + 2] * numbers[at + 2];
    four += weights[start + at + 3] * numbers[at + 3];
  }
  for (; at < length; at++) one += weights[start + at] * numbers[at];
  return one + two + three + four;
}

// ReLU closes about half of the gates, and pooling drops three of four places: only the others need work.
function nonZero(numbers, start, length) {
  const found = [];
  for (let index = 0; index < length; index++) if (numbers[start + index] !== 0) found.push(index);
  return found;
}
