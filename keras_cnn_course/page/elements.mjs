// Making and filling elements of the page. Text is always set as text, never read as HTML.

/** Make an element with attributes and children, which are elements or text. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") made.className = value;
    else if (value !== null) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** Return the element with this id. */
export function find(id) {
  return document.getElementById(id);
}

/** Return a number for reading: a few digits, or a power of ten if these would all be 0, and a real minus sign. */
export function show(number) {
  const tiny = number !== 0 && Math.abs(number) < 0.0005;
  return (tiny ? number.toExponential(0) : number.toFixed(Math.abs(number) < 100 ? 3 : 1)).replace(/-/g, "−");
}

/** Return a number in as few characters as fit into a small cell. */
export function brief(number) {
  const text = number.toFixed(Math.abs(number) < 100 ? 2 : 0);
  return Number(text) === 0 ? "0.00" : text.replace("-", "−");
}

/** Return a whole number with commas between the thousands. */
export function count(number) {
  return number.toLocaleString("en");
}

/** Return a probability that is never rounded to certainty. */
export function percent(share) {
  if (share > 0.9995) return "> 99.9%";
  return share < 0.0005 ? "< 0.1%" : `${(100 * share).toFixed(1)}%`;
}

/** Return sizes as 28×28×1. */
export function times(sizes) {
  return sizes.map(count).join("×");
}
