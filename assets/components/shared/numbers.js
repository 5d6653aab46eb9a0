// Numbers as a reader wants them.

/** A number's text with a real minus sign. */
export function withMinusSign(text) {
  return text.replace("-", "\u2212");
}

/** Two significant digits: 0.26, 12, 1500. */
export function shortNumber(number) {
  return withMinusSign(String(Number(number.toPrecision(2))));
}
