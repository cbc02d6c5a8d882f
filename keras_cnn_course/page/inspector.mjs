// The panel that shows how one number was computed.

import { cssColors } from "./colors.mjs";
import { brief, count, element, show } from "./elements.mjs";
import { placeOf } from "./explanation.mjs";
import { drawNumbers } from "./painting.mjs";

const TERMS = 8; // inputs of a dense unit that are listed one by one

/**
 * Return the elements that explain a number; `choose` is called with an input channel to look at.
 * Numbers have the colors that they have in the pictures of the layers: `scales` are those of the step's input, of its
 * kernels and of its output.
 */
export function explainInWords(explanation, { tables, scales, names, channel, choose }) {
  const { step, place, value } = explanation;
  const title = element("h2", {}, step.name, element("span", {}, ` ${sayPlace(explanation, names)}`));
  const context = { tables, scales, channel, choose };
  const parts = EXPLAIN[step.kind](explanation, context);
  return [title, ...parts, term("=", value, "result")];
}

function sayPlace({ step, place: { row, column, channel, unit }, colors }, names) {
  const map = step.kind === "image" ? colors[channel] : `map ${channel}`;
  if (unit === undefined) return `${map}, row ${row}, column ${column}`;
  return names ? `class ${names[unit]}` : `unit ${unit}`;
}

const EXPLAIN = {
  image: ({ pixel }) => [
    formula(`${pixel} / 255`),
    note("A pixel of the image, from 0 to 255. The network gets it divided by 255."),
  ],
  convolution: explainConvolution,
  max_pooling: explainPooling,
  average_pooling: explainPooling,
  dense: explainDense,
  relu: ({ before }) => [
    formula(`max(0, ${show(before)})`),
    note(before < 0 ? "The number was negative, so it becomes 0." : "The number was not negative, so it stays as it is."),
  ],
  leaky_relu: ({ before, step }) => [
    formula(before < 0 ? `${show(before)} · ${show(step.slope)}` : show(before)),
    note(before < 0 ? "The number was negative, so it is made smaller." : "The number was not negative, so it stays as it is."),
  ],
  global_average: ({ size, sum, place }) => [
    formula(`${show(sum)} / ${count(size)}`),
    note(`The mean of all ${count(size)} numbers of map ${place.unit}.`),
  ],
  rescaling: ({ before, step }) => [formula(`${show(before)} · ${show(step.scale)} + ${show(step.offset)}`)],
  normalization: (one) => [
    formula(`(${show(one.before)} − ${signed(one.mean)}) / ${show(one.deviation)}`),
    formula(`· ${signed(one.scale)} + ${signed(one.shift)}`),
    note("Subtract the mean and divide by the standard deviation, both measured in training; then multiply by gamma and add beta."),
  ],
  softmax: ({ before, largest, power, total }) => [
    formula(`e^(${show(before)} − ${signed(largest)}) / Σ = ${show(power)} / ${show(total)}`),
    note("The largest input is subtracted from every input, so that no power of e overflows. The result is the same."),
  ],
};

function explainConvolution(explanation, { scales, channel, choose }) {
  const { step, channels, strongest, bias, multiply, colors } = explanation;
  const deep = channels.length > 1;
  const shown = channel ?? strongest;
  const { window, weights, products, sum } = multiply(shown);
  const all = channels.reduce((one, other) => one + other, 0);
  const grids = element(
    "div", { class: "product" },
    numberGrid(window, scales.input(shown), "window"), operator("×"),
    numberGrid(weights, scales.kernel, "kernel"), operator("="),
    numberGrid(products, scales.output, "products"),
  );
  const lines = [];
  if (deep) {
    lines.push(...chooseChannel(channels, shown, { scale: scales.output, choose, colors, isChosen: channel !== null }));
  }
  lines.push(grids);
  if (colors) lines.push(...channels.map((each, number) => term(`sum of the products, ${colors[number]}`, each)));
  else lines.push(term("sum of the products", sum));
  if (deep) lines.push(term(`sum over all ${channels.length} ${colors ? "colors" : "input maps"}`, all));
  lines.push(...addBias(bias));
  if (step.padding === "same") lines.push(note("Hatched cells are outside the input, where zeros are added."));
  return lines;
}

// One cell per input channel, colored by what it adds to the sum, and a heading for the channel that is shown.
function chooseChannel(channels, shown, { scale, choose, colors, isChosen }) {
  const [one, many] = colors ? ["color", "colors"] : ["input map", "input maps"];
  const name = (channel) => (colors ? colors[channel] : `input map ${channel}`);
  const cells = channels.map((sum, channel) => {
    const label = `${name(channel)} adds ${show(sum)}`;
    const cell = element("button", { type: "button", title: label, "aria-label": label, tabindex: "-1" });
    cell.style.background = cssColors(scale, sum).background;
    if (channel === shown) cell.setAttribute("aria-current", "true");
    cell.addEventListener("click", () => choose(channel));
    return cell;
  });
  const button = (text, label, by) => {
    const made = element("button", { type: "button", "aria-label": label }, text);
    made.addEventListener("click", () => choose((shown + by + channels.length) % channels.length));
    return made;
  };
  return [
    note(`What each of the ${channels.length} ${many} adds to the sum:`),
    element("div", { class: "cells" }, ...cells),
    element("div", { class: "shown" },
      element("h3", {}, `${name(shown)}${isChosen ? "" : ", the strongest"}`),
      button("◀", `previous ${one}`, -1), button("▶", `next ${one}`, 1)),
  ];
}

function explainPooling({ step, place, window, winner }, { scales }) {
  const most = step.kind === "max_pooling";
  const grid = numberGrid(window, scales.input(place.channel), "window");
  if (most) grid.querySelectorAll(".cell")[winner.row * window[0].length + winner.column].classList.add("winner");
  return [
    element("div", { class: "product" }, grid),
    note(most ? "The largest number in the window is kept; the others are dropped." : "The mean of the numbers in the window."),
  ];
}

function explainDense({ step, terms, bias, maps, colors }, { tables }) {
  const cells = (texts, tag) => texts.map((text) => element(tag, tag === "th" ? { scope: "col" } : {}, text));
  const listed = terms.slice(0, TERMS);
  const rows = listed.map(({ index, value, weight, product }) =>
    element("tr", {}, ...cells([sayInput(index, maps, colors), show(value), show(weight), show(product)], "td")));
  const add = (some) => some.reduce((sum, { product }) => sum + product, 0);
  const silent = terms.filter(({ value }) => value === 0).length;
  return [
    ...(maps && (maps[2] === 1 || colors) ? [drawPixels(terms, maps, tables)] : []),
    element("table", {},
      element("thead", {}, element("tr", {}, ...cells(["input", "value", "× weight", "= product"], "th"))),
      element("tbody", {}, ...rows)),
    note(`The ${rows.length} largest products of ${count(step.inputShape[0])} inputs. ${count(silent)} inputs are 0.`),
    term("sum of these", add(listed)),
    term("+ all other products", add(terms.slice(TERMS))),
    ...addBias(bias),
  ];
}

function sayInput(index, maps, colors) {
  if (!maps) return `unit ${count(index)}`;
  const { row, column, channel } = placeOf(maps, index);
  if (colors) return `${colors[channel]} (${row}, ${column})`;
  return maps[2] === 1 ? `(${row}, ${column})` : `map ${channel} (${row}, ${column})`;
}

// The weights of a unit that reads pixels are a picture, and so are the products.
function drawPixels(terms, [height, width, channels], tables) {
  const side = Math.max(1, Math.floor(150 / Math.max(height, width)));
  const pictures = ["weight", "product"].map((name) => {
    const numbers = new Float32Array(terms.length);
    for (const each of terms) numbers[each.index] = each[name];
    const { canvas, scale } = drawNumbers(numbers, { height, width, channels, side }, tables);
    return element("figure", {}, canvas, element("figcaption", {}, `${name}s, ±${brief(scale.high)}${channels === 3 ? ", gray is 0" : ""}`));
  });
  return element("div", { class: "pictures" }, ...pictures);
}

/** Return rows of numbers as cells with the colors of a scale; null is outside the input. */
export function numberGrid(rows, scale, name) {
  const cells = rows.flat().map((number) => {
    if (number === null) return element("span", { class: "cell outside" }, "0");
    const cell = element("span", { class: "cell" }, brief(number));
    const { background, text } = cssColors(scale, number);
    Object.assign(cell.style, { background, color: text });
    return cell;
  });
  const label = `${name}: ${rows.map((row) => row.map((number) => brief(number ?? 0)).join(", ")).join("; ")}`;
  const grid = element("div", { class: "numbers", role: "img", "aria-label": label }, ...cells);
  grid.style.gridTemplateColumns = `repeat(${rows[0].length}, auto)`;
  return element("figure", {}, grid, element("figcaption", {}, name));
}

/** Return a number for a product: a negative one in brackets. */
export function signed(number) {
  return number < 0 ? `(${show(number)})` : show(number);
}

function addBias(bias) {
  return bias === null ? [note("The layer has no bias.")] : [term("+ bias", bias)];
}

/** Return one line of a sum: what is added, and its value. */
export function term(name, value, kind = "") {
  return element("p", { class: `term ${kind}` }, element("span", {}, name), element("span", {}, show(value)));
}

const operator = (text) => element("span", { class: "operator" }, text);

/** Return a line that is computed. */
export function formula(text) {
  return element("p", { class: "formula" }, text);
}

/** Return a line that explains. */
export function note(text) {
  return element("p", { class: "note" }, text);
}
