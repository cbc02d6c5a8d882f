// The page: its tabs, the network that it was written with, and the one that learns in it.

import { ConvolutionSteps } from "./convolution.mjs";
import { element, find } from "./elements.mjs";
import { decodeBase64, decodeFloat16 } from "./encoding.mjs";
import { indexAt, placeOf } from "./explanation.mjs";
import { Learning } from "./learning.mjs";
import { forward } from "./network.mjs";
import { Page } from "./page.mjs";
import { prepareDigit } from "./preparation.mjs";
import { connectTabs } from "./tabs.mjs";
import { listStations } from "./walk.mjs";

// Ten stations through one training step for the image that is shown; the training pauses.
function connectWalk(page, learning) {
  let station = -1;
  const go = (by) => {
    learning.setRunning(false);
    const stations = listStations(page.goBack(), { names: page.data.classes, rate: learning.rate });
    station = (station + by + stations.length) % stations.length;
    const { title, text, number, index } = stations[station];
    find("walk").hidden = false;
    find("walk-title").textContent = title;
    find("walk-text").textContent = text;
    find("walk-back").disabled = station === 0;
    find("walk-on").textContent = station === stations.length - 1 ? "To the first station" : "Next station ▶";
    page.choose(number, index);
  };
  find("walk-on").addEventListener("click", () => go(1));
  find("walk-back").addEventListener("click", () => go(-1));
}

// The drawing and the layers are in the tab that is open: the trained network, or the one that learns.
function showStage(panel) {
  if (panel !== "convolution") find(panel).append(find("stage"));
}

/** Start the page from the data in it. */
function start() {
  const data = JSON.parse(find("data").textContent);
  const page = new Page(data);
  let trained = [data, decodeFloat16(decodeBase64(find("weights").textContent))];
  const tabs = ["network", "convolution", ...(data.learning ? ["learn"] : [])].map((name) => find(`tab-${name}`));
  find("tab-learn").hidden = !data.learning;
  const learning = data.learning && new Learning(data, {
    begun: (description, weights) => page.useNetwork(description, weights),
    changed: (weights) => page.changeWeights(weights),
    keep: (description, weights) => {
      trained = [description, weights];
      find("learned-here").hidden = false;
      find("tab-network").click();
    },
    check: () => ({ image: Uint8Array.from(page.pixels), probabilities: page.values[page.values.length - 1] }),
  });
  find("learn-label").append(...data.classes.map((name, value) => element("option", { value }, name)));
  find("learn-label").addEventListener("change", (event) => page.setLabel(Number(event.target.value)));
  if (learning) connectWalk(page, learning);
  connectTabs(tabs, (panel) => {
    showStage(panel);
    page.setLabel(null);
    if (panel === "learn") learning.open().then(() => page.setLabel(Number(find("learn-label").value)));
    else if (learning) learning.setRunning(false);
    if (panel === "network") page.useNetwork(...trained);
  });
  new ConvolutionSteps(data.lecture, page.tables);
  page.useNetwork(...trained);
  if (page.samples.length) page.showSample(page.samples[0]);
  page.chooseFirst();
  // For the browser's console: kcnn.forward(kcnn.network, pixels) gives every layer's output.
  globalThis.kcnn = { page, learning, get network() { return page.network; }, forward, prepareDigit, indexAt, placeOf };
  // The address page.html#convolution opens that tab.
  tabs.find((tab) => `#${tab.getAttribute("aria-controls")}` === location.hash)?.click();
}

start();
