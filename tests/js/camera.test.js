// Which part of the plane the map shows.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Camera, easeOut } from "../../assets/components/map/camera.js";
import { near } from "./arrangements.js";

function camera(positions = [-1, -1, 1, 1], [width, height] = [400, 200]) {
  const made = new Camera();
  made.resize(width, height);
  made.follow(Float32Array.from(positions), false, 0);
  return made;
}

function pixelOf(shown, x, y) {
  const pixels = new Float32Array(2);
  shown.project(Float32Array.of(x, y), pixels);
  return [...pixels];
}

test("all points are inside, with a margin, on a canvas of any shape", () => {
  for (const shape of [[400, 200], [200, 400], [300, 300]]) {
    for (const positions of [[-1, -1, 1, 1], [0, 0, 10, 1], [5, 5, 5.001, 9]]) {
      const shown = camera(positions, shape);
      for (let i = 0; i < positions.length; i += 2) {
        const place = pixelOf(shown, positions[i], positions[i + 1]);
        place.forEach((at, d) => assert.ok(at > 0 && at < shape[d], `${at} in ${shape[d]}`));
      }
    }
  }
});

test("y points up, and the centre of the box is the centre of the canvas", () => {
  const shown = camera();
  pixelOf(shown, 0, 0).forEach((at, d) => near(at, [200, 100][d], 1e-4));
  assert.ok(pixelOf(shown, 0, 1)[1] < 100);
});

test("one point alone, or none, has a view", () => {
  assert.ok(camera([3, 4]).view.half > 0);
  assert.deepEqual(camera([]).view, { x: 0, y: 0, half: 1 });
});

test("the box grows at once and shrinks only when it is half empty", () => {
  const shown = camera();
  const { box } = shown;
  shown.follow(Float32Array.of(-0.9, -0.9, 0.9, 0.9), false, 0);
  assert.equal(shown.box, box);
  shown.follow(Float32Array.of(-2, -1, 1, 1), false, 0);
  assert.ok(shown.box.low[0] < -2);
  shown.follow(Float32Array.of(-0.2, -0.2, 0.2, 0.2), false, 0);
  assert.ok(shown.box.high[0] < 0.3);
});

test("zooming keeps the position under the pointer", () => {
  const shown = camera();
  for (const [x, y] of [[120, 30], [390, 199], [200, 100]]) {
    const { view } = shown;
    const world = [
      view.x + (x - 200) / shown.scale,
      view.y - (y - 100) / shown.scale,
    ];
    shown.zoom(1.7, x, y);
    pixelOf(shown, ...world).forEach((at, d) => near(at, [x, y][d], 1e-2));
  }
  assert.ok(shown.ownedByLearner);
});

test("zoom ends at a largest and a smallest view", () => {
  const shown = camera();
  const fitted = shown.fitted().half;
  for (let i = 0; i < 50; i++) shown.zoom(2, 200, 100);
  near(shown.magnification, 80, 1e-6);
  for (let i = 0; i < 50; i++) shown.zoom(0.5, 200, 100);
  near(shown.view.half, 1.5 * fitted, 1e-9);
});

test("panning moves the points with the finger", () => {
  const shown = camera();
  const before = pixelOf(shown, 0.5, 0.5);
  shown.pan(30, -20);
  pixelOf(shown, 0.5, 0.5).forEach((at, d) => near(at, before[d] + [30, -20][d], 1e-3));
});

test("what the learner has zoomed stays; fit gives it back to the points", () => {
  const shown = camera();
  shown.zoom(4, 100, 100);
  const own = shown.view;
  shown.follow(Float32Array.of(-5, -5, 5, 5), true, 0);
  shown.resize(500, 500);
  assert.equal(shown.view, own);
  shown.fit();
  while (shown.advance(performance.now() + 1000, 200));
  assert.deepEqual(shown.view, shown.fitted());
  assert.ok(!shown.ownedByLearner);
});

test("a glide goes from one view to the other in its time, and reduced motion at once", () => {
  const shown = camera();
  const [from, to] = [shown.view, { x: 3, y: -2, half: 5 }];
  shown.glideTo(to, 1000);
  assert.ok(shown.advance(1000, 200));
  assert.deepEqual(shown.view, from);
  assert.ok(shown.advance(1100, 200));
  near(shown.view.x, from.x + (to.x - from.x) * easeOut(0.5), 1e-12);
  assert.ok(!shown.advance(1200, 200));
  assert.deepEqual(shown.view, to);
  shown.glideTo(from, 5000);
  assert.ok(!shown.advance(5000, 0));
  assert.deepEqual(shown.view, from);
});

test("two steps of a glide by keys add up", () => {
  const shown = camera();
  const { half } = shown.view;
  shown.zoom(2);
  shown.zoom(2);
  shown.advance(performance.now() + 1000, 200);
  near(shown.view.half, half / 4, 1e-9);
});

test("every change asks for a drawing, and a reset forgets the points", () => {
  const shown = camera();
  let changes = 0;
  shown.onChange = () => (changes += 1);
  shown.zoom(2, 0, 0);
  shown.pan(1, 1);
  shown.fit();
  assert.equal(changes, 3);
  shown.reset();
  assert.deepEqual(shown.fitted(), { x: 0, y: 0, half: 1 });
});
