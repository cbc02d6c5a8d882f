// The test images: buttons, and for pages on which nothing is drawn, the way from one image to the next.

import { element, find } from "./elements.mjs";
import { decodeBase64 } from "./encoding.mjs";
import { paintImage } from "./painting.mjs";

/** The test images of the page. Calls `chosen(sample)` with the one that somebody chooses. */
export class Samples {
  constructor({ samples, inputShape, classes, networks }, chosen) {
    this.classes = classes;
    this.chosen = chosen;
    this.list = samples.map((sample) => ({ ...sample, pixels: decodeBase64(sample.pixels) }));
    const wrong = networks.length > 1 ? "a network" : "the trained network";
    this.buttons = this.list.map((sample, number) => {
      const [height, width] = inputShape;
      const canvas = element("canvas", { width, height, "aria-hidden": "true" });
      paintImage(canvas, sample.pixels, inputShape, 1);
      const mistake = sample.correct ? "" : `, misclassified by ${wrong}`;
      const label = `${this.describe(sample)}${mistake}`;
      const attributes = { type: "button", title: label, "aria-label": label, class: sample.correct ? "" : "wrong" };
      const button = element("button", attributes, canvas);
      button.addEventListener("click", () => this.choose(number));
      return button;
    });
    find("samples").append(...this.buttons);
    find("previous-image").addEventListener("click", () => this.move(-1));
    find("next-image").addEventListener("click", () => this.move(1));
  }

  describe({ index, label }) {
    return `test image ${index}, class ${this.classes[label]}`;
  }

  /** Choose the image with this number on the page, if there is one. */
  choose(number) {
    const sample = this.list[number];
    if (!sample) return;
    this.mark(number);
    find("shown-image").textContent = this.describe(sample);
    this.chosen(sample);
  }

  move(by) {
    this.choose((this.number + by + this.list.length) % this.list.length);
  }

  /** Mark the image that is shown; none of them while a drawing is. */
  mark(number) {
    this.number = number;
    this.buttons.forEach((button, each) => button.setAttribute("aria-pressed", String(each === number)));
  }
}
