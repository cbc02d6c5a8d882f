// The bench: the image that the network gets. Somebody draws it or chooses a test image, and may move it.

import { find } from "./elements.mjs";
import { paintImage } from "./painting.mjs";
import { DrawingArea } from "./paper.mjs";
import { connectPen } from "./pen.mjs";
import { prepareDigit, preparePicture } from "./preparation.mjs";
import { Samples } from "./samples.mjs";
import { Shift, shiftPixels } from "./shifting.mjs";

const SEEN = 112; // largest height and width of the network's input on the page, in CSS pixels

/** Holds the image. Calls `changed()` when it is another one, and before that `chosen(sample)` for a test image. */
export class Bench {
  constructor(data, { changed, chosen }) {
    this.data = data;
    this.changed = changed;
    this.fill = data.ground === "light" ? 255 : 0; // what a moved image has at its border
    this.image = new Uint8Array(data.inputShape.reduce((product, size) => product * size, 1)).fill(this.fill);
    this.shift = new Shift(changed);
    this.addDrawing();
    this.samples = new Samples(data, (sample) => {
      this.drawing.showImage(sample.pixels, data.inputShape);
      chosen(sample);
      this.show(sample.pixels);
    });
    this.setDrawing(data.preparation === "digit");
  }

  addDrawing() {
    const { inputShape: [height, width], preparation, boxShare } = this.data;
    const scale = Math.max(1, this.imageScale());
    [find("image").height, find("image").width] = [height * scale, width * scale];
    const prepare = preparation === "digit" ? prepareDigit : preparePicture;
    const toGround = (ink) => (this.fill ? ink.map((pixel) => this.fill - pixel) : ink);
    this.drawing = new DrawingArea(find("paper"), {
      thickness: () => Number(find("pen").value),
      changed: (paper) => this.show(toGround(prepare(paper, [height, width], boxShare))),
    });
    for (const tool of ["clear", "undo"]) {
      find(tool).addEventListener("click", () => {
        this.samples.mark(null);
        this.drawing[tool]();
      });
    }
    const begin = () => {
      if (!this.drawing.canDraw) return;
      find("hint").hidden = true;
      this.samples.mark(null);
    };
    find("paper").addEventListener("pointerdown", begin);
    connectPen(this.drawing, find("pen-mark"), begin);
    find("draw-instead").hidden = preparation === "none";
    find("draw-instead").addEventListener("click", () => {
      this.setDrawing(true);
      this.samples.mark(null);
      this.drawing.clear();
      find("clear").focus();
    });
  }

  /** Let people draw, or only choose test images. */
  setDrawing(canDraw) {
    this.drawing.canDraw = canDraw;
    find("paper").classList.toggle("still", !canDraw);
    find("paper").setAttribute("aria-label", canDraw
      ? "Drawing area. Arrow keys move the pen, the space bar puts it down or lifts it. Or choose a test image below."
      : "The chosen test image");
    find("paper").setAttribute("role", canDraw ? "application" : "img");
    find("paper").tabIndex = canDraw ? 0 : -1;
    find("drawing-tools").hidden = find("hint").hidden = !canDraw;
    find("choosing").hidden = canDraw;
  }

  /** Take an image of whole numbers from 0 to 255. */
  show(image) {
    this.image = image;
    this.changed();
  }

  /** Whether there is anything to classify. */
  get hasInk() {
    return !this.drawing.canDraw || this.image.some((pixel) => pixel !== this.fill);
  }

  /** Return the image as the network gets it: moved, whole numbers from 0 to 255. Show it, too. */
  refresh() {
    const { inputShape } = this.data;
    this.pixels = shiftPixels(this.image, inputShape, this.shift, this.fill);
    paintImage(find("image"), this.pixels, inputShape, Math.max(1, this.imageScale()));
    find("image").style.width = `${inputShape[1] * this.imageScale()}px`;
    return this.pixels;
  }

  /** CSS pixels per pixel of the image. */
  imageScale() {
    const fitting = SEEN / Math.max(...this.data.inputShape.slice(0, 2));
    return fitting < 1 ? fitting : Math.floor(fitting);
  }

  /** Outline what a number of a layer depends on. */
  outline({ top, left, bottom, right }) {
    const scale = this.imageScale();
    Object.assign(find("field").style, {
      top: `${top * scale}px`,
      left: `${left * scale}px`,
      height: `${(bottom - top + 1) * scale}px`,
      width: `${(right - left + 1) * scale}px`,
    });
  }
}
