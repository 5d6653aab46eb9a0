// Arcs, views and angles of the loss by hand.

import assert from "node:assert/strict";
import { test } from "node:test";

import { arrowPath } from "../../assets/components/by_hand/arrows.js";
import {
  anglesText,
  DEGREE,
  interpolate,
  moveTo,
  onSphere,
  rotate,
  START_VIEW,
  toView,
  toWorld,
  turnView,
} from "../../assets/components/by_hand/geometry.js";
import { nudge } from "../../assets/components/by_hand/gestures.js";
import { dot, norm } from "../../assets/components/by_hand/vectors.js";
import { near, random, unitVectors } from "./arrangements.js";

const angle = (a, b) => Math.acos(Math.min(Math.max(dot(a, b), -1), 1));
const same = (a, b, within = 1e-9) => a.forEach((v, d) => near(v, b[d], within, `axis ${d}`));

test("an arc is walked at even speed, from one end to the other", () => {
  for (const dimensions of [2, 3]) {
    const next = random(1);
    for (let i = 0; i < 50; i++) {
      const [a, b] = unitVectors(next, 2, dimensions);
      same(interpolate(a, b, 0), a);
      assert.deepEqual(interpolate(a, b, 1), b);
      for (const share of [0.25, 0.5, 0.75]) {
        const between = interpolate(a, b, share);
        near(norm(between), 1, 1e-9);
        near(angle(a, between), share * angle(a, b), 1e-6);
      }
    }
  }
});

test("from a point to its opposite, the way is half a turn and never through the middle", () => {
  for (const a of [[1, 0], [0, -1], [1, 0, 0], [0, 1, 0], [0, 0, -1], [0.6, 0, 0.8]]) {
    const opposite = a.map((v) => -v);
    const halfway = interpolate(a, opposite, 0.5);
    near(norm(halfway), 1, 1e-9);
    near(dot(halfway, a), 0, 1e-9);
    assert.deepEqual(interpolate(a, opposite, 1), opposite);
  }
  assert.deepEqual(interpolate([0, 1], [0, 1], 0.3), [0, 1]);
});

test("a view keeps lengths and angles however often it is turned", () => {
  const next = random(2);
  let view = START_VIEW;
  for (let i = 0; i < 500; i++) view = turnView(view, next() - 0.5, next() - 0.5);
  view.forEach((row, i) => view.forEach((other, k) => near(dot(row, other), i === k ? 1 : 0, 1e-9)));
  for (const v of unitVectors(next, 20, 3)) {
    same(toWorld(view, toView(view, v)), v);
    near(norm(toView(view, v)), 1, 1e-9);
  }
});

test("turning the sphere moves its front with the pointer", () => {
  const front = toWorld(START_VIEW, [0, 0, 1]);
  assert.ok(toView(turnView(START_VIEW, 0.2, 0), front)[0] > 0.1);
  assert.ok(toView(turnView(START_VIEW, 0, 0.2), front)[1] > 0.1);
});

test("the circle lies flat before the viewer", () => {
  assert.deepEqual(toView(START_VIEW, [0.6, 0.8]), [0.6, 0.8, 0]);
});

test("a pointer over the sphere is on its near or far side, beside it on the rim", () => {
  same(onSphere(0.6, 0, true), [0.6, 0, 0.8]);
  same(onSphere(0.6, 0, false), [0.6, 0, -0.8]);
  same(onSphere(3, 4, true), [0.6, 0.8, 0]);
});

test("from circle to sphere no cosine changes, and back again neither", () => {
  const z = unitVectors(random(4), 8, 2);
  const there = z.map((v) => moveTo("sphere", v));
  there.forEach((a, i) => there.forEach((b, k) => near(dot(a, b), dot(z[i], z[k]), 1e-12)));
  there.forEach((v, i) => same(moveTo("circle", v), z[i]));
  same(moveTo("circle", [0, 0, 1]), [1, 0]);
});

test("an arrow key is a step of its angle: right is clockwise", () => {
  const step = 2 * DEGREE;
  same(nudge([1, 0], START_VIEW, [1, 0], step), rotate([1, 0], -step));
  same(nudge([1, 0], START_VIEW, [0, 1], step), rotate([1, 0], step));
  const front = toWorld(START_VIEW, [0, 0, 1]);
  for (const [arrow, axis, sign] of [[[1, 0], 0, 1], [[-1, 0], 0, -1], [[0, 1], 1, 1]]) {
    const moved = nudge(front, START_VIEW, arrow, step);
    near(angle(front, moved), step, 1e-9);
    assert.ok(sign * toView(START_VIEW, moved)[axis] > 0.03);
  }
});

test("angles are whole degrees", () => {
  assert.equal(anglesText([1, 0]), "0 degrees");
  assert.equal(anglesText(rotate([1, 0], -90 * DEGREE)), "270 degrees");
  assert.equal(anglesText([0, 0, 1]), "longitude 0, latitude 0 degrees");
  assert.equal(anglesText([0, 1 + 1e-12, 0]), "longitude 0, latitude 90 degrees");
});

test("an arrow ends where its force does, and is left out where nobody would see it", () => {
  assert.equal(arrowPath(5, 5, { x: 1, y: 1 }), "M0 0");
  assert.match(arrowPath(10, 20, { x: 30, y: 0 }), /^M10 20L33 20M40 20L/);
});
