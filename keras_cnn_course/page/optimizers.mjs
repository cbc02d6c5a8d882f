// How the weights follow their gradients: the three rules of Keras's SGD, SGD with momentum and Adam, weight by weight.

const MOMENTUM = 0.9;
const [MEAN, SQUARE, EPSILON] = [0.9, 0.999, 1e-7]; // Adam's, as in Keras

/** The names of the rules, and what they are called on the page. */
export const OPTIMIZERS = { sgd: "SGD", momentum: "SGD with momentum 0.9", adam: "Adam" };

/**
 * Return a function that changes weights by their gradients, `update(weights, gradients, rate)`.
 *
 * @param name `sgd`, `momentum` or `adam`
 * @param size the number of weights
 */
export function makeOptimizer(name, size) {
  if (name === "sgd") {
    return (weights, gradients, rate) => {
      for (let index = 0; index < size; index++) weights[index] -= rate * gradients[index];
    };
  }
  if (name === "momentum") {
    const velocities = new Float32Array(size);
    return (weights, gradients, rate) => {
      for (let index = 0; index < size; index++) {
        velocities[index] = MOMENTUM * velocities[index] - rate * gradients[index];
        weights[index] += velocities[index];
      }
    };
  }
  const [means, squares] = [new Float32Array(size), new Float32Array(size)];
  let steps = 0;
  return (weights, gradients, rate) => {
    steps += 1;
    // Keras takes these powers in single precision, where 0.999 is a little larger.
    const corrected = (rate * Math.sqrt(1 - Math.fround(SQUARE) ** steps)) / (1 - Math.fround(MEAN) ** steps);
    for (let index = 0; index < size; index++) {
      const gradient = gradients[index];
      means[index] += (gradient - means[index]) * (1 - MEAN);
      squares[index] += (gradient * gradient - squares[index]) * (1 - SQUARE);
      weights[index] -= (corrected * means[index]) / (Math.sqrt(squares[index]) + EPSILON);
    }
  };
}
