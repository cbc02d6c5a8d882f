// The layers from top to bottom: each output as pictures, one per channel, or as cells, one per unit.

import { fillRoom, fillWidth } from "./arrangement.mjs";
import { channelScale, cssColors, scaleFor, weightPixel } from "./colors.mjs";
import { describe, findFacts, showsKernels } from "./descriptions.mjs";
import { brief, element, times } from "./elements.mjs";
import { indexAt, placeOf } from "./explanation.mjs";
import { fillSquares, legend } from "./painting.mjs";

// Sizes in CSS pixels.
const GAP = 4; // between maps
const MAP = 50; // smallest height and width of a map
const UNIT = 7; // the same for the cell of a unit
const FEW = 20; // up to this many units have larger cells that show their name and number
const LARGE = 50;
const LARGEST = 130; // the same where the layer fills the screen

/**
 * The card of one step. Calls `select(index, event)` for the number at the pointer or cursor, `pin(index)` on a click,
 * and `leave()` when a mouse leaves it.
 */
export class LayerView {
  constructor(step, { tables, names, colors, select, pin, leave }) {
    this.step = step;
    this.inputColors = colors; // the names of the input channels where the step reads a color image, or null
    this.tables = tables;
    this.names = step.shape[0] <= FEW && step.shape.length === 1 ? names : null;
    this.select = select;
    this.pin = pin;
    this.index = 0;
    this.facts = element("p", { class: "facts" });
    this.scale = element("p", { class: "scale" });
    this.canvas = element("canvas", { tabindex: "0", role: "application", "aria-label": this.label() });
    this.marks = ["map", "window", "number"].map((name) => element("div", { class: `mark ${name}`, hidden: "" }));
    const title = element("h2", {}, step.name, " ", element("span", {}, describe(step)));
    this.card = element("section", { class: "layer" }, element("header", {}, title, this.scale), this.facts);
    this.holder = element("div", { class: "maps" }, this.canvas, ...this.marks);
    if (step.kind !== "flatten") this.card.append(this.holder);
    this.canvas.addEventListener("pointermove", (event) => this.point(event, select));
    this.canvas.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && leave());
    this.canvas.addEventListener("click", (event) => this.point(event, pin));
    this.canvas.addEventListener("keydown", (event) => this.move(event));
  }

  label() {
    const { name, shape } = this.step;
    const what = shape.length === 3 ? `${shape[2]} maps of ${times(shape.slice(0, 2))}` : `${shape[0]} units`;
    const maps = shape.length === 3 ? "; Page Up and Page Down choose a map" : "";
    return `${name}: ${what}. Arrow keys choose a number${maps}.`;
  }

  /** Lay the maps out for a width in pixels; as large as possible where there is a `room` of that height for the card. */
  layOut(available, room = null) {
    const { shape } = this.step;
    const isMaps = shape.length === 3;
    const [height, width, channels] = isMaps ? shape : [1, 1, shape[0]];
    const gap = isMaps ? GAP : 1;
    const least = isMaps ? Math.ceil(MAP / Math.max(height, width)) : this.names ? LARGE : UNIT;
    const size = { height, width, channels, gap };
    const { columns, cell } = room === null
      ? fillWidth(size, { available, least, most: this.names ? LARGE : 2 * least })
      : fillRoom(size, {
        available,
        room: room - (this.card.offsetHeight - this.holder.offsetHeight),
        headOf: (side) => this.kernelSizes(width * side).head,
        most: this.names ? LARGEST : Infinity,
      });
    const { dot, head } = this.kernelSizes(width * cell);
    this.layout = { ...size, cell, columns, dot, head };
    this.canvas.width = columns * (width * cell + gap) - gap;
    this.canvas.height = Math.ceil(channels / columns) * (head + height * cell + gap) - gap;
    this.holder.style.width = `${this.canvas.width}px`;
    if (this.values) this.update(this.values);
  }

  // The kernels of a layer that reads one channel or colors are pictures too. Each is drawn above its map.
  kernelSizes(mapWidth) {
    if (!showsKernels(this.step, this.inputColors)) return { dot: 0, head: 0 };
    const [height, width] = this.step.kernelSize;
    const dot = Math.max(2, Math.floor((0.45 * mapWidth) / width));
    return { dot, head: dot * height + 3 };
  }

  /** Paint the numbers of a new image, or of new weights. */
  update(values) {
    this.values = values;
    this.kernelScale = null;
    this.facts.textContent = findFacts(this.step, values, this.inputColors);
    if (this.step.kind === "flatten" || !this.layout) return;
    const scale = scaleFor(this.tables, values, isSigned(this.step, values));
    this.colors = scale;
    this.paint(values);
    if (this.step.kind !== "image") this.scale.replaceChildren(brief(scale.low), legend(scale), brief(scale.high));
  }

  /** Return the scale of a map: one for all, or that of its color in the image. */
  mapColors(channel) {
    return this.step.kind === "image" ? channelScale(channel) : this.colors;
  }

  paint(values) {
    const { height, width, channels, cell, dot } = this.layout;
    const context = this.canvas.getContext("2d");
    const picture = context.createImageData(this.canvas.width, this.canvas.height);
    for (let channel = 0; channel < channels; channel++) {
      const corner = this.corner(channel);
      const scale = this.mapColors(channel);
      fillSquares(picture, corner, { height, width, side: cell }, (at) => scale.pixel(values[at * channels + channel]));
      if (dot) this.paintKernel(picture, channel, corner);
    }
    context.putImageData(picture, 0, 0);
    if (this.names) this.write(context);
  }

  paintKernel(picture, channel, { top, left }) {
    const { kernel } = this.step.weights;
    const [height, width] = this.step.kernelSize;
    const scale = this.kernelColors();
    const corner = { top: top - this.layout.head, left };
    const weight = (at) => kernel[at * this.layout.channels + channel];
    const color = this.inputColors
      ? (at) => weightPixel([0, 1, 2].map((each) => weight(3 * at + each)), scale.high)
      : (at) => scale.pixel(weight(at));
    fillSquares(picture, corner, { height, width, side: this.layout.dot }, color);
  }

  /** Return the scale of all kernels of the layer; nothing if it has none. */
  kernelColors() {
    const { kernel } = this.step.weights;
    if (kernel && !this.kernelScale) this.kernelScale = scaleFor(this.tables, kernel, true);
    return this.kernelScale;
  }

  // Write the name and number into each large cell.
  write(context) {
    const { cell } = this.layout;
    const zoom = cell / LARGE;
    context.textAlign = "center";
    this.values.forEach((value, unit) => {
      const { left, top } = this.corner(unit);
      context.fillStyle = cssColors(this.colors, value).text;
      context.font = `bold ${14 * zoom}px system-ui, sans-serif`;
      context.fillText(shorten(this.names[unit], 6), left + cell / 2, top + 20 * zoom, cell - 4);
      context.font = `${11 * zoom}px system-ui, sans-serif`;
      context.fillText(brief(value), left + cell / 2, top + 38 * zoom, cell - 4);
    });
  }

  // Where a map begins on the canvas.
  corner(channel) {
    const { height, width, cell, gap, columns, head } = this.layout;
    return {
      left: (channel % columns) * (width * cell + gap),
      top: Math.floor(channel / columns) * (head + height * cell + gap) + head,
    };
  }

  // Call `act` with the number at the pointer, unless the pointer is between the maps.
  point(event, act) {
    const { height, width, channels, cell, gap, columns, head } = this.layout;
    const box = this.canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * this.canvas.width;
    const y = ((event.clientY - box.top) / box.height) * this.canvas.height;
    const [mapX, mapY] = [Math.floor(x / (width * cell + gap)), Math.floor(y / (head + height * cell + gap))];
    const channel = mapY * columns + mapX;
    const corner = this.corner(channel);
    const [row, column] = [Math.floor((y - corner.top) / cell), Math.floor((x - corner.left) / cell)];
    if (row < 0 || row >= height || column < 0 || column >= width || mapX >= columns || channel >= channels) return;
    act(indexAt([height, width, channels], row, column, channel), event);
  }

  // Move the cursor with the keyboard, within a map or from map to map.
  move(event) {
    const { height, width, channels, columns } = this.layout;
    const single = this.step.shape.length === 1;
    const moves = {
      ArrowLeft: single ? { channel: -1 } : { column: -1 },
      ArrowRight: single ? { channel: 1 } : { column: 1 },
      ArrowUp: single ? { channel: -columns } : { row: -1 },
      ArrowDown: single ? { channel: columns } : { row: 1 },
      PageUp: { channel: -1 },
      PageDown: { channel: 1 },
    };
    if (event.key === "Enter" || event.key === " ") this.pin(this.index);
    else if (!moves[event.key]) return;
    event.preventDefault();
    const { row = 0, column = 0, channel = 0 } = moves[event.key] || {};
    const at = placeOf([height, width, channels], this.index);
    const inside = (position, size) => Math.min(Math.max(position, 0), size - 1);
    const place = [
      inside(at.row + row, height), inside(at.column + column, width), inside(at.channel + channel, channels),
    ];
    this.select(indexAt([height, width, channels], ...place), event);
  }

  /** Outline the chosen number and its map; nothing when `index` is null. */
  markNumber(index) {
    const [map, , number] = this.marks;
    map.hidden = number.hidden = index === null;
    if (index === null) return;
    this.index = index;
    const { height, width, channels } = this.layout;
    const { row, column, channel } = placeOf([height, width, channels], index);
    this.outline(number, { top: row, left: column, bottom: row, right: column }, channel);
    this.outline(map, { top: 0, left: 0, bottom: height - 1, right: width - 1 }, channel);
  }

  /** Outline the part of one map that the chosen number of the next step reads; nothing when `box` is null. */
  markWindow(box, channel) {
    const [, window] = this.marks;
    window.hidden = !box;
    if (box) this.outline(window, box, channel);
  }

  outline(mark, box, channel) {
    const { cell } = this.layout;
    const { left, top } = this.corner(channel);
    Object.assign(mark.style, {
      left: `${left + box.left * cell}px`,
      top: `${top + box.top * cell}px`,
      width: `${(box.right - box.left + 1) * cell}px`,
      height: `${(box.bottom - box.top + 1) * cell}px`,
    });
  }
}

function shorten(text, length) {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

// Sums can be negative even if those of this image are not. The output of a ReLU cannot.
function isSigned({ kind }, values) {
  return ["convolution", "dense", "normalization"].includes(kind) || values.some((value) => value < 0);
}
