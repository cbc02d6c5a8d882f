// A map of moves: the network's answer for the image in its place, and moved by up to four pixels in every direction.

import { element } from "./elements.mjs";
import { forward } from "./network.mjs";
import { sayShift, shiftPixels } from "./shifting.mjs";

const REACH = 4;
const SIDE = 2 * REACH + 1;
const CELL = 40; // pixels of the canvas, which is shown at half its size or larger
const WAIT = 250; // milliseconds without a new stroke after which the map is filled
const BUSY = 12; // milliseconds that filling may hold up the page at once

/** The map of one network. Calls `move(shift)` for the place that somebody clicks. */
export class ShiftMap {
  constructor({ name, network, classes, inputShape, fill, move }) {
    Object.assign(this, { name, network, classes, inputShape, fill });
    this.canvas = element("canvas", { width: SIDE * CELL, height: SIDE * CELL, role: "img" });
    this.caption = element("figcaption");
    this.figure = element("figure", { class: "shifts" }, this.canvas, this.caption);
    this.answers = [];
    this.canvas.addEventListener("click", (event) => {
      const box = this.canvas.getBoundingClientRect();
      const place = (at, size) => Math.min(Math.floor((SIDE * at) / size), SIDE - 1) - REACH;
      move({ down: place(event.clientY - box.top, box.height), right: place(event.clientX - box.left, box.width) });
    });
  }

  show(image, shift, hasInk) {
    this.shift = { down: shift.down, right: shift.right };
    if (image !== this.image || hasInk !== this.hasInk) {
      Object.assign(this, { image, hasInk, answers: [] });
      clearTimeout(this.timer);
      if (hasInk) this.timer = setTimeout(() => this.compute(), WAIT);
    }
    this.paint();
  }

  // Compute some places, and continue after the page has had time for other things.
  compute() {
    const begun = performance.now();
    while (this.answers.length < SIDE * SIDE && performance.now() - begun < BUSY) {
      const at = this.answers.length;
      const shift = { down: Math.floor(at / SIDE) - REACH, right: (at % SIDE) - REACH };
      const moved = shiftPixels(this.image, this.inputShape, shift, this.fill);
      const values = forward(this.network, Float32Array.from(moved, (pixel) => pixel / 255));
      const probabilities = values[values.length - 1];
      this.answers.push(probabilities.indexOf(Math.max(...probabilities)));
    }
    if (this.answers.length < SIDE * SIDE) this.timer = setTimeout(() => this.compute(), 0);
    else this.paint();
  }

  /** The number of moves after which the answer is the same; null until all are computed. */
  get same() {
    if (this.answers.length < SIDE * SIDE) return null;
    const unmoved = this.answers[(SIDE * SIDE - 1) / 2];
    return this.answers.filter((answer) => answer === unmoved).length - 1;
  }

  paint() {
    const { same } = this;
    const style = getComputedStyle(this.canvas);
    const color = (name) => style.getPropertyValue(`--${name}`);
    const context = this.canvas.getContext("2d");
    context.fillStyle = color("background");
    context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    if (same !== null) this.answers.forEach((answer, at) => this.paintCell(context, answer, at, color));
    const { down, right } = this.shift;
    if (Math.max(Math.abs(down), Math.abs(right)) <= REACH) {
      context.strokeStyle = color("text");
      context.lineWidth = 6;
      context.strokeRect((right + REACH) * CELL + 3, (down + REACH) * CELL + 3, CELL - 6, CELL - 6);
    }
    this.caption.textContent = this.describe(same);
    this.canvas.setAttribute("aria-label", `${this.name}, ${sayShift(this.shift)}. ${this.caption.textContent}`);
  }

  paintCell(context, answer, at, color) {
    const changed = answer !== this.answers[(SIDE * SIDE - 1) / 2];
    const [x, y] = [(at % SIDE) * CELL, Math.floor(at / SIDE) * CELL];
    context.fillStyle = color(changed ? "mark" : "card");
    context.fillRect(x + 1, y + 1, CELL - 2, CELL - 2);
    context.fillStyle = changed ? "#000000" : color("muted");
    context.font = `${changed ? "bold " : ""}24px system-ui, sans-serif`;
    context.textAlign = "center";
    context.fillText(this.classes[answer].slice(0, 2), x + CELL / 2, y + 29, CELL - 8);
  }

  describe(same) {
    if (!this.hasInk) return "Draw something, and this map shows which moves change the answer.";
    if (same === null) return "Moving the image …";
    const changed = SIDE * SIDE - 1 - same;
    if (!changed) return `Moved by up to ${REACH} pixels, the image always gets the same answer.`;
    return `Moved by up to ${REACH} pixels, the image gets another answer at ${changed} of ${SIDE * SIDE - 1} places.`;
  }
}
