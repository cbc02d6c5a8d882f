// The page: its tabs, the network that it was written with, and the one that learns in it.

import { Comparison } from "./comparison.mjs";
import { ConvolutionSteps } from "./convolution.mjs";
import { element, find } from "./elements.mjs";
import { decodeBase64, decodeFloat16 } from "./encoding.mjs";
import { indexAt, placeOf } from "./explanation.mjs";
import { Learning } from "./learning.mjs";
import { forward } from "./network.mjs";
import { Page } from "./page.mjs";
import { listPanels, listParts } from "./panels.mjs";
import { prepareDigit } from "./preparation.mjs";
import { Presentation } from "./presenting.mjs";
import { connectTabs } from "./tabs.mjs";
import { countWeights } from "./training.mjs";
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

/** Return the networks of the page: `name`, `description` as `buildNetwork` takes it, and `weights`. */
function readNetworks({ networks, inputShape }) {
  const numbers = decodeFloat16(decodeBase64(find("weights").textContent));
  let start = 0;
  return networks.map(({ name, steps }) => {
    const description = { inputShape, steps };
    const weights = numbers.subarray(start, (start += countWeights(description)));
    return { name, description, weights };
  });
}

/** Start the page from the data in it. */
function start() {
  const data = JSON.parse(find("data").textContent);
  const networks = readNetworks(data);
  const page = new Page(data);
  let trained = networks[0];
  let presentation = null;
  const show = ({ description, weights }) => {
    page.useNetwork(description, weights);
    if (presentation) presentation.refresh();
  };
  const tabs = ["network", "convolution", ...(data.learning ? ["learn"] : [])].map((name) => find(`tab-${name}`));
  find("tab-learn").hidden = !data.learning;
  const learning = data.learning && new Learning(data, {
    // The worker may answer when its tab has been left already.
    begun: (description, weights) => find("learn").hidden || show({ description, weights }),
    changed: (weights) => find("learn").hidden || page.changeWeights(weights),
    keep: (description, weights) => {
      trained = { description, weights };
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
    if (panel === "network") show(trained);
  });
  new ConvolutionSteps(data.lecture, page.tables);
  if (networks.length > 1) {
    page.comparison = new Comparison(networks, {
      ...data,
      fill: page.bench.fill,
      choose: (number) => show((trained = networks[number])),
      move: (shift) => page.bench.shift.set(shift),
    });
  }
  show(trained);
  page.bench.samples.choose(0);
  page.chooseFirst();
  presentation = new Presentation({
    panels: () => listPanels(page, trained.description, learning),
    parts: () => listParts(page),
    resized: (height) => page.setRoom(height),
  });
  // For the browser's console: kcnn.forward(kcnn.network, pixels) gives every layer's output.
  globalThis.kcnn = {
    page, learning, networks, presentation, get network() { return page.network; }, forward, prepareDigit, indexAt, placeOf,
  };
  // The address page.html#convolution opens that tab, and page.html#present-3 the third panel.
  const tab = tabs.find((each) => `#${each.getAttribute("aria-controls")}` === location.hash);
  if (tab) tab.click();
  else if (!presentation.openAddress() && data.presents) presentation.open(0);
}

start();
