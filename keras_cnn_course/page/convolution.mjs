// The lecture's convolution, one output pixel after the other: place the kernel on the image, multiply, add.

import { cssColors, scaleFor } from "./colors.mjs";
import { element, find } from "./elements.mjs";
import { buildNetwork, forward } from "./network.mjs";

const SIDE = 3; // height and width of the kernel
const PACE = 700; // milliseconds per step while it plays

/** Return the sums of a 3x3 kernel over an image of rows of numbers, computed by the network's own code. */
export function convolveRows(image, kernel) {
  const [height, width] = [image.length, image[0].length];
  const shape = [height - SIDE + 1, width - SIDE + 1, 1];
  const window = { kernelSize: [SIDE, SIDE], strides: [1, 1], padding: "valid" };
  const step = { kind: "convolution", ...window, shape, weights: { kernel: SIDE * SIDE } };
  const network = buildNetwork({ inputShape: [height, width, 1], steps: [step] }, Float32Array.from(kernel));
  const sums = forward(network, image.flat())[1];
  return Array.from({ length: shape[0] }, (_, row) => Array.from(sums.subarray(row * shape[1], (row + 1) * shape[1])));
}

/** Return the window of one output pixel, its products with the kernel, and the sum spelled out. */
export function spellOut(image, kernel, row, column) {
  const window = Array.from({ length: SIDE }, (_, y) => image[row + y].slice(column, column + SIDE));
  const products = window.map((numbers, y) => numbers.map((number, x) => number * kernel[y * SIDE + x]));
  const terms = window.flat().map((number, index) => `${plain(number)}·${bracketed(kernel[index])}`);
  return { window, products, terms: terms.join(" + ") };
}

/** The second tab. */
export class ConvolutionSteps {
  constructor({ image, kernels }, tables) {
    this.tables = tables;
    this.original = image;
    this.image = image.map((row) => [...row]);
    this.kernels = kernels;
    this.step = 1;
    this.cursor = 0;
    this.addImage();
    this.addKernel();
    this.addControls();
    this.useKernel(kernels[0]);
  }

  get outputs() {
    return { rows: this.image.length - SIDE + 1, columns: this.image[0].length - SIDE + 1 };
  }

  // A click, or the arrow keys and the space bar, change a pixel of the image.
  addImage() {
    const grid = find("lecture-image");
    grid.style.gridTemplateColumns = `repeat(${this.image[0].length}, auto)`;
    this.pixels = this.image.flatMap((numbers, row) => numbers.map((_, column) => {
      const button = element("button", { type: "button", class: "cell", tabindex: "-1" });
      button.addEventListener("click", () => this.flip(row, column));
      return button;
    }));
    this.pixels[0].tabIndex = 0;
    grid.append(...this.pixels);
    grid.addEventListener("keydown", (event) => this.moveCursor(event));
    find("lecture-reset").addEventListener("click", () => {
      this.image = this.original.map((row) => [...row]);
      this.update();
    });
  }

  moveCursor(event) {
    const width = this.image[0].length;
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -width, ArrowDown: width }[event.key];
    const next = this.pixels.indexOf(event.target) + by;
    if (!by || !this.pixels[next]) return;
    event.preventDefault();
    for (const pixel of this.pixels) pixel.tabIndex = -1;
    this.pixels[next].tabIndex = 0;
    this.pixels[next].focus();
  }

  flip(row, column) {
    this.image[row][column] = this.image[row][column] ? 0 : 1;
    this.update();
  }

  addKernel() {
    const grid = find("kernel");
    this.entries = Array.from({ length: SIDE * SIDE }, (_, index) => {
      const label = `kernel, row ${Math.floor(index / SIDE)}, column ${index % SIDE}`;
      const entry = element("input", { type: "number", step: "any", "aria-label": label });
      entry.addEventListener("input", () => this.readKernel());
      return entry;
    });
    grid.append(...this.entries);
    find("divisor").addEventListener("input", () => this.readKernel());
    const names = [...this.kernels.map(({ name }) => [name, name]), ["", "your own"]];
    find("kernel-choice").append(...names.map(([value, text]) => element("option", { value }, text)));
    find("kernel-choice").addEventListener("change", (event) => {
      const chosen = this.kernels.find(({ name }) => name === event.target.value);
      if (chosen) this.useKernel(chosen);
    });
  }

  useKernel({ name, numerators, denominator, summary }) {
    this.entries.forEach((entry, index) => (entry.value = numerators.flat()[index]));
    find("divisor").value = denominator;
    find("kernel-choice").value = name;
    find("kernel-says").textContent = summary;
    this.readKernel(name);
  }

  // An entry that is not a number yet, such as a lone minus sign, counts as 0.
  readKernel(name = "") {
    this.kernel = this.entries.map((entry) => Number(entry.value) || 0);
    this.divisor = Number(find("divisor").value) || 1;
    if (!name) {
      find("kernel-choice").value = "";
      find("kernel-says").textContent = "your own numbers";
    }
    this.update();
  }

  addControls() {
    const { rows, columns } = this.outputs;
    find("step").max = rows * columns;
    find("step").addEventListener("input", (event) => this.goTo(Number(event.target.value)));
    find("step-back").addEventListener("click", () => this.goTo(this.step - 1));
    find("step-on").addEventListener("click", () => this.goTo(this.step + 1));
    find("play").addEventListener("click", () => (this.timer ? this.stop() : this.play()));
  }

  play() {
    const { rows, columns } = this.outputs;
    if (this.step === rows * columns) this.goTo(1);
    this.timer = setInterval(() => {
      this.goTo(this.step + 1, true);
      if (this.step === rows * columns) this.stop();
    }, PACE);
    find("play").textContent = "Pause";
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    find("play").textContent = "Play";
  }

  goTo(step, playing = false) {
    if (!playing) this.stop();
    const { rows, columns } = this.outputs;
    this.step = Math.min(Math.max(step, 1), rows * columns);
    this.update();
  }

  update() {
    const { rows, columns } = this.outputs;
    const [row, column] = [Math.floor((this.step - 1) / columns), (this.step - 1) % columns];
    const sums = convolveRows(this.image, this.kernel);
    const { products, terms } = spellOut(this.image, this.kernel, row, column);
    this.paintImage(row, column);
    this.paintKernel();
    this.paintNumbers(find("lecture-products"), products, scaleFor(this.tables, products.flat(), true));
    this.paintOutput(sums, row, column);
    find("step").value = this.step;
    find("step").setAttribute("aria-valuetext", `step ${this.step} of ${rows * columns}`);
    const place = `output row ${row}, column ${column}`;
    find("step-number").textContent = `Step ${this.step} of ${rows * columns}: ${place}`;
    find("step-sum").textContent = `${terms} = ${plain(sums[row][column])}${this.divided(sums[row][column])}`;
  }

  divided(sum) {
    return this.divisor === 1 ? "" : `; divided by ${plain(this.divisor)}: ${plain(sum / this.divisor)}`;
  }

  paintImage(top, left) {
    const scale = scaleFor(this.tables, [0, 1]);
    this.pixels.forEach((pixel, index) => {
      const [row, column] = [Math.floor(index / this.image[0].length), index % this.image[0].length];
      const number = this.image[row][column];
      const { background, text } = cssColors(scale, number);
      Object.assign(pixel.style, { background, color: text });
      pixel.textContent = number;
      pixel.setAttribute("aria-label", `image, row ${row}, column ${column}: ${number}`);
      const inside = row >= top && row < top + SIDE && column >= left && column < left + SIDE;
      pixel.classList.toggle("in-window", inside);
    });
  }

  paintKernel() {
    const scale = scaleFor(this.tables, this.kernel, true);
    this.entries.forEach((entry, index) => {
      const { background, text } = cssColors(scale, this.kernel[index]);
      Object.assign(entry.style, { background, color: text });
    });
  }

  paintOutput(sums, row, column) {
    const { columns } = this.outputs;
    const values = sums.map((numbers) => numbers.map((number) => number / this.divisor));
    const scale = scaleFor(this.tables, values.flat(), this.kernel.some((number) => number < 0));
    const text = (number, y, x) => (this.divisor === 1 ? plain(number) : `${plain(sums[y][x])}/${plain(this.divisor)}`);
    this.paintNumbers(find("lecture-output"), values, scale, text);
    [...find("lecture-output").children].forEach((cell, index) => {
      cell.classList.toggle("in-window", index === row * columns + column);
      if (index >= this.step) {
        cell.textContent = "";
        cell.removeAttribute("style");
      }
    });
  }

  paintNumbers(grid, rows, scale, text = plain) {
    grid.style.gridTemplateColumns = `repeat(${rows[0].length}, auto)`;
    grid.replaceChildren(...rows.flatMap((numbers, y) => numbers.map((number, x) => {
      const cell = element("span", { class: "cell" }, text(number, y, x));
      const colors = cssColors(scale, number);
      Object.assign(cell.style, { background: colors.background, color: colors.text });
      return cell;
    })));
  }
}

// A number as on the slide: whole numbers without decimals, others with as few digits as they need.
function plain(number) {
  return String(Number(number.toFixed(3))).replace("-", "−");
}

function bracketed(number) {
  return number < 0 ? `(${plain(number)})` : plain(number);
}
