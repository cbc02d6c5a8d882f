// The panels of a presentation: the image and the answer, each layer, the lecture's convolution, the network that learns.

import { find } from "./elements.mjs";

const SHOWN = ["bench", "samples-card", "answers", "inspector", "learn-lead", "course"];

/** Return every element of the page that belongs to some panel. */
export function listParts(page) {
  return [...SHOWN.map(find), ...page.shownViews().map(({ view }) => view.card)];
}

/** Return the panels: `title`, `kind`, the `tab` that they are in, and what `Presentation` calls. */
export function listPanels(page, { inputShape, steps }, learning) {
  const image = find("choosing").hidden ? "The drawing and the answer" : "The image and the answer";
  const panels = [{
    title: image, kind: "image", tab: "network", open: () => ["bench", "samples-card", "answers"].map(find),
  }];
  const open = (number) => {
    page.chooseLargest(number);
    return [page.viewOf(number).card, find("inspector")];
  };
  if (inputShape[2] === 3) panels.push({ title: "The colors of the image", kind: "layer", tab: "network", open: () => open(-1) });
  steps.forEach(({ name, kind }, number) => {
    if (kind !== "flatten") panels.push({ title: name, kind: "layer", tab: "network", open: () => open(number) });
  });
  panels.push({ title: "Convolution by hand", kind: "convolution", tab: "convolution", open: () => [] });
  if (learning) {
    panels.push({
      title: "A network that learns", kind: "learn", tab: "learn",
      open: () => [find("course"), page.viewOf(0).card],
      above: () => find("course").offsetHeight + 16,
    });
  }
  return panels;
}
