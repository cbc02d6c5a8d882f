// Several networks on one image: their answers side by side, and which answers change when the image moves.

import { Answer } from "./answer.mjs";
import { element, find } from "./elements.mjs";
import { buildNetwork, forward } from "./network.mjs";
import { ShiftMap } from "./shiftmap.mjs";

/**
 * The answers of all networks of the page, each `{ name, description, weights }`.
 *
 * Calls `choose(number)` with the network whose layers are to be shown, and `move(shift)` with a place on a map of moves.
 */
export class Comparison {
  constructor(networks, { classes, inputShape, fill, choose, move }) {
    this.columns = networks.map(({ name, description, weights }, number) => {
      const places = {
        bars: element("ol", { class: "bars", "aria-label": `Probability of each class, ${name}` }),
        answer: element("strong"),
        confidence: element("span"),
      };
      const network = buildNetwork(description, weights);
      const button = element("button", { type: "button", "aria-pressed": "false" }, "Show its layers");
      button.addEventListener("click", () => choose(number));
      const map = new ShiftMap({ name, network, classes, inputShape, fill, move });
      const verdict = element("p", { class: "verdict" }, places.answer, places.confidence);
      const column = element("section", { class: "network", "aria-label": name },
        element("h3", {}, name), verdict, places.bars, map.figure, button);
      find("networks").append(column);
      return { name, network, weights, answer: new Answer(classes, places), map, button };
    });
    find("answers").hidden = false;
    document.body.classList.add("several");
  }

  /** Show the answers to an image and return them in words; `shown` holds what the page has computed already. */
  show(pixels, hasInk, shown) {
    const image = Float32Array.from(pixels, (pixel) => pixel / 255);
    return this.columns.map(({ name, network, weights, answer, button }) => {
      const isShown = weights === shown.weights;
      button.setAttribute("aria-pressed", String(isShown));
      const values = isShown ? shown.values : forward(network, image);
      return `${name}: ${answer.show(values[values.length - 1], hasInk)}`;
    }).join("; ");
  }

  /** Show on each map where the image is; fill the maps again if it is another image. */
  showMoves(image, shift, hasInk) {
    for (const { map } of this.columns) map.show(image, shift, hasInk);
  }
}
