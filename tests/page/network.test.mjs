// Every number here is worked out by hand, or is on a slide of the lecture.

import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./modules.mjs";

const { buildNetwork, forward, padBefore } = await load("network");

const LECTURE = ["0000000", "0011100", "0111110", "0111000", "0111110", "0011100", "0000000"].flatMap((row) => [...row].map(Number));
const EDGES = [-1, -1, -1, 2, 2, 2, -1, -1, -1];

function run(inputShape, steps, weights, image) {
  return forward(buildNetwork({ inputShape, steps: steps.map((step) => ({ weights: {}, ...step })) }, Float32Array.from(weights)), image);
}

function convolution(shape, settings = {}) {
  return { kind: "convolution", kernelSize: [3, 3], strides: [1, 1], padding: "valid", shape, weights: { kernel: 9 }, ...settings };
}

test("the lecture's edges, ReLU and max pooling", () => {
  const pool = { kind: "max_pooling", kernelSize: [2, 2], strides: [2, 2], padding: "valid", shape: [2, 2, 1] };
  const steps = [convolution([5, 5, 1]), { kind: "relu", shape: [5, 5, 1] }, pool];
  const [image, edges, rectified, pooled] = run([7, 7, 1], steps, EDGES, LECTURE);
  assert.deepEqual([...image], LECTURE);
  assert.deepEqual([...edges.slice(0, 10)], [0, 1, 3, 1, 0, 1, 1, 1, 3, 3]);
  assert.deepEqual([...edges.slice(10, 15)], [0, 0, -2, -4, -4]);
  assert.deepEqual([...rectified.slice(10, 15)], [0, 0, 0, 0, 0]);
  assert.deepEqual([...pooled], [1, 3, 1, 3]);
});

test("zeros around the input keep its size", () => {
  const [, blurred] = run([2, 2, 1], [convolution([2, 2, 1], { padding: "same" })], Array(9).fill(1), [1, 2, 3, 4]);
  assert.deepEqual([...blurred], [10, 10, 10, 10]);
});

test("an odd number of zeros has the extra one at the end, as in Keras", () => {
  assert.equal(padBefore(4, 2, 3, 2), 0);
  assert.equal(padBefore(5, 3, 3, 2), 1);
  assert.equal(padBefore(7, 7, 3, 1), 1);
  assert.equal(padBefore(5, 2, 2, 2), 0);
});

test("a leaky ReLU keeps a share of negative numbers, and a global average has one number per map", () => {
  const steps = [{ kind: "leaky_relu", slope: 0.5, shape: [1, 2, 2] }, { kind: "global_average", shape: [2] }];
  const [, leaky, means] = run([1, 2, 2], steps, [], [-4, 1, 2, 5]);
  assert.deepEqual([...leaky], [-2, 1, 2, 5]);
  assert.deepEqual([...means], [0, 3]);
});

test("strides skip, channels are added up, each filter has its bias", () => {
  const step = convolution([1, 2, 2], { kernelSize: [1, 1], strides: [2, 2], weights: { kernel: 4, bias: 2 } });
  // Two channels, two filters: the first adds them, the second subtracts them.
  const [, output] = run([1, 3, 2], [step], [1, 1, 1, -1, 0.5, -1], [1, 2, 9, 9, 3, 5]);
  assert.deepEqual([...output], [3.5, -2, 8.5, -3]);
});

test("padding never wins, and is not averaged", () => {
  const settings = { kernelSize: [2, 2], strides: [2, 2], padding: "same", shape: [2, 2, 1] };
  const image = [-1, -2, -3, -4, -5, -6, -7, -8, -9];
  const [, largest] = run([3, 3, 1], [{ kind: "max_pooling", ...settings }], [], image);
  const [, average] = run([3, 3, 1], [{ kind: "average_pooling", ...settings }], [], image);
  assert.deepEqual([...largest], [-1, -3, -7, -9]);
  assert.deepEqual([...average], [-3, -4.5, -7.5, -9]);
});

test("channels are pooled apart", () => {
  const pool = { kind: "max_pooling", kernelSize: [1, 2], strides: [1, 2], padding: "valid", shape: [1, 1, 2] };
  const [, output] = run([1, 2, 2], [pool], [], [1, 8, 7, 2]);
  assert.deepEqual([...output], [7, 8]);
});

test("a dense layer sums inputs times weights, then softmax gives probabilities", () => {
  const steps = [
    { kind: "flatten", shape: [2] },
    { kind: "dense", shape: [3], weights: { kernel: 6, bias: 3 } },
    { kind: "softmax", shape: [3] },
  ];
  const [, , sums, probabilities] = run([1, 2, 1], steps, [1, 2, 3, 4, 5, 6, 0, 0, -1], [1, 2]);
  assert.deepEqual([...sums], [9, 12, 14]);
  const powers = [Math.exp(-5), Math.exp(-2), 1];
  const total = powers.reduce((sum, power) => sum + power);
  probabilities.forEach((share, index) => assert.ok(Math.abs(share - powers[index] / total) < 1e-7));
});

test("softmax survives large numbers", () => {
  const [, output] = run([2], [{ kind: "softmax", shape: [2] }], [], [1000, 1000]);
  assert.deepEqual([...output], [0.5, 0.5]);
});

test("normalization takes each channel's own mean and variance", () => {
  const step = { kind: "normalization", shape: [1, 1, 2], epsilon: 0, weights: { gamma: 2, beta: 2, mean: 2, variance: 2 } };
  const [, output] = run([1, 1, 2], [step], [2, 1, 10, 20, 1, 2, 4, 16], [5, 6]);
  assert.deepEqual([...output], [14, 21]);
});

test("rescaling multiplies and adds", () => {
  const [, output] = run([2], [{ kind: "rescaling", shape: [2], scale: 2, offset: -1 }], [], [0, 0.5]);
  assert.deepEqual([...output], [-1, 0]);
});
