// The second half of the panel while a network learns: how the loss of this image would change with the chosen number, and
// with the weights that made it.

import { explainDelta, explainWeight } from "./backpropagation.mjs";
import { scaleFor } from "./colors.mjs";
import { count, element, show, times } from "./elements.mjs";
import { formula, note, numberGrid, signed, term } from "./inspector.mjs";
import { drawNumbers } from "./painting.mjs";

const LISTED = 5; // products that are listed one by one

/**
 * Return the elements that explain the gradients of the chosen number.
 *
 * @param state `network`, `values`, `deltas`, and the image's correct class as `label`
 * @param chosen `{ number, index }`; `channel`, the input map that is shown
 */
export function explainBackward(state, { number, index, channel }, { tables, names }) {
  const explanation = explainDelta(state.network, state.values, state.deltas, number, index, state.label);
  return [
    element("h3", {}, "Backward"),
    ...SAY[explanation.kind](explanation, names[state.label]),
    term("delta: the loss changes by", explanation.delta, "result"),
    note("times the change of this number, as long as the change is small."),
    ...explainKernel(state, { number, index, channel }, tables),
  ];
}

const SAY = {
  loss: ({ probability, isRight }, name) => isRight
    ? [
      formula(`loss = log(1 / ${show(probability)}) = ${show(Math.log(1 / probability))}`),
      note("The loss looks only at the probability of the correct class. Its slope is −1 divided by the probability."),
    ]
    : [note(`The loss looks only at the probability of the correct class, ${name}.`)],
  softmax: ({ probability, isRight }) => [
    formula(`${show(probability)} − ${isRight ? 1 : 0}`),
    note(`Through softmax and loss together: the probability minus ${isRight ? "1, because this is the correct class" : "0, because this is not the correct class"}.`),
  ],
  relu: ({ before, terms: [{ delta }] }) => [
    formula(before > 0 ? show(delta) : "0"),
    note(before > 0
      ? "The number is positive, so the gate of ReLU is open: the delta of its output passes through unchanged."
      : "The number is not positive, so the gate of ReLU is closed: a small change of it changes nothing."),
  ],
  flatten: () => [note("Flatten only puts the numbers in a row: the delta is that of the same number there.")],
  max_pooling: ({ terms }) => {
    const won = terms.filter(({ weight }) => weight);
    return [note(won.length
      ? "This number is the largest of its window, so it gets the delta of the window's output."
      : terms.length
        ? "Another number of the window is larger, or equal and before it, so this one changes nothing."
        : "No window reads this number, so it changes nothing.")];
  },
  dense: ({ terms }) => sumUp(terms, ({ place }) => `unit ${count(place.unit)}`),
  convolution: ({ terms }) =>
    sumUp(terms, ({ place }) => `map ${place.channel} (${place.row}, ${place.column})`),
};

function sumUp(terms, name) {
  const listed = terms.slice(0, LISTED);
  const rest = terms.slice(LISTED).reduce((sum, { product }) => sum + product, 0);
  const rows = listed.map((each) => [name(each), show(each.weight), show(each.delta), show(each.product)]);
  return [
    table(["read by", "weight", "× its delta", "= product"], rows),
    term(`+ ${count(Math.max(terms.length - LISTED, 0))} other products`, rest),
  ];
}

function table(head, rows) {
  const cells = (texts, tag) => texts.map((text) => element(tag, tag === "th" ? { scope: "col" } : {}, text));
  return element("table", {},
    element("thead", {}, element("tr", {}, ...cells(head, "th"))),
    element("tbody", {}, ...rows.map((row) => element("tr", {}, ...cells(row, "td")))));
}

// The gradient of each weight of the kernel that made this number. A button per weight opens its sum.
function explainKernel({ network, values, deltas }, { number, index, channel }, tables) {
  const step = network.steps[number];
  if (step.kind !== "convolution") return [];
  const filter = index % step.shape[2];
  const shown = channel ?? 0;
  const explain = (down, right) =>
    explainWeight(step, values[number], deltas[number + 1], { down, right, channel: shown, filter });
  const [height, width] = step.kernelSize;
  const sums = Array.from({ length: height }, (_, down) =>
    Array.from({ length: width }, (_, right) => explain(down, right).sum));
  const grid = numberGrid(sums, scaleFor(tables, sums.flat(), true), "gradient of the kernel");
  const detail = element("div", { class: "weight", "aria-live": "polite" });
  const choice = element("div", { class: "tools" });
  for (let at = 0; at < height * width; at++) {
    const [down, right] = [Math.floor(at / width), at % width];
    const button = element("button", { type: "button", "aria-label": `weight in row ${down}, column ${right}` }, `(${down}, ${right})`);
    for (const event of ["click", "pointerenter", "focus"]) {
      button.addEventListener(event, () => detail.replaceChildren(...sayWeight(explain(down, right), step, tables)));
    }
    choice.append(button);
  }
  const of = step.inputShape[2] > 1 ? `, for input map ${shown}` : "";
  return [
    element("h3", {}, `Weights of kernel ${filter}${of}`),
    element("div", { class: "product" }, grid),
    note("A training step moves each weight against its gradient. Choose a weight to see how its gradient comes about:"),
    choice,
    detail,
  ];
}

function sayWeight({ products, terms, sum }, { shape }, tables) {
  const [height, width] = shape;
  const side = Math.max(1, Math.floor(130 / Math.max(height, width)));
  const { canvas } = drawNumbers(Float32Array.from(products), { height, width, side }, tables);
  const rows = terms.slice(0, LISTED).map(({ row, column, value, delta, product }) =>
    [`(${row}, ${column})`, show(value), signed(delta), show(product)]);
  const rest = terms.slice(LISTED).reduce((total, { product }) => total + product, 0);
  return [
    note(`At each of the ${times([height, width])} places: the input pixel under this weight, times the delta of the place. ${count(terms.length)} of these products are not 0.`),
    canvas,
    table(["place", "input", "× delta", "= product"], rows),
    term("+ all other products", rest),
    term("gradient of this weight", sum, "result"),
  ];
}
