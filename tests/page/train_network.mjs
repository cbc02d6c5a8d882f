// Train a network as the page does: node train_network.mjs PLAN.json WEIGHTS.bin IMAGES.bin OUTPUTS.bin
//
// PLAN has the network's description, the optimizer, the rate, and for each step the numbers of its images; labels too.
// OUTPUTS gets, in double precision, the loss of every step; then, in order, the gradients of the first step and the
// weights at the end.

import { readFileSync, writeFileSync } from "node:fs";

import { load } from "./modules.mjs";

const { Training } = await load("training");

const [planFile, weightsFile, imagesFile, outputsFile] = process.argv.slice(2);
const { description, optimizer, rate, batches, labels } = JSON.parse(readFileSync(planFile, "utf8"));
const weights = new Float32Array(new Uint8Array(readFileSync(weightsFile)).buffer);
const images = new Uint8Array(readFileSync(imagesFile));
const training = new Training(description, weights, {
  images, labels, trainingSize: labels.length, optimizer, rate, batchSize: batches[0].length, random: Math.random,
});

const losses = [training.step(batches[0]).loss];
const gradients = training.gradients.slice();
for (const batch of batches.slice(1)) losses.push(training.step(batch).loss);
writeFileSync(outputsFile, Buffer.from(Float64Array.from([...losses, ...gradients, ...weights]).buffer));
