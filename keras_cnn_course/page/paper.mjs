// The drawing area: strokes of a finger, a pen or a mouse become ink.

import { paintFitted } from "./painting.mjs";
import { PAPER, drawLine, drawStrokes, newPaper } from "./preparation.mjs";

/** A canvas to draw on. Calls `changed` with the paper whenever the ink on it changes. */
export class DrawingArea {
  constructor(canvas, { changed, thickness }) {
    this.canvas = canvas;
    this.changed = changed;
    this.thickness = thickness;
    this.strokes = [];
    this.paper = newPaper();
    this.canDraw = true;
    canvas.width = canvas.height = PAPER;
    canvas.addEventListener("pointerdown", (event) => this.begin(event));
    canvas.addEventListener("pointermove", (event) => this.proceed(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      canvas.addEventListener(end, (event) => this.end(event));
    }
    this.repaint();
  }

  begin(event) {
    if (event.button !== 0 || !event.isPrimary || !this.canDraw) return;
    // A palm is a primary pointer, as a pen is: it must not take over from the pen, but the pen may take over from it.
    const isHeld = this.stroke && this.canvas.hasPointerCapture(this.stroke.pointerId);
    if (isHeld && event.pointerType === "touch") return;
    event.preventDefault();
    this.canvas.setPointerCapture(event.pointerId);
    this.beginStroke(this.placeOf(event), event.pointerId);
  }

  /** Put the pen down at `{ x, y }` of the paper; `pointerId` is the pointer that draws, or null for a key. */
  beginStroke(point, pointerId = null) {
    if (!this.strokes.length) this.paper = newPaper(); // a test image was shown until now
    this.stroke = { points: [], thickness: this.thickness(), pointerId };
    this.strokes.push(this.stroke);
    this.extendStroke([point]);
  }

  /** Draw on to more places. */
  extendStroke(points) {
    for (const point of points) this.addPoint(point);
    this.repaint();
    this.changed(this.paper);
  }

  proceed(event) {
    if (!this.isDrawnBy(event)) return;
    // A fast pen makes several points between two frames.
    const events = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    this.extendStroke((events.length ? events : [event]).map((each) => this.placeOf(each)));
  }

  end(event) {
    if (this.isDrawnBy(event)) this.stroke = null;
  }

  isDrawnBy({ pointerId }) {
    return this.stroke?.pointerId === pointerId;
  }

  placeOf({ clientX, clientY }) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    return { x: ((clientX - left) / width) * PAPER, y: ((clientY - top) / height) * PAPER };
  }

  addPoint(point) {
    const { points, thickness } = this.stroke;
    points.push(point);
    drawLine(this.paper, points[Math.max(points.length - 2, 0)], point, thickness);
  }

  undo() {
    this.strokes.pop();
    this.stroke = null;
    this.paper = newPaper();
    drawStrokes(this.paper, this.strokes);
    this.repaint();
    this.changed(this.paper);
  }

  clear() {
    this.strokes = [];
    this.undo();
  }

  /** Show an image of the data set instead of a drawing: whole numbers from 0 to 255, row by row. */
  showImage(pixels, shape) {
    this.strokes = [];
    this.stroke = null;
    this.paper = newPaper();
    paintFitted(this.canvas, pixels, shape);
  }

  repaint() {
    const context = this.canvas.getContext("2d");
    const picture = context.createImageData(PAPER, PAPER);
    const pixels = new Uint32Array(picture.data.buffer);
    this.paper.ink.forEach((ink, index) => {
      pixels[index] = (0xff000000 | (Math.round(255 * ink) * 0x010101)) >>> 0;
    });
    context.putImageData(picture, 0, 0);
  }
}
