// One training step for one image, from the image to the loss and back, in ten stations.

import { explainDelta, explainWeight } from "./backpropagation.mjs";
import { show } from "./elements.mjs";
import { indexAt, placeOf } from "./explanation.mjs";

/**
 * Return the stations: `title`, `text`, and the number to show in the panel, `{ number, index }`.
 *
 * They follow one path through the network: from the correct class back to the unit, the pooled number, the gate and the
 * pixel of a feature map that pass on the largest part of the gradient.
 *
 * @param state `network`, `values`, `deltas`, and the image's class as `label`
 * @param rate the learning rate of the step
 */
export function listStations({ network, values, deltas, label }, { names, rate }) {
  const at = (name) => network.steps.findIndex((step) => step.name === name);
  const [conv, relu, pool, dense, classifier] = ["conv_1", "relu_1", "pool_1", "dense_1", "classifier"].map(at);
  const path = findPath({ network, values, deltas }, { relu, pool, dense });
  const probability = values[classifier + 2][label];
  const number = (step, index) => show(values[step + 1][index]);
  const delta = (step, index) => show(deltas[step + 1][index]);
  const place = placeOf(network.steps[conv].shape, path.conv);
  const weight = explainKernel(network.steps[conv], values[conv], deltas[conv + 1], place.channel);
  const name = names[label];
  return [
    ["Image", `The image is a ${name}. The network sees only its pixels, numbers from 0 to 1.`, conv, path.conv],
    ["Convolution", `Place kernel ${place.channel} at row ${place.row}, column ${place.column}, multiply, add up the products, and add the bias. The sum is ${number(conv, path.conv)}.`, conv, path.conv],
    ["ReLU", `Negative sums become 0, the others stay: ${number(relu, path.relu)}.`, relu, path.relu],
    ["Max pooling", `Of each 2×2 window the largest number is kept: ${number(pool, path.pool)}.`, pool, path.pool],
    ["Dense layer", `Unit ${path.dense} multiplies all pooled numbers with its weights and adds them up. After ReLU its output is ${number(dense + 1, path.dense)}.`, dense, path.dense],
    ["Softmax", `The ten sums of the classifier become probabilities. The ${name} gets ${show(probability)}.`, classifier + 1, label],
    ["Loss", `log(1/p) = log(1/${show(probability)}) = ${show(Math.log(1 / probability))}. It is 0 only if the correct class has probability 1. Now the way back begins.`, classifier + 1, label],
    ["Back to the classifier", `For each class: p − y, where y is 1 for the correct class and 0 for the others. For the ${name}: ${show(probability)} − 1 = ${delta(classifier, label)}.`, classifier, label],
    ["Back to the feature map", `Unit ${path.dense} gets ${delta(dense, path.dense)}, each class's delta times its weight. Through the dense layer, ${delta(pool, path.pool)} reaches the pooled number. From there it goes to the largest number of the window.`, relu, path.relu],
    ["The kernel learns", `The gradient of the weight in row ${weight.down}, column ${weight.right} is the sum over all places of pixel times delta: ${show(weight.sum)}. A step of SGD at rate ${rate} moves the weight from ${show(weight.value)} to ${show(weight.value - rate * weight.sum)}.`, conv, path.conv],
  ].map(([title, text, step, index], order) => ({ title: `${order + 1}. ${title}`, text, number: step, index }));
}

// Follow the largest deltas: of the dense units, and of the numbers that win their pooling window.
function findPath({ network, values, deltas }, { relu, pool, dense }) {
  const winner = largest(deltas[relu + 1]);
  const [read] = explainDelta(network, values, deltas, relu, winner).terms;
  const { row, column, channel } = read ? read.place : { row: 0, column: 0, channel: 0 };
  const index = indexAt(network.steps[pool].shape, row, column, channel);
  return { conv: winner, relu: winner, pool: index, dense: largest(deltas[dense + 1]) };
}

function largest(numbers) {
  return numbers.reduce((best, value, index) => (Math.abs(value) > Math.abs(numbers[best]) ? index : best), 0);
}

// Return the weight of a kernel with the largest gradient.
function explainKernel(step, input, deltas, filter) {
  const [height, width] = step.kernelSize;
  const filters = step.shape[2];
  const weights = Array.from({ length: height * width }, (_, tap) => {
    const [down, right] = [Math.floor(tap / width), tap % width];
    const { sum } = explainWeight(step, input, deltas, { down, right, channel: 0, filter });
    return { down, right, sum, value: step.weights.kernel[tap * filters + filter] };
  });
  return weights.reduce((best, each) => (Math.abs(each.sum) > Math.abs(best.sum) ? each : best));
}
