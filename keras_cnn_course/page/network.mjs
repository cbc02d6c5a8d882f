// The forward pass: what each kind of layer computes.
//
// As in Keras, feature maps of height x width x channels are one array with the channels of a pixel next to each other:
// the number at (row, column, channel) has the index (row * width + column) * channels + channel.
// JavaScript adds in double precision; the results are stored in single precision.

/** Build the network from the page's data: its steps in order, each with the shape of its input and its weights. */
export function buildNetwork({ inputShape, steps }, weights) {
  let shape = inputShape;
  let start = 0;
  const built = steps.map((step) => {
    const arrays = {};
    for (const [name, size] of Object.entries(step.weights)) {
      arrays[name] = weights.subarray(start, start + size);
      start += size;
    }
    const layer = { ...step, inputShape: shape, weights: arrays };
    shape = step.shape;
    return layer;
  });
  // The image as a step that computes nothing, for the views that show it like the output of one.
  const image = { name: "image", kind: "image", inputShape, shape: inputShape, weights: {} };
  return { inputShape, steps: built, image };
}

/** Return the output of every step for an image of numbers from 0 to 1: the image first, the probabilities last. */
export function forward(network, image) {
  const values = [new Float32Array(image)];
  for (const step of network.steps) values.push(STEPS[step.kind](values[values.length - 1], step));
  return values;
}

/** Return how many zeros `same` padding adds before the first row or column; after the last, as many or one more. */
export function padBefore(size, outputs, kernel, stride) {
  return Math.max((outputs - 1) * stride + kernel - size, 0) >> 1;
}

/** Return where the window of an output pixel begins in the step's input; negative where that is padding. */
export function windowStart(step, row, column) {
  const [above, before] = padding(step);
  return { top: row * step.strides[0] - above, left: column * step.strides[1] - before };
}

// Return how many zeros are above the first row and before the first column of a step's input.
function padding(step) {
  if (step.padding !== "same") return [0, 0];
  return [0, 1].map((axis) =>
    padBefore(step.inputShape[axis], step.shape[axis], step.kernelSize[axis], step.strides[axis]));
}

/** Return the rows of a step's input that its window at an output row reads, without padding; columns have axis 1. */
export function windowRange(step, axis, position) {
  const first = position * step.strides[axis] - padding(step)[axis];
  return { start: Math.max(first, 0), end: Math.min(first + step.kernelSize[axis], step.inputShape[axis]), first };
}

// Each output pixel: multiply the window with the kernel in place, sum over all input channels, add the bias.
function convolve(input, step) {
  const [, inputWidth, depth] = step.inputShape;
  const [height, width, filters] = step.shape;
  const { kernel, bias } = step.weights;
  const output = new Float32Array(height * width * filters);
  const sums = new Float64Array(filters);
  const columns = Array.from({ length: width }, (_, column) => windowRange(step, 1, column));
  for (let row = 0; row < height; row++) {
    const rows = windowRange(step, 0, row);
    for (let column = 0; column < width; column++) {
      const { start, end, first } = columns[column];
      if (bias) sums.set(bias);
      else sums.fill(0);
      for (let y = rows.start; y < rows.end; y++) {
        for (let x = start; x < end; x++) {
          const pixel = (y * inputWidth + x) * depth;
          const tap = ((y - rows.first) * step.kernelSize[1] + x - first) * depth;
          for (let channel = 0; channel < depth; channel++) {
            const value = input[pixel + channel];
            if (value === 0) continue; // most of a drawing is empty, and so are most maps after ReLU
            const weight = (tap + channel) * filters;
            for (let filter = 0; filter < filters; filter++) sums[filter] += value * kernel[weight + filter];
          }
        }
      }
      output.set(sums, (row * width + column) * filters);
    }
  }
  return output;
}

// Each output pixel: the largest number of its window in the same channel. Padding does not count.
function poolMaximum(input, step) {
  const output = new Float32Array(step.shape.reduce((product, size) => product * size, 1)).fill(-Infinity);
  eachInWindow(step, (from, to) => {
    if (input[from] > output[to]) output[to] = input[from];
  });
  return output;
}

// The same with the mean of the window.
function poolMean(input, step) {
  const sums = new Float64Array(step.shape.reduce((product, size) => product * size, 1));
  const sizes = new Float64Array(sums.length);
  eachInWindow(step, (from, to) => {
    sums[to] += input[from];
    sizes[to] += 1;
  });
  return Float32Array.from(sums, (sum, index) => sum / sizes[index]);
}

/** Call `visit(from, to)` for every number of the input and every output whose window it is in, row by row. */
export function eachInWindow(step, visit) {
  const [, inputWidth, channels] = step.inputShape;
  const [height, width] = step.shape;
  const columns = Array.from({ length: width }, (_, column) => windowRange(step, 1, column));
  for (let row = 0; row < height; row++) {
    const rows = windowRange(step, 0, row);
    for (let column = 0; column < width; column++) {
      const { start, end } = columns[column];
      const to = (row * width + column) * channels;
      for (let y = rows.start; y < rows.end; y++) {
        for (let x = start; x < end; x++) {
          const from = (y * inputWidth + x) * channels;
          for (let channel = 0; channel < channels; channel++) visit(from + channel, to + channel);
        }
      }
    }
  }
}

// Each output unit: the mean of one channel.
function averageAll(input, step) {
  const [channels] = step.shape;
  const sums = new Float64Array(channels);
  input.forEach((value, index) => (sums[index % channels] += value));
  return Float32Array.from(sums, (sum) => (sum * channels) / input.length);
}

// Each output unit: every input times its weight, summed, plus the bias.
function connect(input, step) {
  const units = step.shape[0];
  const { kernel, bias } = step.weights;
  const sums = bias ? Float64Array.from(bias) : new Float64Array(units);
  for (let index = 0; index < input.length; index++) {
    const value = input[index];
    if (value === 0) continue;
    for (let unit = 0; unit < units; unit++) sums[unit] += value * kernel[index * units + unit];
  }
  return Float32Array.from(sums);
}

// Each channel: subtract the mean and divide by the standard deviation measured in training, then scale and shift.
function normalize(input, step) {
  const { gamma, beta, mean, variance } = step.weights;
  const channels = mean.length;
  return input.map((value, index) => {
    const channel = index % channels;
    const standard = (value - mean[channel]) / Math.sqrt(variance[channel] + step.epsilon);
    return standard * (gamma ? gamma[channel] : 1) + (beta ? beta[channel] : 0);
  });
}

// Probabilities in the order of the inputs; the largest is subtracted first, so that no exponential overflows.
function softmax(input) {
  const largest = input.reduce((one, other) => Math.max(one, other));
  const powers = Float64Array.from(input, (value) => Math.exp(value - largest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return Float32Array.from(powers, (power) => power / total);
}

const STEPS = {
  convolution: convolve,
  relu: (input) => input.map((value) => (value > 0 ? value : 0)),
  leaky_relu: (input, step) => input.map((value) => (value < 0 ? value * step.slope : value)),
  max_pooling: poolMaximum,
  average_pooling: poolMean,
  global_average: averageAll,
  flatten: (input) => input, // the numbers are in one array already
  dense: connect,
  normalization: normalize,
  softmax,
  rescaling: (input, step) => input.map((value) => value * step.scale + step.offset),
};
