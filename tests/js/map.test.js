// Factors, markers and keys of the map.

import assert from "node:assert/strict";
import { test } from "node:test";

import { nearestPoint, nextPlace } from "../../assets/components/map/gestures.js";
import { decodeFactor } from "../../assets/components/map/image_sets.js";
import { markerSheet, swatchesOf } from "../../assets/components/map/markers.js";
import { shapeOfPicture } from "../../assets/components/map/paint.js";
import { near } from "./arrangements.js";

const PALETTE = {
  light: { class: ["c0", "c1", "c2"], number: ["n0", "n1", "n2"], angle: ["a0", "a1", "a2", "a3"] },
  dark: { class: ["d0", "d1", "d2"], number: [], angle: [] },
  symbols: ["circle", "square", "cross"],
};

function factor(kind, values, name = "background_hue") {
  const bytes = Buffer.from(Float32Array.from(values).buffer);
  return decodeFactor({ name, kind, names: [], values: bytes.toString("base64") }, PALETTE);
}

test("classes repeat their colours, numbers span them, angles go round", () => {
  assert.deepEqual([...factor("class", [0, 2, 3, 4]).bins], [0, 2, 0, 1]);
  const number = factor("number", [10, 15, 20]);
  assert.deepEqual([...number.bins, number.low, number.high], [0, 1, 2, 10, 20]);
  assert.deepEqual([...factor("number", [7, 7]).bins], [0, 0]);
  assert.deepEqual([...factor("angle", [0, 0.26, 0.99, 1, -0.01]).bins], [0, 1, 3, 0, 3]);
});

test("unknown values have a colour of their own, behind the others", () => {
  const known = factor("class", [0, 1]);
  const partly = factor("class", [0, NaN]);
  assert.deepEqual([known.unknown, partly.unknown, partly.bins[1]], [false, true, 3]);
  assert.equal(partly.label, "background hue");
  const theme = { name: "light", text: "ink" };
  assert.equal(swatchesOf(known, { palette: PALETTE }, theme).length, 3);
  const swatches = swatchesOf(partly, { palette: PALETTE }, theme);
  assert.deepEqual(swatches.at(-1), { symbol: "saltire", colour: "ink" });
  assert.deepEqual(swatches[1], { symbol: "square", colour: "c1" });
});

test("swatches follow the theme; without a factor there is one", () => {
  const theme = { name: "dark", text: "ink" };
  assert.equal(swatchesOf(factor("class", [0]), { palette: PALETTE }, theme)[2].colour, "d2");
  assert.deepEqual(swatchesOf(undefined, undefined, theme), [{ symbol: "circle", colour: "ink" }]);
});

test("the nearest point within reach is hit, and none beyond it", () => {
  const pixels = Float32Array.of(10, 10, 20, 10, 200, 200);
  assert.equal(nearestPoint(pixels, { x: 14, y: 10 }, 12), 0);
  assert.equal(nearestPoint(pixels, { x: 16, y: 10 }, 12), 1);
  assert.equal(nearestPoint(pixels, { x: 100, y: 100 }, 12), null);
  assert.equal(nearestPoint([], { x: 0, y: 0 }, 12), null);
});

test("keys go round, and begin at the end that they come from", () => {
  assert.deepEqual([nextPlace(-1, 1, 5), nextPlace(-1, -1, 5)], [0, 4]);
  assert.deepEqual([nextPlace(4, 1, 5), nextPlace(0, -1, 5), nextPlace(1, 1, 5)], [0, 4, 2]);
});

test("a wide picture covers as much as a square one", () => {
  const [width, height] = shapeOfPicture({ tile: [200, 50] }, 30);
  near(width * height, 900, 1e-9);
  near(width / height, 4, 1e-9);
  assert.deepEqual(shapeOfPicture(undefined, 30), [30, 30]);
});

test("markers stand side by side, each with its symbol in a cell of its own", () => {
  const paths = [];
  globalThis.Path2D = class {
    constructor() {
      this.calls = [];
      paths.push(this);
      for (const name of ["arc", "rect", "lineTo", "closePath", "addPath"]) {
        this[name] = (...what) => this.calls.push([name, ...what]);
      }
    }
  };
  globalThis.DOMMatrix = class {
    rotate() {
      return this;
    }
  };
  const places = [];
  const context = {
    setTransform: (...matrix) => places.push(matrix.slice(4)),
    stroke: () => {},
    fill: () => {},
  };
  const canvas = { getContext: () => context };
  const symbols = [
    ...["circle", "circle-open", "square", "diamond", "cross", "saltire"],
    ...["star", "triangle-up", "triangle-down"],
  ];
  const swatches = symbols.map((symbol) => ({ symbol, colour: "c" }));
  const sheet = markerSheet(swatches, 4, 2, "white", canvas);
  assert.equal(canvas.width, symbols.length * sheet.cell);
  assert.equal(sheet.size, sheet.cell / 2);
  assert.deepEqual(places, symbols.map((_, i) => [sheet.cell * (i + 0.5), sheet.cell / 2]));
  const drawn = new Set(paths.map(({ calls }) => JSON.stringify(calls)));
  assert.equal(drawn.size, symbols.length, "no two symbols are alike");
  for (const { calls } of paths) {
    for (const numbers of calls.filter(([name]) => name === "lineTo")) {
      assert.ok(Math.hypot(...numbers.slice(1)) * 2 < sheet.cell / 2, "inside its cell");
    }
  }
  delete globalThis.Path2D;
  delete globalThis.DOMMatrix;
});
