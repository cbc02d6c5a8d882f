// Training in the page: a network of the lecture's blocks, and its steps on batches of images.

import { backward, crossEntropy } from "./gradients.mjs";
import { buildNetwork, forward } from "./network.mjs";
import { makeOptimizer } from "./optimizers.mjs";

/** Return random numbers from 0 to 1 that a seed decides (mulberry32, by Tommy Ettinger). */
export function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Describe the lecture's network, as `buildNetwork` takes it: blocks of convolution, ReLU and max pooling, then a dense
 * layer and the classifier. A second block has twice as many kernels.
 */
export function describeNetwork({ inputShape, kernels, blocks, units, classes }) {
  const steps = [];
  let [height, width, depth] = inputShape;
  for (let block = 1; block <= blocks; block++) {
    const filters = kernels * block;
    [height, width] = [height - 2, width - 2];
    const shape = [height, width, filters];
    steps.push({
      name: `conv_${block}`, kind: "convolution", shape, kernelSize: [3, 3], strides: [1, 1], padding: "valid",
      weights: { kernel: 9 * depth * filters, bias: filters },
    });
    steps.push({ name: `relu_${block}`, kind: "relu", shape, weights: {} });
    [height, width, depth] = [height >> 1, width >> 1, filters];
    steps.push({
      name: `pool_${block}`, kind: "max_pooling", shape: [height, width, depth], kernelSize: [2, 2], strides: [2, 2],
      padding: "valid", weights: {},
    });
  }
  const size = height * width * depth;
  steps.push({ name: "flatten", kind: "flatten", shape: [size], weights: {} });
  steps.push({ name: "dense_1", kind: "dense", shape: [units], weights: { kernel: size * units, bias: units } });
  steps.push({ name: "dense_1 relu", kind: "relu", shape: [units], weights: {} });
  steps.push({
    name: "classifier", kind: "dense", shape: [classes], weights: { kernel: units * classes, bias: classes },
  });
  steps.push({ name: "classifier softmax", kind: "softmax", shape: [classes], weights: {} });
  return { inputShape, steps };
}

/** Return the number of weights of a described network. */
export function countWeights({ steps }) {
  return steps.flatMap(({ weights }) => Object.values(weights)).reduce((sum, size) => sum + size, 0);
}

/**
 * Return random first weights for a described network: kernels as Keras draws them (Glorot and Bengio 2010), biases 0.
 *
 * @param start `random`, or `equal`: all kernels of a convolution are copies of its first one, and what reads their
 *   feature maps reads all of them alike, so that nothing ever tells one kernel from another
 */
export function drawWeights(description, random, start = "random") {
  const weights = new Float32Array(countWeights(description));
  let maps = 1; // feature maps that the next step with weights reads
  for (const step of buildNetwork(description, weights).steps) {
    const { kernel } = step.weights;
    if (!kernel) continue;
    const outputs = step.shape[step.shape.length - 1];
    const inputs = kernel.length / outputs;
    const places = step.kind === "convolution" ? step.kernelSize[0] * step.kernelSize[1] : 1;
    const limit = Math.sqrt(6 / (inputs + places * outputs));
    for (let index = 0; index < kernel.length; index++) kernel[index] = (2 * random() - 1) * limit;
    if (start === "equal") copyFirst(kernel, { outputs, maps, isConvolution: step.kind === "convolution" });
    maps = step.kind === "convolution" ? outputs : 1;
  }
  return weights;
}

// Give all input maps the weights of the first one, and in a convolution all kernels those of the first one.
function copyFirst(kernel, { outputs, maps, isConvolution }) {
  for (let index = 0; index < kernel.length; index++) {
    const [input, output] = [Math.floor(index / outputs), index % outputs];
    kernel[index] = kernel[(input - (input % maps)) * outputs + (isConvolution ? 0 : output)];
  }
}

/**
 * Trains a network on images of whole numbers from 0 to 255, one after the other in a Uint8Array.
 *
 * `images` and `labels` hold both parts: the first `trainingSize` images are trained on, the others are the validation
 * images.
 */
export class Training {
  constructor(description, weights, { images, labels, trainingSize, optimizer, rate, batchSize, random }) {
    Object.assign(this, { weights, labels, trainingSize, rate, batchSize, random });
    this.inputs = Float32Array.from(images, (pixel) => pixel / 255);
    this.network = buildNetwork(description, weights);
    this.gradients = new Float64Array(weights.length); // sums of many small numbers
    this.sums = buildNetwork(description, this.gradients);
    this.update = makeOptimizer(optimizer, weights.length);
    this.pixels = description.inputShape.reduce((product, size) => product * size, 1);
    this.steps = 0;
    this.order = [];
  }

  get stepsPerEpoch() {
    return Math.ceil(this.trainingSize / this.batchSize);
  }

  /** Return an image as the network's input, numbers from 0 to 1. */
  image(number) {
    return this.inputs.subarray(number * this.pixels, (number + 1) * this.pixels);
  }

  /** Return the numbers of the images of the next step. Each epoch has all of them, in a new random order. */
  nextBatch() {
    if (!this.order.length) this.order = shuffle(this.trainingSize, this.random);
    return this.order.splice(0, this.batchSize);
  }

  /** Train one step on images with these numbers, and return their mean loss and how many were correct before it. */
  step(batch = this.nextBatch()) {
    this.gradients.fill(0);
    const scores = { loss: 0, correct: 0, images: batch.length };
    for (const number of batch) {
      const values = forward(this.network, this.image(number));
      score(scores, values[values.length - 1], this.labels[number]);
      backward(this.network, values, this.labels[number], this.sums);
    }
    for (let index = 0; index < this.gradients.length; index++) this.gradients[index] /= batch.length;
    this.update(this.weights, this.gradients, this.rate);
    this.steps += 1;
    return { ...scores, loss: scores.loss / batch.length };
  }

  /** Return the mean loss and the number of correct answers of the validation images. */
  validate() {
    const scores = { loss: 0, correct: 0, images: this.labels.length - this.trainingSize };
    for (let number = this.trainingSize; number < this.labels.length; number++) {
      const values = forward(this.network, this.image(number));
      score(scores, values[values.length - 1], this.labels[number]);
    }
    return { ...scores, loss: scores.loss / scores.images };
  }
}

function score(scores, probabilities, label) {
  scores.loss += crossEntropy(probabilities, label);
  scores.correct += probabilities.indexOf(Math.max(...probabilities)) === label ? 1 : 0;
}

function shuffle(size, random) {
  const order = Array.from({ length: size }, (_, number) => number);
  for (let last = size - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}
