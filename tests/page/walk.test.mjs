import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./modules.mjs";

const { listStations } = await load("walk");
const { backward } = await load("gradients");
const { buildNetwork, forward } = await load("network");
const { show } = await load("elements");
const { Training, countWeights, describeNetwork, drawWeights, seededRandom } = await load("training");

const [LABEL, RATE] = [2, 0.1];
const NAMES = ["zero", "one", "two"];
const description = describeNetwork({ inputShape: [14, 14, 1], kernels: 3, blocks: 1, units: 6, classes: 3 });
const random = seededRandom(21);
const weights = drawWeights(description, random);
const images = Uint8Array.from({ length: 196 }, () => 255 * random());
const network = buildNetwork(description, weights);
const values = forward(network, Float32Array.from(images, (pixel) => pixel / 255));
const deltas = backward(network, values, LABEL, buildNetwork(description, new Float64Array(countWeights(description))));
const stations = listStations({ network, values, deltas, label: LABEL }, { names: NAMES, rate: RATE });
const text = (order) => stations[order - 1].text;

test("ten stations show a number that there is", () => {
  assert.equal(stations.length, 10);
  for (const { number, index } of stations) assert.ok(Number.isFinite(values[number + 1][index]));
});

test("the loss and the way back start from the probability of the correct class", () => {
  const probability = values[values.length - 1][LABEL];
  assert.ok(text(6).includes(show(probability)));
  assert.ok(text(7).includes(`= ${show(-Math.log(probability))}.`));
  assert.ok(text(8).includes(`= ${show(probability - 1)}.`));
});

test("the weight of the last station is the one that a training step makes", () => {
  const [, down, right, from, to] = text(10).match(/row (\d), column (\d) .* from (\S+) to (\S+)\.$/);
  const filter = Number(text(2).match(/kernel (\d)/)[1]);
  const index = (Number(down) * 3 + Number(right)) * 3 + filter;
  assert.equal(from, show(weights[index]));
  const training = new Training(description, weights.slice(), {
    images, labels: [LABEL], trainingSize: 1, optimizer: "sgd", rate: RATE, batchSize: 1, random,
  });
  training.step();
  assert.equal(to, show(training.weights[index]));
});
