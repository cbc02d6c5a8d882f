// A network's answer: the probability of each class as a bar, and the best one in large type. It is also read aloud.

import { element, find, percent } from "./elements.mjs";

const PAUSE = 700; // milliseconds without a new stroke after which the answer is announced to screen readers
const MOST = 12; // of more classes than this, only the likeliest ones have a bar
const LIKELIEST = 10;

let announcing = null;

/** Announce a text to screen readers. They would read every change while a stroke is drawn, so it waits for a pause. */
export function announce(text) {
  clearTimeout(announcing);
  announcing = setTimeout(() => (find("spoken-answer").textContent = text), PAUSE);
}

/** The bars and the answer of one network. */
export class Answer {
  /** @param places the elements to fill: the list `bars`, and `answer` and `confidence` */
  constructor(classes, places) {
    this.classes = classes;
    this.places = places;
    this.bars = classes.map((name) => {
      const [bar, share] = [element("span", { class: "bar" }), element("span", { class: "share" })];
      const track = element("span", { class: "track" }, bar);
      return { bar, share, row: element("li", {}, element("span", { class: "name" }, name), track, share) };
    });
    places.bars.append(...this.bars.map(({ row }) => row));
  }

  /** Show the probabilities of the classes, or that nothing has been drawn; return what was shown in words. */
  show(probabilities, hasInk) {
    const best = probabilities.indexOf(Math.max(...probabilities));
    const least = this.classes.length > MOST ? [...probabilities].sort((one, other) => other - one)[LIKELIEST - 1] : 0;
    this.bars.forEach(({ bar, share, row }, label) => {
      row.hidden = probabilities[label] < least;
      bar.style.width = hasInk ? `${100 * probabilities[label]}%` : "0";
      share.textContent = hasInk ? percent(probabilities[label]) : "";
      row.classList.toggle("best", hasInk && label === best);
    });
    const name = hasInk ? this.classes[best] : "–";
    this.places.answer.textContent = name;
    this.places.answer.classList.toggle("long", name.length > 2);
    const confidence = hasInk ? percent(probabilities[best]) : "nothing drawn yet";
    this.places.confidence.textContent = confidence;
    return hasInk ? `${name}, ${confidence}` : confidence;
  }
}
