// One slide of the lecture, step by step: matrices with their numbers, and a sentence that can be read aloud.

import { cssColors, scaleFor } from "./colors.mjs";
import { element, find } from "./elements.mjs";
import { decodeBase64 } from "./encoding.mjs";

const PACE = 900; // milliseconds per step while it plays

/** Return a number as in the terminal: whole numbers without a point, others with three digits. */
export function format(number) {
  const text = Number.isInteger(number) || Math.abs(number) >= 100 ? Math.round(number) : Number(number.toPrecision(3));
  return String(Object.is(text, -0) ? 0 : text).replace("-", "−");
}

// The table of one matrix. The same table is filled again where a step changes only its numbers and its window.
class Board {
  constructor({ rows, columns }) {
    this.caption = element("caption");
    this.cells = Array.from({ length: rows * columns }, () => element("td"));
    const lines = Array.from({ length: rows }, (_, row) => element("tr", {}, ...this.cells.slice(row * columns, (row + 1) * columns)));
    this.columns = columns;
    this.holder = element("div", { class: "board", role: "group" }, element("table", {}, this.caption, element("tbody", {}, ...lines)));
    this.holder.style.setProperty("--columns", columns);
  }

  show({ name, window, filled, largest, colors }, numbers, tables) {
    const scale = scaleFor(tables[colors], largest === null ? numbers : [largest], colors === "signed");
    const texts = numbers.map(format);
    this.caption.textContent = `${name}, ${this.cells.length / this.columns}×${this.columns}`;
    this.holder.setAttribute("aria-label", name);
    this.holder.style.setProperty("--characters", Math.max(2, ...texts.map((text) => text.length)));
    this.cells.forEach((cell, index) => {
      const known = filled === null || index < filled;
      const { background, text } = cssColors(scale, numbers[index]);
      cell.textContent = known ? texts[index] : "";
      Object.assign(cell.style, known ? { background, color: text } : { background: "", color: "" });
      const [row, column] = [Math.floor(index / this.columns), index % this.columns];
      const [top, left, height, width] = window ?? [0, 0, 0, 0];
      const isInside = row >= top && row < top + height && column >= left && column < left + width;
      cell.classList.toggle("inside", isInside);
    });
  }
}

/** The steps of a slide, with their buttons and keys. */
export class Steps {
  constructor({ matrices, steps, colors }) {
    Object.assign(this, { matrices, steps, number: 1, boards: [], shapes: "" });
    const tables = Object.fromEntries(Object.entries(colors).map(([name, text]) => [name, decodeBase64(text)]));
    const gray = Uint8Array.from({ length: 768 }, (_, index) => Math.floor(index / 3));
    this.tables = { gray: { unsigned: gray, signed: tables.signed }, signed: tables, unsigned: tables };
    find("step").max = steps.length;
    find("step").addEventListener("input", (event) => this.goTo(Number(event.target.value)));
    find("back").addEventListener("click", () => this.goTo(this.number - 1));
    find("on").addEventListener("click", () => this.goTo(this.number + 1));
    find("play").addEventListener("click", () => (this.timer ? this.stop() : this.play()));
    addEventListener("keydown", (event) => this.press(event));
    addEventListener("resize", () => this.letKeysScroll());
    find("steps").hidden = false;
    this.goTo(1);
  }

  // The slider has its own keys, and what is wider than the page is scrolled with the arrow keys.
  press(event) {
    if (event.target.closest("input, [tabindex]") || event.altKey || event.ctrlKey || event.metaKey) return;
    const target = { ArrowLeft: this.number - 1, ArrowRight: this.number + 1, Home: 1, End: this.steps.length }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    this.goTo(target);
  }

  play() {
    if (this.number === this.steps.length) this.goTo(1);
    find("said").setAttribute("aria-live", "off"); // a screen reader cannot keep up
    find("play").textContent = "Pause";
    this.timer = setInterval(() => {
      if (this.number === this.steps.length - 1) this.stop();
      this.show(this.number + 1);
    }, PACE);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    find("said").setAttribute("aria-live", "polite");
    find("play").textContent = "Play";
  }

  goTo(number) {
    this.stop();
    this.show(Math.min(Math.max(number, 1), this.steps.length));
  }

  show(number) {
    this.number = number;
    const { title, result, boards } = this.steps[number - 1];
    this.lay(boards);
    this.boards.forEach((board, at) => board.show(boards[at], this.matrices[boards[at].matrix].numbers.flat(), this.tables));
    find("title").textContent = `Step ${number} of ${this.steps.length}: ${title}.`;
    find("result").textContent = result;
    find("step").value = number;
    find("step").setAttribute("aria-valuetext", `step ${number} of ${this.steps.length}`);
    this.letKeysScroll();
  }

  // Make tables for the boards of a step, unless there are tables of these sizes already.
  lay(boards) {
    const sizes = boards.map(({ matrix }) => this.matrices[matrix]);
    const shapes = JSON.stringify(boards.map(({ operator }, at) => [operator, sizes[at].rows, sizes[at].columns]));
    if (shapes === this.shapes) return;
    this.shapes = shapes;
    this.boards = sizes.map((size) => new Board(size));
    find("boards").replaceChildren(...this.boards.map(({ holder }, at) => {
      const { operator } = boards[at];
      const sign = operator ? [element("span", { class: "operator", "aria-hidden": "true" }, operator)] : [];
      return element("div", { class: "term" }, ...sign, holder);
    }));
  }

  letKeysScroll() {
    for (const { holder } of this.boards) {
      if (holder.scrollWidth > holder.clientWidth) holder.tabIndex = 0;
      else holder.removeAttribute("tabindex");
    }
  }
}

const data = JSON.parse(find("data").textContent);
if (data.steps.length) new Steps(data);
