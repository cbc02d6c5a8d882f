// One image and one network: the drawing area, the layers, the answer, and the panel that explains one number.

import { Answer, announce } from "./answer.mjs";
import { Bench } from "./bench.mjs";
import { explainBackward } from "./blame.mjs";
import { grayScale } from "./colors.mjs";
import { find, times } from "./elements.mjs";
import { decodeBase64 } from "./encoding.mjs";
import { explain, givesClasses, imageField, inputWindow, nameChannels } from "./explanation.mjs";
import { backward } from "./gradients.mjs";
import { explainInWords } from "./inspector.mjs";
import { LayerView } from "./layers.mjs";
import { buildNetwork, forward } from "./network.mjs";
import { sayShift } from "./shifting.mjs";

const PATIENCE = 300; // milliseconds that the panel stays after the pointer has left a layer

/** What the page shows of a network. */
export class Page {
  constructor(data) {
    this.data = data;
    this.tables = { signed: decodeBase64(data.colors.signed), unsigned: decodeBase64(data.colors.unsigned) };
    this.pinned = false;
    this.label = null; // the correct class of the image; null where gradients are not explained
    this.room = null; // height for one layer alone while the page is presented
    this.comparison = null; // of several networks
    this.views = [];
    this.bench = new Bench(data, {
      changed: () => this.refresh(),
      chosen: ({ label }) => {
        find("learn-label").value = label;
        if (this.label !== null) this.label = label;
      },
    });
    this.drawing = this.bench.drawing;
    this.answer = new Answer(data.classes, {
      bars: find("bars"), answer: find("answer"), confidence: find("confidence"),
    });
    find("unpin").addEventListener("click", () => this.setPinned(false));
    find("close").addEventListener("click", () => this.close());
    find("inspector").addEventListener("pointerleave", (event) => event.pointerType === "mouse" && this.leaveSoon());
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
    this.refresh();
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
    this.refresh();
  }

  // A color image has a view too, with the number -1, before those of the steps.
  addLayers() {
    const { network } = this;
    const make = (step, number) => new LayerView(step, {
      tables: this.tables,
      names: givesClasses(network, number) ? this.data.classes : null,
      colors: nameChannels(network, number),
      select: (index, event) => this.select(number, index, event),
      pin: (index) => {
        document.body.classList.add("explaining");
        this.pin(number, index);
      },
      leave: () => this.leaveSoon(),
    });
    this.views = network.steps.map(make);
    this.imageView = this.data.inputShape[2] === 3 ? make(network.image, -1) : null;
    find("layers").replaceChildren(...this.shownViews().map(({ view }) => view.card));
  }

  /** Return the views with the numbers of their steps. */
  shownViews() {
    const views = this.views.map((view, number) => ({ view, number }));
    return this.imageView ? [{ view: this.imageView, number: -1 }, ...views] : views;
  }

  /** Run the image through the network and show everything. */
  refresh() {
    this.pixels = this.bench.refresh();
    const begun = performance.now();
    this.values = forward(this.network, Float32Array.from(this.pixels, (pixel) => pixel / 255));
    const computed = performance.now() - begun;
    for (const { view, number } of this.shownViews()) view.update(this.values[number + 1]);
    this.showAnswers();
    find("speed").textContent = `${computed.toFixed(1)} ms`;
    this.explainChosen();
  }

  showAnswers() {
    const { hasInk, shift, image } = this.bench;
    let said = this.answer.show(this.values[this.values.length - 1], hasInk);
    if (this.comparison) {
      said = this.comparison.show(this.pixels, hasInk, this);
      this.comparison.showMoves(image, shift, hasInk);
    }
    const moved = shift.down || shift.right ? `, moved ${sayShift(shift)}` : "";
    announce(hasInk ? `The network's answer${moved}: ${said}` : "nothing drawn yet");
  }

  // In a small window the panel opens over the page: for a mouse or a key, beside the number; for a finger on a tap.
  select(number, index, event) {
    clearTimeout(this.leaving);
    const byKey = event.type === "keydown";
    if (this.pinned && !byKey) return;
    if (byKey || event.pointerType === "mouse") document.body.classList.add("explaining");
    if (!byKey) document.body.classList.toggle("pointing-right", event.clientX > innerWidth / 2);
    this.choose(number, index);
  }

  viewOf(number) {
    return number < 0 ? this.imageView : this.views[number];
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

  // In a small window the pointer has a moment to go from a layer to the panel, which stays while the pointer is on it.
  leaveSoon() {
    clearTimeout(this.leaving);
    this.leaving = setTimeout(() => {
      if (!this.pinned && !find("inspector").matches(":hover")) document.body.classList.remove("explaining");
    }, PATIENCE);
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
    const [before, view] = [this.viewOf(number - 1), this.viewOf(number)];
    const scales = {
      input: (channel) => (before ? before.mapColors(channel) : grayScale()),
      kernel: view.kernelColors(),
      output: view.colors,
    };
    find("explanation").replaceChildren(...explainInWords(explanation, {
      tables: this.tables,
      scales,
      names: givesClasses(this.network, number) ? this.data.classes : null,
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
    for (const { view, number: at } of this.shownViews()) {
      view.markNumber(at === number ? index : null);
      view.markWindow(at === number - 1 ? read : null, map);
    }
    const field = imageField(this.network, number, index);
    const { top, left, bottom, right } = field;
    this.bench.outline(field);
    const [seen, whole] = [[bottom - top + 1, right - left + 1], this.data.inputShape.slice(0, 2)];
    find("seen").textContent = `This number depends on ${times(seen)} of the ${times(whole)} pixels of the image.`;
  }

  /** Make each layer as large as fits into this height, or lay them out below each other if it is null. */
  setRoom(height) {
    this.room = height;
    this.layOut();
  }

  layOut() {
    const width = find("layers").clientWidth - 30; // the cards' padding and borders
    for (const { view } of this.shownViews()) view.layOut(width, this.room);
    this.explainChosen();
  }

  /** Explain the largest number of the first step that is drawn. */
  chooseFirst() {
    this.chooseLargest(this.network.steps.findIndex(({ kind }) => kind !== "flatten" && kind !== "rescaling"));
  }

  /** Explain the largest number of a step. */
  chooseLargest(number) {
    const output = this.values[number + 1];
    this.choose(number, output.indexOf(output.reduce((one, other) => Math.max(one, other))));
  }
}
