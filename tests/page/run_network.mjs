// Run a page's network on images: node run_network.mjs DATA.json WEIGHTS.txt IMAGES.bin OUTPUTS.bin
//
// DATA and WEIGHTS are the contents of the page's two data elements, IMAGES a byte a pixel. OUTPUTS gets every step's
// output of every image in single precision.

import { readFileSync, writeFileSync } from "node:fs";

import { load } from "./modules.mjs";

const { decodeBase64, decodeFloat16 } = await load("encoding");
const { buildNetwork, forward } = await load("network");

const [dataFile, weightsFile, imagesFile, outputsFile] = process.argv.slice(2);
const data = JSON.parse(readFileSync(dataFile, "utf8"));
const description = { inputShape: data.inputShape, steps: data.networks[0].steps };
const network = buildNetwork(description, decodeFloat16(decodeBase64(readFileSync(weightsFile, "utf8"))));
const images = readFileSync(imagesFile);
const size = data.inputShape.reduce((product, side) => product * side, 1);

const outputs = [];
for (let start = 0; start < images.length; start += size) {
  const image = Float32Array.from(images.subarray(start, start + size), (pixel) => pixel / 255);
  for (const values of forward(network, image).slice(1)) outputs.push(Buffer.from(Float32Array.from(values).buffer));
}
writeFileSync(outputsFile, Buffer.concat(outputs));
