// The worker of the page: it trains beside the page, so that drawing never waits for a training step.
//
// The page sends `begin` with the settings and the images, then `run`, `pause`, `step` and `rate`. The worker answers with
// `progress`: the weights, and the scores since its last message, with the seed of the network that they belong to.

import { Training, describeNetwork, drawWeights, seededRandom } from "./training.mjs";

const REPORT = 120; // milliseconds between two messages while it runs
const TOO_LARGE = 1e6; // a weight of this size makes numbers on the page that are not finite, though it is

class Learner {
  constructor(settings, { images, labels, trainingSize }) {
    this.seed = settings.seed;
    const random = seededRandom(this.seed);
    const description = describeNetwork(settings);
    const weights = drawWeights(description, random, settings.start);
    const { optimizer, rate, batchSize } = settings;
    this.training = new Training(description, weights, {
      images, labels, trainingSize, optimizer, rate, batchSize, random,
    });
    this.pace = 0;
    this.forget();
    this.report(this.training.validate());
  }

  forget() {
    this.recent = { loss: 0, correct: 0, images: 0 };
    this.reported = performance.now();
  }

  /** Train until `pause`, with a pause of `pace` milliseconds after each step. */
  run(pace) {
    this.pause();
    const advance = () => {
      do this.step();
      while (!this.stopped && pace === 0 && performance.now() - this.reported < REPORT);
      if (this.stopped) return;
      if (performance.now() - this.reported >= Math.min(REPORT, pace)) this.report();
      this.timer = setTimeout(advance, pace);
    };
    this.stopped = false;
    advance();
  }

  pause() {
    clearTimeout(this.timer);
    this.stopped = true;
  }

  step() {
    const { loss, correct, images } = this.training.step();
    this.recent.loss += loss * images;
    this.recent.correct += correct;
    this.recent.images += images;
    const isEnd = this.training.steps % this.training.stepsPerEpoch === 0;
    if (!Number.isFinite(loss)) this.report();
    else if (isEnd) this.report(this.training.validate());
  }

  report(validation = null) {
    const { training, recent } = this;
    const weights = training.weights.slice();
    const diverged = !(Number.isFinite(recent.loss) && weights.every((weight) => Math.abs(weight) < TOO_LARGE));
    if (diverged) this.pause();
    const scores = recent.images ? { loss: recent.loss / recent.images, accuracy: recent.correct / recent.images } : null;
    postMessage({
      kind: "progress",
      seed: this.seed,
      weights,
      step: training.steps,
      epochs: training.steps / training.stepsPerEpoch,
      training: scores,
      validation: validation && { loss: validation.loss, accuracy: validation.correct / validation.images },
      diverged,
    }, [weights.buffer]);
    this.forget();
  }
}

let learner = null;

addEventListener("message", ({ data }) => {
  if (data.kind === "begin") {
    if (learner) learner.pause();
    learner = new Learner(data.settings, data.data);
  } else if (!learner) return;
  else if (data.kind === "run") learner.run(data.pace);
  else if (data.kind === "pause") learner.pause();
  else if (data.kind === "rate") learner.training.rate = data.rate;
  else if (data.kind === "step") {
    learner.pause();
    learner.step();
    learner.report();
  }
});
