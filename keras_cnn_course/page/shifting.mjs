// Moving the image by whole pixels, after it was prepared: a drawing is centered first, wherever it is on the paper.

import { find } from "./elements.mjs";

const FARTHEST = 8; // pixels

/** Return an image moved by `{ down, right }` pixels. Pixels that come from outside have the number `fill`. */
export function shiftPixels(pixels, [height, width, channels], { down, right }, fill) {
  const moved = new Uint8Array(pixels.length).fill(fill);
  for (let row = Math.max(0, down); row < Math.min(height, height + down); row++) {
    const start = Math.max(0, right);
    const length = Math.min(width, width + right) - start;
    const from = ((row - down) * width + start - right) * channels;
    if (length > 0) moved.set(pixels.subarray(from, from + length * channels), (row * width + start) * channels);
  }
  return moved;
}

/** Return a movement in words. */
export function sayShift({ down, right }) {
  const across = right ? [`${Math.abs(right)} ${right > 0 ? "right" : "left"}`] : [];
  const along = down ? [`${Math.abs(down)} ${down > 0 ? "down" : "up"}`] : [];
  return [...across, ...along].join(", ") || "not moved";
}

const MOVES = { left: [0, -1], up: [-1, 0], down: [1, 0], right: [0, 1] };
const KEYS = { ArrowLeft: "left", ArrowUp: "up", ArrowDown: "down", ArrowRight: "right" };

/** The buttons that move the image. Calls `changed()` after each movement; `down` and `right` are pixels. */
export class Shift {
  constructor(changed) {
    this.changed = changed;
    [this.down, this.right] = [0, 0];
    for (const name of Object.keys(MOVES)) find(`move-${name}`).addEventListener("click", () => this.step(name));
    find("move-back").addEventListener("click", () => this.set({ down: 0, right: 0 }));
    find("moving").addEventListener("keydown", (event) => {
      if (!KEYS[event.key]) return;
      event.preventDefault();
      this.step(KEYS[event.key]);
    });
  }

  step(name) {
    const [down, right] = MOVES[name];
    this.set({ down: this.down + down, right: this.right + right });
  }

  set({ down, right }) {
    const limit = (pixels) => Math.min(Math.max(pixels, -FARTHEST), FARTHEST);
    [this.down, this.right] = [limit(down), limit(right)];
    find("moved").textContent = sayShift(this);
    this.changed();
  }
}
