// The drawing area by keyboard: the arrow keys move a pen, and the space bar puts it down or lifts it.

import { PAPER } from "./preparation.mjs";

const PACE = PAPER / 28; // one press moves the pen as far as one pixel of a digit that fills the paper
const MOVES = { ArrowLeft: [-PACE, 0], ArrowRight: [PACE, 0], ArrowUp: [0, -PACE], ArrowDown: [0, PACE] };

/** Let keys draw while the drawing area has the focus; `mark` shows where the pen is, and `began()` is called first. */
export function connectPen(drawing, mark, began) {
  const place = { x: PAPER / 2, y: PAPER / 4 };
  let isDown = false;
  const show = () => {
    Object.assign(mark.style, { left: `${(100 * place.x) / PAPER}%`, top: `${(100 * place.y) / PAPER}%` });
    mark.classList.toggle("down", isDown);
  };
  const lift = () => {
    if (isDown) drawing.stroke = null;
    isDown = false;
    show();
  };
  drawing.canvas.addEventListener("keydown", (event) => {
    const move = MOVES[event.key];
    if (!drawing.canDraw || (!move && event.key !== " ") || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    if (move) {
      place.x = Math.min(Math.max(place.x + move[0], 0), PAPER);
      place.y = Math.min(Math.max(place.y + move[1], 0), PAPER);
      if (isDown && drawing.stroke) drawing.extendStroke([{ ...place }]);
    } else if (isDown) {
      lift();
    } else {
      isDown = true;
      began();
      drawing.beginStroke({ ...place });
    }
    show();
  });
  drawing.canvas.addEventListener("blur", lift);
  drawing.canvas.addEventListener("pointerdown", lift);
  show();
}
