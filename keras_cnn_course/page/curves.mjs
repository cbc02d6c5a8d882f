// The curves of a training: a line for the training images, dots joined by a line for the validation images.

const [LEFT, RIGHT, TOP, BOTTOM] = [40, 8, 8, 22]; // pixels around the drawing, for type of this size
const TYPE = 15;

/** A canvas with the course of one number. Points are `{ epochs, value }`. */
export class Curves {
  constructor(canvas, { most, format }) {
    this.canvas = canvas;
    this.most = most; // the top of the axis; null where it follows the numbers
    this.format = format;
    this.clear();
  }

  clear() {
    this.training = [];
    this.validation = [];
    this.paint();
  }

  paint() {
    const { canvas } = this;
    const style = getComputedStyle(canvas);
    const zoom = parseFloat(style.fontSize) / TYPE; // more than 1 while the page is presented
    const scale = (globalThis.devicePixelRatio || 1) * zoom;
    const [width, height] = [(canvas.clientWidth || 300) / zoom, (canvas.clientHeight || 150) / zoom];
    [canvas.width, canvas.height] = [width * scale, height * scale];
    const context = canvas.getContext("2d");
    context.scale(scale, scale);
    const all = [...this.training, ...this.validation];
    const epochs = Math.max(1, Math.ceil(Math.max(0, ...all.map((point) => point.epochs))));
    const most = this.most ?? (Math.max(0, ...all.map((point) => point.value)) || 1);
    const place = ({ epochs: at, value }) => [
      LEFT + (at / epochs) * (width - LEFT - RIGHT),
      height - BOTTOM - (value / most) * (height - TOP - BOTTOM),
    ];
    this.paintAxes(context, { width, height, epochs, most, color: style.getPropertyValue("--muted") });
    context.lineWidth = 1.5;
    drawLine(context, this.training.map(place), style.getPropertyValue("--muted"));
    const dots = this.validation.map(place);
    context.lineWidth = 2.5;
    drawLine(context, dots, style.getPropertyValue("--accent"));
    for (const [x, y] of dots) context.fillRect(x - 2.5, y - 2.5, 5, 5);
  }

  paintAxes(context, { width, height, epochs, most, color }) {
    context.fillStyle = context.strokeStyle = color;
    context.font = "12px system-ui, sans-serif";
    context.beginPath();
    context.moveTo(LEFT, TOP);
    context.lineTo(LEFT, height - BOTTOM);
    context.lineTo(width - RIGHT, height - BOTTOM);
    context.stroke();
    context.textAlign = "right";
    context.fillText(this.format(most), LEFT - 5, TOP + 9);
    context.fillText("0", LEFT - 5, height - BOTTOM);
    context.fillText(epochs === 1 ? "epoch 1" : `epoch ${epochs}`, width - RIGHT, height - 5);
  }
}

function drawLine(context, points, color) {
  context.strokeStyle = context.fillStyle = color;
  context.beginPath();
  points.forEach(([x, y], index) => (index ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.stroke();
}
