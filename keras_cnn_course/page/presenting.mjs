// The page for an audience: large type, one panel at a time. Keys, buttons or a finger move from panel to panel.

import { find } from "./elements.mjs";

const ADDRESS = /^#present(?:-(\d+))?$/; // page.html#present, or page.html#present-3 for the third panel
const MARGIN = 32; // pixels above and below a panel
const SWIPE = 60; // pixels that a finger moves across to turn to another panel

const KEYS = {
  ArrowRight: 1, PageDown: 1, " ": 1, ArrowLeft: -1, PageUp: -1, Home: -Infinity, End: Infinity,
};
// Elements that use these keys themselves, and those on which a finger does something else than turn.
const BUSY = "input, select, canvas:focus";
const TOUCHED = "#paper, input, select, .numbers";

/**
 * Presents panels, each `{ title, kind, tab, open, above }`. `open()` is called when the tab is open, and returns the
 * elements of the panel; `above()`, if there is one, the height of those above its layer. Styles depend on the kind.
 *
 * @param panels returns the list of panels
 * @param parts returns all elements that belong to panels; those of other panels are hidden
 * @param resized is called with the height in pixels that a panel has, or null when the presentation ends
 */
export class Presentation {
  constructor({ panels, parts, resized }) {
    Object.assign(this, { panels, parts, resized });
    this.number = null; // of the panel; null while nothing is presented
    this.bar = find("presentation");
    find("present").addEventListener("click", () => this.open(this.firstOfTab()));
    find("present-back").addEventListener("click", () => this.move(-1));
    find("present-on").addEventListener("click", () => this.move(1));
    find("present-full").addEventListener("click", () => this.toggleFull());
    find("present-leave").addEventListener("click", () => this.leave());
    find("present-full").hidden = !document.fullscreenEnabled;
    document.addEventListener("fullscreenchange", () =>
      find("present-full").setAttribute("aria-pressed", String(document.fullscreenElement !== null)));
    addEventListener("keydown", (event) => this.press(event));
    // After a click on a layer or the paper, the canvas would take the keys that turn to the next panel.
    addEventListener("click", ({ target }) => this.isOpen && target.closest(".maps, #paper") && document.activeElement.blur());
    addEventListener("resize", () => this.fit());
    addEventListener("hashchange", () => this.openAddress());
    this.connectFinger();
  }

  get isOpen() {
    return this.number !== null;
  }

  /** Open the panel that the address names; return whether it names one. */
  openAddress() {
    const named = ADDRESS.exec(location.hash);
    if (named && Number(named[1] || 1) - 1 !== this.number) this.open(Number(named[1] || 1) - 1);
    return named !== null;
  }

  // The first panel of the tab that is open.
  firstOfTab() {
    const shown = document.querySelector("[role=tab][aria-selected=true]").getAttribute("aria-controls");
    return Math.max(this.panels().findIndex(({ tab }) => tab === shown), 0);
  }

  open(number) {
    const panels = this.panels();
    this.number = Math.min(Math.max(number, 0), panels.length - 1);
    const { title, kind, tab, open, above = () => 0 } = panels[this.number];
    document.documentElement.classList.add("presents");
    document.documentElement.dataset.panel = kind;
    this.bar.hidden = false;
    if (find(`tab-${tab}`).getAttribute("aria-selected") !== "true") find(`tab-${tab}`).click();
    const shown = open();
    this.above = above;
    for (const part of this.parts()) part.classList.toggle("away", !shown.includes(part));
    find("present-title").textContent = `${this.number + 1} of ${panels.length}: ${title}`;
    history.replaceState(null, "", `#present-${this.number + 1}`);
    scrollTo(0, 0);
    this.fit();
  }

  /** Open the panel again, because the page has another network. */
  refresh() {
    if (this.isOpen) this.open(this.number);
  }

  move(by) {
    const number = Math.min(Math.max(this.number + by, 0), this.panels().length - 1);
    if (number !== this.number) this.open(number);
  }

  leave() {
    if (document.fullscreenElement) document.exitFullscreen();
    this.number = null;
    document.documentElement.classList.remove("presents");
    this.bar.hidden = true;
    for (const part of this.parts()) part.classList.remove("away");
    history.replaceState(null, "", location.href.split("#")[0]);
    this.resized(null);
    find("present").focus();
  }

  // Tell the styles how high the bar is, and the layers how much is left for them.
  fit() {
    if (!this.isOpen) return;
    document.documentElement.style.setProperty("--bar", `${this.bar.offsetHeight}px`);
    this.resized(innerHeight - this.bar.offsetHeight - MARGIN - this.above());
  }

  press(event) {
    if (!this.isOpen || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") return this.leave();
    if (event.target.closest(BUSY)) return;
    if (event.key === "f" || event.key === "F") return this.toggleFull();
    const isButton = event.key === " " && event.target.closest("button");
    if (!KEYS[event.key] || isButton) return;
    event.preventDefault();
    this.move(event.key === " " && event.shiftKey ? -1 : KEYS[event.key]);
  }

  toggleFull() {
    const change = document.fullscreenElement
      ? document.exitFullscreen()
      : document.documentElement.requestFullscreen();
    change.catch(() => (find("present-full").hidden = true)); // a frame that may not fill the screen
  }

  // A finger that moves across turns the panel.
  connectFinger() {
    let from = null;
    addEventListener("pointerdown", (event) => {
      const isTurning = this.isOpen && event.pointerType === "touch" && event.isPrimary && !event.target.closest(TOUCHED);
      from = isTurning ? { x: event.clientX, y: event.clientY } : null;
    });
    addEventListener("pointercancel", () => (from = null));
    addEventListener("pointerup", (event) => {
      if (!from) return;
      const [across, along] = [event.clientX - from.x, event.clientY - from.y];
      from = null;
      if (Math.abs(across) >= SWIPE && Math.abs(across) > 2 * Math.abs(along)) this.move(across < 0 ? 1 : -1);
    });
  }
}
