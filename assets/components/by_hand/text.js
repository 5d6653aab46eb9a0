// Numbers and sentences that change with the points.

import { withMinusSign } from "../shared/numbers.js";
import { anglesText } from "./geometry.js";
import { partnerOf } from "./loss.js";
import { norm } from "./vectors.js";

// A number that would round to zero is written without a sign.
const fixed = (v, digits) =>
  withMinusSign((Math.abs(v) < 0.5 * 10 ** -digits ? 0 : v).toFixed(digits));
export const fourDigits = (v) => fixed(v, 4);
export const twoDigits = (v) => fixed(v, 2);

const SUPERSCRIPTS = { "-": "\u207b", 1: "\u00b9", 2: "\u00b2", 3: "\u00b3" };

/** A positive number of any size: 0.0183, 7.389, 4.85·10⁸. */
export function scientific(v) {
  if (v >= 1e-3 && v < 1e4) return v.toPrecision(4);
  const [digits, power] = v.toExponential(2).split("e");
  const raise = (c) => SUPERSCRIPTS[c] ?? String.fromCharCode(0x2070 + Number(c));
  return `${digits}\u00b710${[...String(Number(power))].map(raise).join("")}`;
}

/** A1 and A2 are the views of image A. */
export const nameOf = (i) => "ABCD"[i >> 1] + ((i & 1) + 1);

export function roleOf(i, anchor) {
  if (i === anchor) return "anchor";
  return i === partnerOf(anchor) ? "positive" : "negative";
}

/** The loss of a collapse, to compare with. */
export function referenceText(loss, count) {
  const collapsed = Math.log(count - 1);
  const start =
    `log ${count - 1} = ${fourDigits(collapsed)} if all ${count} points coincide`;
  if (Math.abs(loss - collapsed) < 5e-5) return `${start}: exactly what this is worth`;
  return loss > collapsed ? `${start}: this is worse` : start;
}

export function measuresText({ alignment, uniformity }) {
  return (
    `Alignment ${twoDigits(alignment)} (0: partners coincide) \u00b7 ` +
    `uniformity ${twoDigits(uniformity)} (0: all coincide; lower: more even)`
  );
}

/** What the arrows on the anchor say; `result` is what `ntXent` returns. */
export function arrowsText(result, anchor) {
  if (result.force.every((f) => norm(f) < 5e-5)) return atRestText(result);
  const strength = (k) => norm(result.pairs[anchor][k]);
  const partner = partnerOf(anchor);
  const negatives = [...result.force.keys()].filter((k) => k !== anchor && k !== partner);
  const hardest = negatives.reduce((a, b) => (strength(b) > strength(a) ? b : a));
  return (
    `${nameOf(partner)} pulls ${nameOf(anchor)} with ${fourDigits(strength(partner))}, ` +
    `${nameOf(hardest)} pushes hardest with ${fourDigits(strength(hardest))}; ` +
    `all together ${fourDigits(norm(result.force[anchor]))}.`
  );
}

function atRestText(result) {
  const collapsed = result.cosine.every((row) => row.every((c) => c > 1 - 1e-9));
  if (collapsed) {
    return (
      "All points coincide, so every force points straight through the point and none " +
      "along it: the gradient is 0, and yet this is no minimum. Nudge one point."
    );
  }
  return "No arrows: nothing along the way pulls or pushes any point. The gradient is 0.";
}

/** The whole picture in words, for screen readers. */
export function figureText({ space, tau, anchor, z }, result) {
  const places = z.map((v, i) => `${nameOf(i)} at ${anglesText(v)}`);
  return (
    `${z.length} points on a ${space}: ${places.join("; ")}. Anchor ${nameOf(anchor)}, ` +
    `partner ${nameOf(partnerOf(anchor))}, temperature ${twoDigits(tau)}. ` +
    `NT-Xent ${fourDigits(result.loss)}. ${arrowsText(result, anchor)}`
  );
}

export const READING =
  "Thin arrows: what each pair does to the anchor. The thick one: their sum; grey: the " +
  "sum at every other point. Lengths are measured by 1/(N\u03c4), the most one pair can " +
  "do. Lines from the anchor are as wide as its softmax; dotted lines join partners. By " +
  "keyboard: Tab to a point, arrow keys move it, Enter makes it the anchor.";
