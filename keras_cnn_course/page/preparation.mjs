// From pen strokes to the image that the network sees, prepared as MNIST's images were:
// cropped to the ink, resized to fit 20x20 with gray edges, and moved so that its center of mass is in the middle.

export const PAPER = 280; // height and width of the drawing area, in dots

const BOX_SHARE = 20 / 28;
const SOLID = 0.3; // less ink than this is the gray edge of a stroke

/** Return empty paper: ink from 0 to 1 for each dot, row by row. */
export function newPaper() {
  return { height: PAPER, width: PAPER, ink: new Float32Array(PAPER * PAPER) };
}

/** Draw a straight piece of a stroke, round at both ends, with soft edges. */
export function drawLine(paper, from, to, thickness) {
  const reach = thickness / 2 + 1;
  const top = Math.max(0, Math.floor(Math.min(from.y, to.y) - reach));
  const bottom = Math.min(paper.height, Math.ceil(Math.max(from.y, to.y) + reach));
  const left = Math.max(0, Math.floor(Math.min(from.x, to.x) - reach));
  const right = Math.min(paper.width, Math.ceil(Math.max(from.x, to.x) + reach));
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const squared = dx * dx + dy * dy;
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const [x, y] = [column + 0.5 - from.x, row + 0.5 - from.y];
      const along = squared ? Math.min(1, Math.max(0, (x * dx + y * dy) / squared)) : 0;
      const distance = Math.hypot(x - along * dx, y - along * dy);
      const covered = Math.min(1, Math.max(0, thickness / 2 + 0.5 - distance));
      const index = row * paper.width + column;
      if (covered > paper.ink[index]) paper.ink[index] = covered;
    }
  }
}

/** Draw strokes: lists of points in dots, each with a thickness; one point alone is a dot. */
export function drawStrokes(paper, strokes) {
  for (const { points, thickness } of strokes) {
    for (let index = 0; index < points.length; index++) {
      drawLine(paper, points[Math.max(index - 1, 0)], points[index], thickness);
    }
  }
}

// The longer side of the digit becomes `boxShare` of the image's.
/** Prepare a digit as MNIST was. Returns whole numbers from 0 to 255 of height x width; all 0 where there is no ink. */
export function prepareDigit(paper, [height, width], boxShare = BOX_SHARE) {
  const frame = new Uint8Array(height * width);
  const box = inkBox(paper);
  if (!box) return frame;
  const longest = Math.max(box.height, box.width);
  const side = Math.max(1, Math.round(Math.min(height, width) * boxShare));
  const rows = Math.max(1, Math.round((box.height * side) / longest));
  const columns = Math.max(1, Math.round((box.width * side) / longest));
  const small = shrink(paper, box, rows, columns);
  const darkest = small.reduce((one, other) => Math.max(one, other)); // a hairline fades when it is averaged
  const center = centerOfMass(small, rows, columns);
  const top = clamp(Math.round(height / 2 - center.row), 0, height - rows);
  const left = clamp(Math.round(width / 2 - center.column), 0, width - columns);
  small.forEach((ink, index) => {
    const [row, column] = [Math.floor(index / columns), index % columns];
    frame[(top + row) * width + left + column] = Math.round((255 * ink) / darkest);
  });
  return frame;
}

/** Resize the whole drawing area to the network's size, for networks that classify other things than digits. */
export function preparePicture(paper, [height, width]) {
  const whole = { top: 0, left: 0, height: paper.height, width: paper.width };
  return Uint8Array.from(shrink(paper, whole, height, width), (ink) => Math.round(255 * ink));
}

// Return the smallest box around the ink, or null.
function inkBox({ height, width, ink }) {
  let [top, bottom, left, right] = [height, -1, width, -1];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      if (ink[row * width + column] <= SOLID) continue;
      top = Math.min(top, row);
      bottom = row;
      left = Math.min(left, column);
      right = Math.max(right, column);
    }
  }
  return bottom < 0 ? null : { top, left, height: bottom - top + 1, width: right - left + 1 };
}

// Return the box at another size. Each new pixel is the mean of the dots that it covers, so that edges become gray.
function shrink({ width, ink }, box, rows, columns) {
  const across = coverage(box.width, columns);
  const down = coverage(box.height, rows);
  const narrow = new Float64Array(box.height * columns);
  for (let row = 0; row < box.height; row++) {
    const start = (box.top + row) * width + box.left;
    across.forEach(({ first, shares }, column) => {
      narrow[row * columns + column] = shares.reduce((sum, share, at) => sum + share * ink[start + first + at], 0);
    });
  }
  const small = new Float64Array(rows * columns);
  down.forEach(({ first, shares }, row) => {
    for (let column = 0; column < columns; column++) {
      small[row * columns + column] = shares.reduce(
        (sum, share, at) => sum + share * narrow[(first + at) * columns + column], 0);
    }
  });
  return small;
}

// Return, for each of `parts` equal parts of `size` pixels, its first pixel and the share of each of its pixels.
function coverage(size, parts) {
  return Array.from({ length: parts }, (_, part) => {
    const [from, to] = [(part * size) / parts, ((part + 1) * size) / parts];
    const [first, last] = [Math.floor(from), Math.min(Math.ceil(to - 1e-9), size)];
    const shares = [];
    for (let pixel = first; pixel < last; pixel++) {
      shares.push((Math.min(to, pixel + 1) - Math.max(from, pixel)) / (to - from));
    }
    return { first, shares };
  });
}

function centerOfMass(ink, rows, columns) {
  let [total, row, column] = [0, 0, 0];
  ink.forEach((mass, index) => {
    total += mass;
    row += mass * Math.floor(index / columns);
    column += mass * (index % columns);
  });
  return { row: row / total, column: column / total };
}

function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}
