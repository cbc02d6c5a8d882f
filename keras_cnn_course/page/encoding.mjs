// Unpacking the page's data: base64 for bytes, two bytes per weight.

/** Decode base64 into bytes. */
export function decodeBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** Encode bytes as base64. */
export function encodeBase64(bytes) {
  let text = "";
  for (let start = 0; start < bytes.length; start += 8192) {
    text += String.fromCharCode(...bytes.subarray(start, start + 8192));
  }
  return btoa(text);
}

/** Return a promise of the bytes that were compressed with zlib. */
export function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer().then((buffer) => new Uint8Array(buffer));
}

/** Return numbers stored in half precision (IEEE 754 binary16, the low byte first) as single precision, exactly. */
export function decodeFloat16(bytes) {
  // There are only 65,536 such numbers, so a table of all of them is quick to make and to read.
  const table = Float32Array.from({ length: 65536 }, (_, bits) => halfToNumber(bits));
  const numbers = new Float32Array(bytes.length / 2);
  for (let index = 0; index < numbers.length; index++) {
    numbers[index] = table[bytes[2 * index] | (bytes[2 * index + 1] << 8)];
  }
  return numbers;
}

// Sign, five bits of exponent, ten bits of fraction; an exponent of 0 stands for the numbers nearest to zero.
function halfToNumber(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = (bits & 0x3ff) / 1024;
  if (exponent === 0) return sign * fraction * 2 ** -14;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction) * 2 ** (exponent - 15);
}
