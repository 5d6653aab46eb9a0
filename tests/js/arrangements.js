// Points to test with: the same at every run.

import assert from "node:assert/strict";

import { normalize } from "../../assets/components/by_hand/vectors.js";

/** A generator of numbers from 0 to 1 (mulberry32). */
export function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` unit vectors in some direction each. */
export function unitVectors(next, count, dimensions) {
  const vector = () => Array.from({ length: dimensions }, () => 2 * next() - 1);
  return Array.from({ length: count }, () => {
    let v = vector();
    while (Math.hypot(...v) < 0.1) v = vector();
    return normalize(v);
  });
}

/** Forty arrangements of 2 to 4 images on the circle and on the sphere. */
export function arrangements() {
  const next = random(7);
  return Array.from({ length: 40 }, (_, i) => {
    const [images, dimensions] = [2 + (i % 3), 2 + (i % 2)];
    const z = unitVectors(next, 2 * images, dimensions);
    // Some with partners that coincide, and some with opposite ones.
    if (i % 5 === 1) z[1] = [...z[0]];
    if (i % 5 === 2) z[3] = z[2].map((v) => -v);
    return { name: `arrangement ${i}`, z };
  });
}

/** Fails unless two numbers differ by at most `within`. */
export function near(actual, expected, within, message = "") {
  const difference = Math.abs(actual - expected);
  assert.ok(difference <= within, `${message}: ${actual} is not ${expected} within ${within}`);
}
