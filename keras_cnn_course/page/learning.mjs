// The tab in which a network learns: its settings, its buttons, its curves. The training itself runs in a worker.

import { Curves } from "./curves.mjs";
import { count, element, find, percent } from "./elements.mjs";
import { decodeBase64, encodeBase64, inflate } from "./encoding.mjs";
import { OPTIMIZERS } from "./optimizers.mjs";
import { countWeights, describeNetwork } from "./training.mjs";

const FASTEST = 0;
const PACES = [1000, 200, 50, FASTEST]; // milliseconds between two steps
const PACE_NAMES = ["one step per second", "five steps per second", "twenty steps per second", "as fast as possible"];
// A rate that learns well with each optimizer.
const RATES = { sgd: "0.1", momentum: "0.03", adam: "0.003" };

/**
 * The third tab.
 *
 * Calls `begun(description, weights)` when a network with random weights begins, `changed(weights)` when it has learned
 * something, and `keep(description, weights)` when the first tab is to have it. `check()` gives an image and the
 * probabilities of the network for it, to be saved with the weights.
 */
export class Learning {
  constructor(data, { begun, changed, keep, check }) {
    Object.assign(this, { data, begun, changed, keep, check });
    this.running = false;
    this.weights = null;
    this.curves = {
      loss: new Curves(find("learn-loss"), { most: null, format: (value) => value.toFixed(1) }),
      accuracy: new Curves(find("learn-accuracy"), { most: 1, format: (value) => `${100 * value}%` }),
    };
    find("learn-optimizer").append(...Object.entries(OPTIMIZERS).map(([value, name]) => element("option", { value }, name)));
    find("learn-optimizer").value = "adam";
    this.connect();
  }

  connect() {
    for (const name of ["kernels", "blocks", "units", "batch", "beginning"]) {
      find(`learn-${name}`).addEventListener("change", () => this.reset());
    }
    find("learn-optimizer").addEventListener("change", (event) => {
      find("learn-rate").value = RATES[event.target.value];
      this.reset();
    });
    find("learn-rate").addEventListener("change", () => this.send({ kind: "rate", rate: this.rate }));
    find("learn-pace").addEventListener("input", () => {
      find("learn-pace").setAttribute("aria-valuetext", PACE_NAMES[this.paceNumber]);
      find("learn-pace-name").textContent = PACE_NAMES[this.paceNumber];
      if (this.running) this.send({ kind: "run", pace: PACES[this.paceNumber] });
    });
    find("learn-run").addEventListener("click", () => this.setRunning(!this.running));
    find("learn-step").addEventListener("click", () => {
      this.setRunning(false);
      this.send({ kind: "step" });
    });
    find("learn-reset").addEventListener("click", () => this.reset());
    find("learn-keep").addEventListener("click", () => this.keep(this.description, this.weights.slice()));
    find("learn-save").addEventListener("click", () => this.save());
  }

  get rate() {
    return Number(find("learn-rate").value);
  }

  get paceNumber() {
    return Number(find("learn-pace").value);
  }

  get settings() {
    const number = (name) => Number(find(`learn-${name}`).value);
    return {
      inputShape: this.data.inputShape,
      classes: this.data.classes.length,
      kernels: number("kernels"),
      blocks: number("blocks"),
      units: number("units"),
      batchSize: number("batch"),
      optimizer: find("learn-optimizer").value,
      rate: this.rate,
      start: find("learn-beginning").value,
      seed: this.seed,
    };
  }

  /** Begin when the tab is opened for the first time. */
  async open() {
    if (this.weights) return this.begun(this.description, this.weights);
    if (this.worker) return undefined;
    const images = await inflate(decodeBase64(this.data.learning.images));
    const labels = decodeBase64(this.data.learning.labels);
    const { trainingSize } = this.data.learning;
    this.images = { images, labels, trainingSize };
    find("learn-training-size").textContent = count(trainingSize);
    find("learn-validation-size").textContent = count(labels.length - trainingSize);
    this.worker = startWorker();
    this.worker.addEventListener("message", ({ data }) => this.receive(data));
    this.worker.addEventListener("error", () => this.say("This browser does not run the page's worker, so nothing can be trained here."));
    this.seed = 0;
    this.reset();
  }

  /** Begin again with new random weights; the same sequence of resets always gives the same weights. */
  reset() {
    if (!this.worker) return;
    this.setRunning(false);
    this.seed += 1;
    this.description = describeNetwork(this.settings);
    this.weights = null;
    for (const curves of Object.values(this.curves)) curves.clear();
    find("learn-size").textContent = `${count(countWeights(this.description))} weights`;
    this.send({ kind: "begin", settings: this.settings, data: this.images });
  }

  send(message) {
    if (this.worker) this.worker.postMessage(message);
  }

  setRunning(running) {
    this.running = running;
    find("learn-run").textContent = running ? "Pause" : "Start";
    this.send(running ? { kind: "run", pace: PACES[this.paceNumber] } : { kind: "pause" });
  }

  receive({ seed, weights, step, epochs, training, validation, diverged }) {
    if (seed !== this.seed) return; // from the network before the reset
    if (diverged) return this.stopDiverged(step);
    const isFirst = !this.weights;
    this.weights = weights;
    for (const [name, curves] of Object.entries(this.curves)) {
      const key = name === "loss" ? "loss" : "accuracy";
      if (training) curves.training.push({ epochs, value: training[key] });
      if (validation) curves.validation.push({ epochs, value: validation[key] });
      curves.paint();
    }
    if (validation) this.validation = validation;
    if (isFirst) this.begun(this.description, weights);
    else this.changed(weights);
    this.describe({ step, epochs, training });
  }

  // The weights before stay on the page, because numbers that are not finite have no colors.
  stopDiverged(step) {
    this.setRunning(false);
    const text = `The numbers became too large in step ${count(step)}: the learning rate is too high. Choose a lower one, and press Reset.`;
    find("learn-numbers").textContent = text;
    this.say(text);
  }

  describe({ step, epochs, training }) {
    const { loss, accuracy } = this.validation;
    const course = training ? `Loss ${training.loss.toFixed(3)}, ${percent(training.accuracy)} correct on the training images of the last steps. ` : "";
    find("learn-numbers").textContent = `Step ${count(step)}, epoch ${epochs.toFixed(2)}. ${course}` +
      `Loss ${loss.toFixed(3)}, ${percent(accuracy)} correct on the validation images.`;
    if (Number.isInteger(epochs)) this.say(`After epoch ${epochs}: ${percent(accuracy)} of the validation images correct.`);
  }

  // Read aloud by screen readers: only what is said once per epoch.
  say(text) {
    find("learn-status").textContent = text;
  }

  save() {
    const { image, probabilities } = this.check();
    const content = {
      format: "kcnn weights",
      version: 1,
      classes: this.data.classes,
      ...this.description,
      weights: encodeBase64(new Uint8Array(this.weights.slice().buffer)),
      check: { image: encodeBase64(image), probabilities: Array.from(probabilities) },
    };
    const link = element("a", { download: "learned.json" });
    link.href = URL.createObjectURL(new Blob([JSON.stringify(content)], { type: "application/json" }));
    link.click();
    URL.revokeObjectURL(link.href);
  }
}

function startWorker() {
  const source = new Blob([find("worker").textContent], { type: "text/javascript" });
  const address = URL.createObjectURL(source);
  return new Worker(address);
}
