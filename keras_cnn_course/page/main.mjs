// The page: the drawing area, the network, and the panel that explains one number.

import { Answer } from "./answer.mjs";
import { grayScale } from "./colors.mjs";
import { ConvolutionSteps } from "./convolution.mjs";
import { element, find, times } from "./elements.mjs";
import { decodeBase64, decodeFloat16 } from "./encoding.mjs";
import { explain, imageField, indexAt, inputWindow, placeOf } from "./explanation.mjs";
import { explainInWords } from "./inspector.mjs";
import { LayerView } from "./layers.mjs";
import { Learning } from "./learning.mjs";
import { buildNetwork, forward } from "./network.mjs";
import { paintImage } from "./painting.mjs";
import { DrawingArea } from "./paper.mjs";
import { prepareDigit, preparePicture } from "./preparation.mjs";
import { connectTabs } from "./tabs.mjs";

const SEEN = 112; // height and width of the prepared image on the page

class Page {
  constructor(data) {
    this.data = data;
    this.tables = { signed: decodeBase64(data.colors.signed), unsigned: decodeBase64(data.colors.unsigned) };
    this.pinned = false;
    this.views = [];
    this.pixels = new Uint8Array(data.inputShape.reduce((product, size) => product * size, 1));
    this.addDrawing();
    this.addSamples();
    this.answer = new Answer(data.classes);
    find("unpin").addEventListener("click", () => this.setPinned(false));
    find("close").addEventListener("click", () => this.close());
    addEventListener("keydown", (event) => event.key === "Escape" && this.close());
    new ResizeObserver(() => this.layOut()).observe(find("layers"));
  }

  /** Show another network for the same image, as `buildNetwork` takes it, and explain its largest first number. */
  useNetwork(description, weights) {
    this.weights = weights;
    this.network = buildNetwork(description, weights);
    this.chosen = null; // the number that is explained: { number of the step, index }
    this.channel = null; // the input map that is shown; the strongest one when null
    this.setPinned(false);
    this.addLayers();
    this.layOut();
    this.show(this.pixels);
    this.chooseFirst();
  }

  /** Show the same network with weights that have changed. */
  changeWeights(weights) {
    this.weights.set(weights);
    this.show(this.pixels);
  }

  addLayers() {
    this.views = this.network.steps.map((step, number) => new LayerView(step, {
      tables: this.tables,
      names: step.shape[0] === this.data.classes.length ? this.data.classes : null,
      select: (index, event) => this.select(number, index, event),
      pin: (index) => {
        document.body.classList.add("explaining");
        this.pin(number, index);
      },
      leave: () => this.pinned || document.body.classList.remove("explaining"),
    }));
    find("layers").replaceChildren(...this.views.map((view) => view.card));
  }

  addDrawing() {
    const [height, width] = this.data.inputShape;
    [find("image").height, find("image").width] = [height * this.imageScale(), width * this.imageScale()];
    const { preparation, ground, boxShare } = this.data;
    const prepare = preparation === "digit" ? prepareDigit : preparePicture;
    const toGround = (ink) => (ground === "light" ? ink.map((pixel) => 255 - pixel) : ink);
    this.drawing = new DrawingArea(find("paper"), {
      thickness: () => Number(find("pen").value),
      changed: (paper) => this.show(toGround(prepare(paper, [height, width], boxShare))),
    });
    find("clear").addEventListener("click", () => this.drawing.clear());
    find("undo").addEventListener("click", () => this.drawing.undo());
    find("paper").addEventListener("pointerdown", () => (find("hint").hidden = true));
  }

  addSamples() {
    const [height, width] = this.data.inputShape;
    this.samples = this.data.samples.map((sample) => ({ ...sample, pixels: decodeBase64(sample.pixels) }));
    find("samples").append(...this.samples.map((sample) => {
      const canvas = element("canvas", { width, height, "aria-hidden": "true" });
      paintImage(canvas, sample.pixels, 1);
      const mistake = sample.correct ? "" : ", misclassified by the network";
      const label = `test image ${sample.index}, class ${this.data.classes[sample.label]}${mistake}`;
      const attributes = { type: "button", title: label, "aria-label": label, class: sample.correct ? "" : "wrong" };
      const button = element("button", attributes, canvas);
      button.addEventListener("click", () => this.showSample(sample));
      return button;
    }));
  }

  showSample(sample) {
    const [height, width] = this.data.inputShape;
    this.drawing.showImage(sample.pixels, [height, width]);
    this.show(sample.pixels);
  }

  /** Run an image of whole numbers from 0 to 255 through the network and show everything. */
  show(pixels) {
    const begun = performance.now();
    this.pixels = pixels;
    this.values = forward(this.network, Float32Array.from(pixels, (pixel) => pixel / 255));
    const computed = performance.now() - begun;
    this.views.forEach((view, number) => view.update(this.values[number + 1]));
    paintImage(find("image"), pixels, this.imageScale());
    this.answer.show(this.values[this.values.length - 1], pixels.some((pixel) => pixel > 0));
    find("speed").textContent = `${computed.toFixed(1)} ms`;
    this.explainChosen();
  }

  // In a small window the panel opens over the page: for a mouse or a key, beside the number; for a finger on a tap.
  select(number, index, event) {
    const byKey = event.type === "keydown";
    if (this.pinned && !byKey) return;
    if (byKey || event.pointerType === "mouse") document.body.classList.add("explaining");
    if (!byKey) document.body.classList.toggle("pointing-right", event.clientX > innerWidth / 2);
    this.choose(number, index);
  }

  choose(number, index) {
    if (!this.chosen || this.chosen.number !== number) this.channel = null;
    this.chosen = { number, index };
    this.explainChosen();
  }

  pin(number, index) {
    const again = this.pinned && this.chosen.number === number && this.chosen.index === index;
    this.choose(number, index);
    this.setPinned(!again);
  }

  close() {
    document.body.classList.remove("explaining");
    this.setPinned(false);
  }

  setPinned(pinned) {
    this.pinned = pinned;
    document.body.classList.toggle("pinned", pinned);
  }

  /** Explain the chosen number in the panel, and outline it, what it reads, and what it sees of the image. */
  explainChosen() {
    if (!this.chosen || !this.values) return;
    const { number, index } = this.chosen;
    const explanation = explain(this.network, this.values, number, index);
    const [before, view] = [this.views[number - 1], this.views[number]];
    const scales = { input: before ? before.colors : grayScale(), kernel: view.kernelColors(), output: view.colors };
    find("explanation").replaceChildren(...explainInWords(explanation, {
      tables: this.tables,
      scales,
      names: this.data.classes,
      channel: this.channel,
      choose: (channel) => {
        this.channel = channel;
        this.explainChosen();
      },
    }));
    this.outline(explanation, number, index);
  }

  outline({ step, place, strongest = place.channel }, number, index) {
    const read = inputWindow(step, index);
    const map = this.channel ?? strongest;
    this.views.forEach((view, at) => {
      view.markNumber(at === number ? index : null);
      view.markWindow(at === number - 1 ? read : null, map);
    });
    const { top, left, bottom, right } = imageField(this.network, number, index);
    const scale = this.imageScale();
    Object.assign(find("field").style, {
      top: `${top * scale}px`,
      left: `${left * scale}px`,
      height: `${(bottom - top + 1) * scale}px`,
      width: `${(right - left + 1) * scale}px`,
    });
    const [seen, whole] = [[bottom - top + 1, right - left + 1], this.data.inputShape.slice(0, 2)];
    find("seen").textContent = `This number depends on ${times(seen)} of the ${times(whole)} pixels of the image.`;
  }

  imageScale() {
    return Math.max(1, Math.floor(SEEN / Math.max(this.data.inputShape[0], this.data.inputShape[1])));
  }

  layOut() {
    const width = find("layers").clientWidth - 30; // the cards' padding and borders
    for (const view of this.views) view.layOut(width);
    this.explainChosen();
  }

  /** Explain the largest number of the first step that is drawn. */
  chooseFirst() {
    const number = this.network.steps.findIndex(({ kind }) => kind !== "flatten" && kind !== "rescaling");
    const output = this.values[number + 1];
    this.choose(number, output.indexOf(output.reduce((one, other) => Math.max(one, other))));
  }
}

// The drawing and the layers are in the tab that is open: the trained network, or the one that learns.
function showStage(panel) {
  if (panel !== "convolution") find(panel).append(find("stage"));
}

/** Start the page from the data in it. */
function start() {
  const data = JSON.parse(find("data").textContent);
  const page = new Page(data);
  let trained = [data, decodeFloat16(decodeBase64(find("weights").textContent))];
  const tabs = ["network", "convolution", ...(data.learning ? ["learn"] : [])].map((name) => find(`tab-${name}`));
  find("tab-learn").hidden = !data.learning;
  const learning = data.learning && new Learning(data, {
    begun: (description, weights) => page.useNetwork(description, weights),
    changed: (weights) => page.changeWeights(weights),
    keep: (description, weights) => {
      trained = [description, weights];
      find("learned-here").hidden = false;
      find("tab-network").click();
    },
    check: () => ({ image: Uint8Array.from(page.pixels), probabilities: page.values[page.values.length - 1] }),
  });
  connectTabs(tabs, (panel) => {
    showStage(panel);
    if (panel === "learn") learning.open();
    else if (learning) learning.setRunning(false);
    if (panel === "network") page.useNetwork(...trained);
  });
  new ConvolutionSteps(data.lecture, page.tables);
  page.useNetwork(...trained);
  if (page.samples.length) page.showSample(page.samples[0]);
  page.chooseFirst();
  // For the browser's console: kcnn.forward(kcnn.network, pixels) gives every layer's output.
  globalThis.kcnn = { page, learning, get network() { return page.network; }, forward, prepareDigit, indexAt, placeOf };
}

start();
