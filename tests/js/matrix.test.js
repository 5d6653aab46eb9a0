// Cells, keys and shades of the similarity matrix.

import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";

import { cellAfterKey, isNewSelection } from "../../assets/components/matrix/gestures.js";
import { shadeOf, SHADES } from "../../assets/components/matrix/paint.js";
import { SimilarityCanvas } from "../../assets/components/matrix/similarity_canvas.js";
import { base64, closePage, openPage } from "./page.js";

afterEach(() => mock.restoreAll());

test("arrows stay inside, Home and End go to the ends, P to the partner", () => {
  const after = (key, row, column) => cellAfterKey({ row, column, count: 6 }, { key });
  assert.deepEqual(after("ArrowRight", 0, 1), [0, 2]);
  assert.deepEqual(after("ArrowRight", 0, 5), [0, 5]);
  assert.deepEqual(after("ArrowLeft", 0, 0), [0, 0]);
  assert.deepEqual(after("ArrowUp", 0, 3), [0, 3]);
  assert.deepEqual(after("ArrowDown", 5, 3), [5, 3]);
  assert.deepEqual(after("ArrowDown", 4, 3), [5, 3]);
  assert.deepEqual([after("Home", 2, 3), after("End", 2, 3)], [[2, 0], [2, 5]]);
  for (const key of ["p", "P"]) {
    assert.deepEqual([after(key, 2, 0), after(key, 3, 0)], [[2, 3], [3, 2]]);
  }
  assert.equal(after("x", 2, 3), undefined);
  assert.equal(cellAfterKey({ row: 0, column: 0, count: 6 }, { key: "p", ctrlKey: true }), null);
});

test("a cosine is shaded in equal steps, a weight by its root", () => {
  assert.deepEqual([-1, 1, 2, -2].map((v) => shadeOf(v, "cosine")), [0, 127, 127, 0]);
  assert.equal(shadeOf(0, "cosine"), Math.round((SHADES - 1) / 2));
  assert.deepEqual([0, 0.25, 1].map((v) => shadeOf(v, "softmax")), [0, 64, 127]);
});

test("an older choice that comes back from Python is not taken for a new one", () => {
  let now = 1000;
  mock.method(performance, "now", () => now);
  const matrix = { sending: 0, pendingCell: null };
  assert.ok(isNewSelection(matrix, [0, 1]));
  assert.ok(!isNewSelection({ ...matrix, sending: 5 }, [0, 1]), "the learner is still choosing");
  matrix.pendingCell = { cell: "2,3", until: 4000 };
  assert.ok(!isNewSelection(matrix, [0, 1]), "of an earlier choice");
  assert.ok(isNewSelection(matrix, [2, 3]), "the answer");
  assert.equal(matrix.pendingCell, null);
  matrix.pendingCell = { cell: "2,3", until: 4000 };
  now = 4001;
  assert.ok(isNewSelection(matrix, [0, 1]), "it never came: what Python says holds");
});

test("the tip says the numbers of now, and goes when there are other cells", () => {
  const matrix = new SimilarityCanvas(openPage().root);
  const update = (names, cosine) => {
    const numbers = base64(new Float32Array(names.length ** 2).fill(cosine));
    const cells = { names, cosines: numbers, weights: numbers, row: 0, column: 1 };
    const key = { scale: ["cosine", -1, 1], marks: [], colours: {} };
    matrix.update({ ...cells, ...key, show: "cosine", title: "", alt: "" }, {});
  };
  const { tip } = matrix.parts;
  update(["A1", "A2", "B1", "B2"], 0.25);
  matrix.hover([2, 3]);
  assert.match(tip.textContent, /B1 with B2, its partner.*cosine 0\.25/);
  update(["A1", "A2", "B1", "B2"], 0.75);
  assert.match(tip.textContent, /cosine 0\.75/);
  assert.ok(!tip.hidden);
  update(["A1", "A2"], 0.5);
  assert.ok(tip.hidden);
  assert.equal(matrix.hovered, null);
  closePage();
});
