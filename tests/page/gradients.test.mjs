import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./modules.mjs";

const { backward, crossEntropy, findUntrainable } = await load("gradients");
const { buildNetwork, forward } = await load("network");
const { Training, countWeights, describeNetwork, drawWeights, seededRandom } = await load("training");

const SETTINGS = { inputShape: [10, 9, 1], kernels: 3, blocks: 1, units: 5, classes: 4 };

function example() {
  const description = describeNetwork(SETTINGS);
  const random = seededRandom(5);
  const weights = drawWeights(description, random);
  const image = Float32Array.from({ length: 90 }, random);
  return { description, weights, image };
}

const lossOf = (description, weights, image, label) =>
  crossEntropy(forward(buildNetwork(description, weights), image).at(-1), label);

test("gradients are the slopes of the loss", () => {
  const { description, weights, image } = example();
  const sums = new Float64Array(weights.length);
  const network = buildNetwork(description, weights);
  backward(network, forward(network, image), 2, buildNetwork(description, sums));
  for (let index = 0; index < weights.length; index += 7) {
    const changed = (by) => {
      const moved = weights.slice();
      moved[index] += by;
      return lossOf(description, moved, image, 2);
    };
    const slope = (changed(1e-3) - changed(-1e-3)) / 2e-3;
    assert.ok(Math.abs(slope - sums[index]) < 1e-3, `weight ${index}: ${slope} and ${sums[index]}`);
  }
});

test("the delta of a logit is its probability minus 1 for the correct class", () => {
  const { description, weights, image } = example();
  const network = buildNetwork(description, weights);
  const values = forward(network, image);
  const deltas = backward(network, values, 1, buildNetwork(description, new Float64Array(weights.length)));
  const probabilities = values.at(-1);
  deltas.at(-2).forEach((delta, unit) => {
    assert.ok(Math.abs(delta - (probabilities[unit] - (unit === 1))) < 1e-7);
  });
});

test("of equal numbers in a pooling window the first gets the delta", () => {
  const window = { kernelSize: [2, 2], strides: [2, 2], padding: "valid" };
  const description = {
    inputShape: [2, 2, 1],
    steps: [
      { kind: "convolution", shape: [2, 2, 1], kernelSize: [1, 1], strides: [1, 1], padding: "valid", weights: { kernel: 1 } },
      { kind: "max_pooling", shape: [1, 1, 1], ...window, weights: {} },
      { kind: "flatten", shape: [1], weights: {} },
      { kind: "dense", shape: [2], weights: { kernel: 2 } },
      { kind: "softmax", shape: [2], weights: {} },
    ],
  };
  const network = buildNetwork(description, Float32Array.from([1, 3, 1]));
  const values = forward(network, [0, 1, 1, 1]);
  const deltas = backward(network, values, 0, buildNetwork(description, new Float64Array(3)));
  assert.equal(deltas[1][0], 0);
  assert.notEqual(deltas[1][1], 0);
  assert.deepEqual([...deltas[1].slice(2)], [0, 0]);
});

test("a step that cannot be trained is named", () => {
  const { description } = example();
  assert.equal(findUntrainable(buildNetwork(description, new Float32Array(countWeights(description)))), null);
  const steps = [{ name: "norm_1", kind: "normalization", shape: [4], weights: {} }];
  assert.equal(findUntrainable({ steps }), "norm_1");
});

test("kernels that begin equal stay equal", () => {
  const description = describeNetwork(SETTINGS);
  const random = seededRandom(3);
  const weights = drawWeights(description, random, "equal");
  const images = Uint8Array.from({ length: 90 * 8 }, () => 255 * random());
  const labels = [0, 1, 2, 3, 0, 1, 2, 3];
  const training = new Training(description, weights, {
    images, labels, trainingSize: 8, optimizer: "sgd", rate: 0.1, batchSize: 8, random,
  });
  for (let step = 0; step < 5; step++) training.step();
  const { kernel } = training.network.steps[0].weights;
  for (let index = 0; index < kernel.length; index += 3) {
    assert.equal(kernel[index], kernel[index + 1]);
    assert.equal(kernel[index], kernel[index + 2]);
  }
});

test("the same seed trains the same network, and an epoch has every image once", () => {
  const description = describeNetwork(SETTINGS);
  const train = () => {
    const random = seededRandom(11);
    const images = Uint8Array.from({ length: 90 * 10 }, () => 255 * random());
    const labels = Array.from({ length: 10 }, (_, number) => number % 4);
    const training = new Training(description, drawWeights(description, random), {
      images, labels, trainingSize: 8, optimizer: "adam", rate: 0.01, batchSize: 3, random,
    });
    const batches = [training.nextBatch(), training.nextBatch(), training.nextBatch()];
    batches.forEach((batch) => training.step(batch));
    return { batches, weights: training.weights, validation: training.validate() };
  };
  const [one, other] = [train(), train()];
  assert.deepEqual(one.weights, other.weights);
  assert.deepEqual(one.batches.map((batch) => batch.length), [3, 3, 2]);
  assert.deepEqual(one.batches.flat().sort(), [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.equal(one.validation.images, 2);
});
