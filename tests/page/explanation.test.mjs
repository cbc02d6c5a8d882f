// The explanation of a number must give the number that the network computed.

import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./modules.mjs";

const { buildNetwork, forward } = await load("network");
const { explain, givesClasses, nameChannels, imageField, indexAt, inputWindow, placeOf } = await load("explanation");

const STEPS = [
  { kind: "convolution", kernelSize: [3, 3], strides: [1, 1], padding: "valid", shape: [8, 8, 2], weights: { kernel: 18, bias: 2 } },
  { kind: "relu", shape: [8, 8, 2], weights: {} },
  { kind: "max_pooling", kernelSize: [2, 2], strides: [2, 2], padding: "valid", shape: [4, 4, 2], weights: {} },
  { kind: "convolution", kernelSize: [3, 3], strides: [2, 2], padding: "same", shape: [2, 2, 3], weights: { kernel: 54 } },
  { kind: "normalization", epsilon: 0.001, shape: [2, 2, 3], weights: { gamma: 3, beta: 3, mean: 3, variance: 3 } },
  { kind: "average_pooling", kernelSize: [2, 2], strides: [1, 1], padding: "same", shape: [2, 2, 3], weights: {} },
  { kind: "flatten", shape: [12], weights: {} },
  { kind: "dense", shape: [4], weights: { kernel: 48, bias: 4 } },
  { kind: "softmax", shape: [4], weights: {} },
];

// Numbers without a pattern, the same each time.
const numbers = (count, phase) => Float32Array.from({ length: count }, (_, index) => Math.sin(12.9898 * index + phase) % 1);
const GLOBAL = [
  { kind: "leaky_relu", slope: 0.3, shape: [6, 6, 2], weights: {} },
  { kind: "global_average", shape: [2], weights: {} },
];
const total = STEPS.flatMap(({ weights }) => Object.values(weights)).reduce((sum, size) => sum + size);
const weights = numbers(total, 1).map(Math.fround);
const varianceAt = 18 + 2 + 54 + 9;
weights.subarray(varianceAt, varianceAt + 3).forEach((value, index, all) => (all[index] = 1 + Math.abs(value)));
const network = buildNetwork({ inputShape: [10, 10, 1], steps: STEPS }, weights);
const values = forward(network, numbers(100, 2).map(Math.abs));

const close = (one, other) => assert.ok(Math.abs(one - other) < 1e-5, `${one} is not ${other}`);

function recompute(explanation) {
  const { step, channels, bias, before, window, terms } = explanation;
  switch (step.kind) {
    case "convolution":
      return channels.reduce((sum, each) => sum + each, 0) + (bias || 0);
    case "relu":
      return Math.max(0, before);
    case "leaky_relu":
      return before < 0 ? before * step.slope : before;
    case "global_average":
      return explanation.sum / explanation.size;
    case "max_pooling":
      return window[explanation.winner.row][explanation.winner.column];
    case "average_pooling": {
      const known = window.flat().filter((value) => value !== null);
      return known.reduce((sum, value) => sum + value, 0) / known.length;
    }
    case "normalization":
      return ((before - explanation.mean) / explanation.deviation) * explanation.scale + explanation.shift;
    case "dense":
      return terms.reduce((sum, { product }) => sum + product, 0) + bias;
    case "softmax":
      return explanation.power / explanation.total;
    default:
      throw new Error(step.kind);
  }
}

STEPS.forEach((step, number) => {
  if (step.kind === "flatten") return;
  test(`every number of step ${number}, ${step.kind}, is explained`, () => {
    values[number + 1].forEach((value, index) => {
      const explanation = explain(network, values, number, index);
      assert.equal(explanation.value, value);
      close(recompute(explanation), value);
    });
  });
});

test("the products of a channel are window times kernel", () => {
  const index = indexAt([2, 2, 3], 0, 0, 1);
  const { multiply, channels } = explain(network, values, 3, index);
  const { window, weights: kernel, products, sum } = multiply(1);
  close(sum, channels[1]);
  window.forEach((row, y) => row.forEach((value, x) => {
    if (value === null) assert.equal(products[y][x], null);
    else close(products[y][x], value * kernel[y][x]);
  }));
});

test("padding is told apart from zeros", () => {
  const { window } = explain(network, values, 5, indexAt([2, 2, 3], 1, 1, 0));
  assert.notEqual(window[0][0], null);
  assert.deepEqual([window[0][1], window[1][0], window[1][1]], [null, null, null]);
});

test("places and indices are each other's opposite", () => {
  for (let index = 0; index < 24; index++) {
    const { row, column, channel } = placeOf([2, 4, 3], index);
    assert.equal(indexAt([2, 4, 3], row, column, channel), index);
  }
  assert.deepEqual(placeOf([5], 3), { unit: 3 });
});

test("a number's receptive field is exactly the pixels that change it", () => {
  const image = numbers(100, 2).map(Math.abs);
  for (const [number, index] of [[0, 37], [2, 9], [3, indexAt([2, 2, 3], 0, 1, 2)], [3, indexAt([2, 2, 3], 1, 0, 0)]]) {
    const { top, left, bottom, right } = imageField(network, number, index);
    const changes = new Set();
    for (let pixel = 0; pixel < 100; pixel++) {
      for (const amount of [1000, -1000]) {
        const other = image.slice();
        other[pixel] += amount;
        if (forward(network, other)[number + 1][index] !== values[number + 1][index]) changes.add(pixel);
      }
    }
    const inside = [...Array(100).keys()].filter((pixel) => {
      const [row, column] = [Math.floor(pixel / 10), pixel % 10];
      return row >= top && row <= bottom && column >= left && column <= right;
    });
    assert.deepEqual([...changes].sort((one, other) => one - other), inside, `step ${number}`);
  }
});

test("a dense unit sees the whole image, and reads all of its input", () => {
  assert.deepEqual(imageField(network, 7, 2), { top: 0, left: 0, bottom: 9, right: 9 });
  assert.equal(inputWindow(network.steps[7], 2), null);
  assert.deepEqual(inputWindow(network.steps[2], indexAt([4, 4, 2], 1, 2, 0)), { top: 2, left: 4, bottom: 3, right: 5 });
});

test("a dense unit's inputs are named by the maps they come from", () => {
  assert.deepEqual(explain(network, values, 7, 0).maps, [2, 2, 3]);
  const products = explain(network, values, 7, 0).terms.map(({ product }) => Math.abs(product));
  assert.deepEqual(products, [...products].sort((one, other) => other - one));
});

test("a leaky ReLU and a global average are explained, and the average sees the whole image", () => {
  const other = buildNetwork({ inputShape: [6, 6, 2], steps: GLOBAL }, new Float32Array());
  const outputs = forward(other, numbers(72, 3));
  GLOBAL.forEach((step, number) => {
    outputs[number + 1].forEach((value, index) => close(recompute(explain(other, outputs, number, index)), value));
  });
  assert.deepEqual(imageField(other, 1, 0), { top: 0, left: 0, bottom: 5, right: 5 });
  assert.deepEqual(imageField(other, 0, 14), { top: 1, left: 1, bottom: 1, right: 1 });
});

test("only the units of the answer are classes", () => {
  const steps = ["dense", "relu", "dense", "softmax"].map((kind) => ({ kind, shape: [10] }));
  assert.deepEqual([-1, 0, 1, 2, 3].map((number) => givesClasses({ steps }, number)), [false, false, false, true, true]);
});

test("the channels of a color image have names until something mixes them", () => {
  const shape = [4, 4, 3];
  const steps = [
    { name: "scale", kind: "rescaling", shape, scale: 2, offset: 0, weights: {} },
    { name: "one", kind: "convolution", shape, kernelSize: [1, 1], strides: [1, 1], padding: "valid", weights: { kernel: 9 } },
    { name: "two", kind: "relu", shape, weights: {} },
  ];
  const other = buildNetwork({ inputShape: shape, steps }, numbers(9, 4));
  const outputs = forward(other, numbers(48, 5).map(Math.abs));
  const named = [-1, 0, 1, 2].map((number) => explain(other, outputs, number, 7).colors);
  const colors = ["red", "green", "blue"];
  assert.deepEqual(named, [colors, colors, colors, null]);
  assert.equal(explain(other, outputs, -1, 7).pixel, Math.round(255 * outputs[0][7]));
  const { channels, value } = explain(other, outputs, 1, 7);
  assert.equal(channels.length, 3);
  close(channels.reduce((sum, each) => sum + each, 0), value);
  assert.deepEqual(imageField(other, -1, 7), { top: 0, left: 2, bottom: 0, right: 2 });
  assert.equal(nameChannels({ ...other, inputShape: [4, 4, 1] }, 0), null);
});
