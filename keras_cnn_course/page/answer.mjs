// The network's answer: the probability of each class as a bar, the best one in large type, and read aloud.

import { element, find, percent } from "./elements.mjs";

const PAUSE = 700; // milliseconds without a new stroke after which the answer is announced to screen readers

/** The bars and the answer beside the drawing. */
export class Answer {
  constructor(classes) {
    this.classes = classes;
    this.bars = classes.map((name) => {
      const [bar, share] = [element("span", { class: "bar" }), element("span", { class: "share" })];
      const track = element("span", { class: "track" }, bar);
      return { bar, share, row: element("li", {}, element("span", { class: "name" }, name), track, share) };
    });
    find("bars").append(...this.bars.map(({ row }) => row));
  }

  /** Show the probabilities of the classes, or that nothing has been drawn. */
  show(probabilities, hasInk) {
    const best = probabilities.indexOf(Math.max(...probabilities));
    this.bars.forEach(({ bar, share, row }, label) => {
      bar.style.width = hasInk ? `${100 * probabilities[label]}%` : "0";
      share.textContent = hasInk ? percent(probabilities[label]) : "";
      row.classList.toggle("best", hasInk && label === best);
    });
    const name = hasInk ? this.classes[best] : "–";
    find("answer").textContent = name;
    find("answer").classList.toggle("long", name.length > 2);
    const confidence = hasInk ? percent(probabilities[best]) : "nothing drawn yet";
    find("confidence").textContent = confidence;
    this.announce(hasInk ? `The network's answer: ${name}, ${confidence}` : confidence);
  }

  // Screen readers would read every change while a stroke is drawn, so they get the answer after a pause.
  announce(text) {
    clearTimeout(this.announcing);
    this.announcing = setTimeout(() => (find("spoken-answer").textContent = text), PAUSE);
  }
}
