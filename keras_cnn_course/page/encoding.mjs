// What the page's data are packed in: base64 for bytes, two bytes a weight.

/** Return the bytes that a base64 text stands for. */
export function decodeBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** Return numbers stored in half precision (IEEE 754 binary16, the low byte first) as single precision, exactly. */
export function decodeFloat16(bytes) {
  // There are 65,536 different ones: a table of all is quickly made and quickly read.
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
