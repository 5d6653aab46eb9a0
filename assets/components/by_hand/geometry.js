// Moving on the circle and on the sphere, and looking at the sphere from somewhere.

import { add, dot, norm, normalize, scale, tangent } from "./vectors.js";

export const DEGREE = Math.PI / 180;

/**
 * The point that lies `share` of the way from a to b along the shortest arc; from a point to
 * its opposite all ways are equally short, and one of them is taken.
 */
export function interpolate(a, b, share) {
  const angle = Math.acos(Math.min(Math.max(dot(a, b), -1), 1));
  if (angle < 1e-9 || share >= 1) return b;
  const towards = tangent(b, a);
  const way = normalize(norm(towards) > 1e-6 ? towards : tangent(anyOther(a), a));
  return add(scale(a, Math.cos(angle * share)), way, Math.sin(angle * share));
}

// Some direction that is not that of a.
function anyOther([x, y, z]) {
  if (z === undefined) return [-y, x];
  return Math.abs(y) < 0.9 ? [z, 0, -x] : [1, 0, 0];
}

/** A point of the plane, rotated counter-clockwise. */
export const rotate = ([x, y], angle) => [
  x * Math.cos(angle) - y * Math.sin(angle),
  x * Math.sin(angle) + y * Math.cos(angle),
];

/** Rotate around the viewer's vertical axis, then around the horizontal one. */
export function rotateSeen([x, y, z], right, up) {
  const [x2, z2] = rotate([x, z], -right);
  const [y2, z3] = rotate([y, z2], -up);
  return [x2, y2, z3];
}

/** The viewer's axes at the start, as rows in the world's coordinates. */
export const START_VIEW = [[1, 0, 0], [0, 1, 0], [0, 0, 1]].map((axis) =>
  rotateSeen(axis, -22 * DEGREE, 18 * DEGREE),
);

/** The viewer's axes after the sphere was turned to the right and up. */
export function turnView(view, right, up) {
  const columns = [0, 1, 2].map((d) => rotateSeen(view.map((row) => row[d]), right, up));
  return [0, 1, 2].map((r) => normalize(columns.map((column) => column[r])));
}

/** x to the right, y up, z towards the viewer. The circle lies flat before the viewer. */
export const toView = (view, v) => (v.length === 2 ? [...v, 0] : view.map((row) => dot(row, v)));
export const toWorld = (view, v) => [0, 1, 2].map((d) => dot(view.map((row) => row[d]), v));

/**
 * Where on the sphere a pointer is, in the viewer's axes; `front` is the side on which the
 * point was taken up. Beside the sphere it is on the rim.
 */
export function onSphere(x, y, front) {
  const distance = Math.hypot(x, y);
  if (distance >= 1) return [x / distance, y / distance, 0];
  return [x, y, (front ? 1 : -1) * Math.sqrt(1 - distance * distance)];
}

/** Circle to sphere appends z = 0; sphere to circle drops z and normalises. */
export function moveTo(space, [x, y, z = 0]) {
  if (space === "sphere") return [x, y, z];
  return Math.hypot(x, y) > 1e-6 ? normalize([x, y]) : [1, 0];
}

/** A point's angles in whole degrees, for screen readers. */
export function anglesText(v) {
  const degrees = (angle) => Math.round(angle / DEGREE);
  if (v.length === 2) return `${(degrees(Math.atan2(v[1], v[0])) + 360) % 360} degrees`;
  const latitude = degrees(Math.asin(Math.min(Math.max(v[1], -1), 1)));
  return `longitude ${degrees(Math.atan2(v[0], v[2]))}, latitude ${latitude} degrees`;
}
