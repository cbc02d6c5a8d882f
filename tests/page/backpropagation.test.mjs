import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./modules.mjs";

const { explainDelta, explainWeight } = await load("backpropagation");
const { backward } = await load("gradients");
const { buildNetwork, forward } = await load("network");
const { countWeights, describeNetwork, drawWeights, seededRandom } = await load("training");

const LABEL = 1;
const description = describeNetwork({ inputShape: [12, 13, 1], kernels: 2, blocks: 2, units: 6, classes: 3 });
const random = seededRandom(8);
const weights = drawWeights(description, random);
const network = buildNetwork(description, weights);
const values = forward(network, Float32Array.from({ length: 156 }, random));
const sums = new Float64Array(countWeights(description));
const gradients = buildNetwork(description, sums);
const deltas = backward(network, values, LABEL, gradients);
const near = (one, other) => assert.ok(Math.abs(one - other) < 1e-9, `${one} and ${other}`);

test("the products that are shown for a number add up to its delta", () => {
  network.steps.slice(0, -2).forEach((step, number) => {
    for (let index = 0; index < values[number + 1].length; index++) {
      const { delta, terms } = explainDelta(network, values, deltas, number, index, LABEL);
      near(terms.reduce((sum, { product }) => sum + product, 0), delta);
      near(delta, deltas[number + 1][index]);
    }
  });
});

test("the loss and softmax say whose probability it is", () => {
  const last = network.steps.length - 1;
  const right = explainDelta(network, values, deltas, last, LABEL, LABEL);
  assert.ok(right.isRight);
  near(right.delta * right.probability, -1);
  const logit = explainDelta(network, values, deltas, last - 1, 0, LABEL);
  assert.equal(logit.kind, "softmax");
  assert.ok(Math.abs(logit.delta - values[last + 1][0]) < 1e-7);
});

test("the products that are shown for a weight add up to its gradient", () => {
  network.steps.forEach((step, number) => {
    if (step.kind !== "convolution") return;
    const [filters, depth] = [step.shape[2], step.inputShape[2]];
    gradients.steps[number].weights.kernel.forEach((gradient, index) => {
      const [filter, channel] = [index % filters, Math.floor(index / filters) % depth];
      const tap = Math.floor(index / filters / depth);
      const place = { down: Math.floor(tap / 3), right: tap % 3, channel, filter };
      const { sum, terms } = explainWeight(step, values[number], deltas[number + 1], place);
      near(sum, gradient);
      near(terms.reduce((total, { product }) => total + product, 0), gradient);
    });
  });
});
