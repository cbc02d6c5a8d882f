// One network and one image: the drawing area, the layers, the answer, and the panel that explains one number.

import { Answer } from "./answer.mjs";
import { explainBackward } from "./blame.mjs";
import { grayScale } from "./colors.mjs";
import { find, times } from "./elements.mjs";
import { decodeBase64 } from "./encoding.mjs";
import { explain, imageField, inputWindow } from "./explanation.mjs";
import { backward } from "./gradients.mjs";
import { explainInWords } from "./inspector.mjs";
import { LayerView } from "./layers.mjs";
import { buildNetwork, forward } from "./network.mjs";
import { paintImage } from "./painting.mjs";
import { DrawingArea } from "./paper.mjs";
import { prepareDigit, preparePicture } from "./preparation.mjs";
import { sampleButtons } from "./samples.mjs";

const SEEN = 112; // height and width of the prepared image on the page

/** What the page shows of a network. */
export class Page {
  constructor(data) {
    this.data = data;
    this.tables = { signed: decodeBase64(data.colors.signed), unsigned: decodeBase64(data.colors.unsigned) };
    this.pinned = false;
    this.label = null; // the right class of the image; null where gradients are not explained
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
    this.description = description;
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

  /** Explain gradients too, for the loss if the image is of this class; not when `label` is null. */
  setLabel(label) {
    this.label = label;
    this.explainChosen();
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
    this.samples = this.data.samples.map((sample) => ({ ...sample, pixels: decodeBase64(sample.pixels) }));
    find("samples").append(...sampleButtons(this.samples, this.data, (sample) => this.showSample(sample)));
  }

  showSample(sample) {
    const [height, width] = this.data.inputShape;
    this.drawing.showImage(sample.pixels, [height, width]);
    find("learn-label").value = sample.label;
    if (this.label !== null) this.label = sample.label;
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
    if (this.label !== null) find("explanation").append(...this.explainGradients());
    this.outline(explanation, number, index);
  }

  /** Return the network, its numbers for the image, and how the loss changes with them. */
  goBack() {
    const { network, values, label } = this;
    const sums = buildNetwork(this.description, new Float64Array(this.weights.length));
    return { network, values, label, deltas: backward(network, values, label, sums) };
  }

  explainGradients() {
    const context = { tables: this.tables, names: this.data.classes };
    return explainBackward(this.goBack(), { ...this.chosen, channel: this.channel }, context);
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
