// The test images, as buttons.

import { element } from "./elements.mjs";
import { paintImage } from "./painting.mjs";

/** Return a button for each test image; `choose` is called with the image that is clicked. */
export function sampleButtons(samples, { inputShape: [height, width], classes }, choose) {
  return samples.map((sample) => {
    const canvas = element("canvas", { width, height, "aria-hidden": "true" });
    paintImage(canvas, sample.pixels, 1);
    const mistake = sample.correct ? "" : ", misclassified by the trained network";
    const label = `test image ${sample.index}, class ${classes[sample.label]}${mistake}`;
    const attributes = { type: "button", title: label, "aria-label": label, class: sample.correct ? "" : "wrong" };
    const button = element("button", attributes, canvas);
    button.addEventListener("click", () => choose(sample));
    return button;
  });
}
