// Numbers and sentences that learners read.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ntXent } from "../../assets/components/by_hand/loss.js";
import {
  arrowsText,
  figureText,
  fourDigits,
  measuresText,
  nameOf,
  referenceText,
  roleOf,
  scientific,
  twoDigits,
} from "../../assets/components/by_hand/text.js";
import { agreementText, valueText } from "../../assets/components/map/text.js";
import { shortNumber, withMinusSign } from "../../assets/components/shared/numbers.js";

test("numbers have two significant digits and a real minus sign", () => {
  const written = [0.2649, 12.4, 1523, -0.5, 0].map(shortNumber);
  assert.deepEqual(written, ["0.26", "12", "1500", "\u22120.5", "0"]);
  assert.equal(withMinusSign("-1e3"), "\u22121e3");
});

test("a number that rounds to zero has no sign", () => {
  assert.deepEqual([-4e-5, 6e-5, -1.23456].map(fourDigits), ["0.0000", "0.0001", "\u22121.2346"]);
  assert.deepEqual([-0.004, 0.5, -1].map(twoDigits), ["0.00", "0.50", "\u22121.00"]);
});

test("very small and very large numbers have a power of ten", () => {
  const written = [0.0183156, 7.38905, 485165195, 2.06e-9].map(scientific);
  assert.deepEqual(written, ["0.01832", "7.389", "4.85·10⁸", "2.06·10⁻⁹"]);
});

test("points are views of images, and have a role for an anchor", () => {
  assert.deepEqual([0, 1, 2, 7].map(nameOf), ["A1", "A2", "B1", "D2"]);
  assert.deepEqual([2, 3, 0].map((i) => roleOf(i, 2)), ["anchor", "positive", "negative"]);
});

test("a loss is compared with that of a collapse", () => {
  const start = "log 3 = 1.0986 if all 4 points coincide";
  assert.equal(referenceText(0.5, 4), start);
  assert.equal(referenceText(1.2, 4), `${start}: this is worse`);
  assert.equal(referenceText(Math.log(3), 4), `${start}: exactly what this is worth`);
});

test("the arrows are put into words, and so is their absence", () => {
  const z = [[1, 0], [0, 1], [-1, 0], [0.6, -0.8]];
  assert.match(arrowsText(ntXent(z, 0.5), 0), /^A2 pulls A1 with 0\.\d{4}, B\d pushes hardest/);
  const collapse = [[1, 0], [1, 0], [1, 0], [1, 0]];
  assert.match(arrowsText(ntXent(collapse, 0.5), 0), /All points coincide.*no minimum/);
  const perfect = [[1, 0], [1, 0], [-1, 0], [-1, 0]];
  assert.match(arrowsText(ntXent(perfect, 0.5), 0), /^No arrows/);
  const state = { space: "circle", tau: 0.5, anchor: 0, z };
  assert.match(figureText(state, ntXent(z, 0.5)), /^4 points on a circle: A1 at 0 degrees; A2 at 90/);
  assert.match(measuresText({ alignment: 0.5, uniformity: -1.25 }), /0\.50 .* \u22121\.25 /);
});

const shape = {
  name: "shape",
  label: "shape",
  kind: "class",
  names: ["square", "circle"],
  values: Float32Array.of(0, 0, 0, 1, 1, NaN),
};

test("values are written as their kind asks", () => {
  assert.equal(valueText(shape, 1), "circle");
  assert.equal(valueText(shape, 7), "class 7");
  assert.equal(valueText(shape, NaN), "unknown");
  assert.equal(valueText({ kind: "angle" }, 0.25), "90°");
  assert.equal(valueText({ kind: "angle" }, -0.25), "270°");
  assert.equal(valueText({ kind: "number" }, -0.123), "\u22120.12");
});

test("neighbours of the same class are counted, beside what chance gives", () => {
  assert.equal(
    agreementText(shape, 0, [1, 3]),
    "1 of 2 have the same shape (by luck: 0.8)",
  );
  const said = { ...shape, name: "said", label: "said" };
  assert.match(agreementText(said, 0, [1]), /^1 of 1 say the same /);
  assert.equal(agreementText(shape, 5, [1]), "");
  assert.equal(agreementText(shape, 0, []), "");
});

test("differences of numbers and angles leave out what is not known", () => {
  const size = { name: "size", label: "size", kind: "number" };
  size.values = Float32Array.of(1, 2, 5, NaN);
  assert.equal(
    agreementText(size, 0, [1, 3]),
    "Their size differs by 1 on average (any other: 2.5)",
  );
  assert.equal(agreementText(size, 0, [3]), "");
  const hue = { ...size, label: "hue", kind: "angle", values: Float32Array.of(0.05, 0.95, 0.55) };
  assert.equal(
    agreementText(hue, 0, [1]),
    "Their hue differs by 36° on average (any other: 108°)",
  );
});
