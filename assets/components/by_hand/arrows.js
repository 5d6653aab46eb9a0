// The arrows: what each pair does to the anchor, and the sum at every point.

import { setAttributes, setText } from "../shared/dom.js";
import { toView } from "./geometry.js";
import { nameOf, roleOf } from "./text.js";

// A force of 1/(N tau), the most that one pair can do, is this many radii long.
const MAX_LENGTH_RADII = 0.6;
const ARROW_SPACING = 10; // pixels between the arrows of two pairs, which lie in line on a circle
const MIN_LENGTH_PX = 1.5; // pixels of an arrow that is drawn

function pixelsOf(widget, force) {
  const { radius } = widget.frame;
  const scale = MAX_LENGTH_RADII * radius * widget.state.images * widget.state.tau;
  const [right, up] = toView(widget.view, force);
  return { x: right * scale, y: -up * scale };
}

/** An SVG path from (x, y) along `by`, nothing where that is too short to see. */
export function arrowPath(x, y, by) {
  const length = Math.hypot(by.x, by.y);
  if (length < MIN_LENGTH_PX) return "M0 0";
  const [ux, uy] = [by.x / length, by.y / length];
  const head = Math.min(7, length);
  const [ex, ey] = [x + by.x, y + by.y];
  const [hx, hy] = [ex - ux * head, ey - uy * head];
  const wing = (side) => `L${hx - uy * head * 0.45 * side} ${hy + ux * head * 0.45 * side}`;
  return `M${x} ${y}L${hx} ${hy}M${ex} ${ey}${wing(1)}${wing(-1)}Z`;
}

/** Draw the sum of all forces at every point. */
export function paintSums(widget, result, at) {
  widget.scene.sums.forEach((arrow, i) => {
    const d = arrowPath(at[i].x, at[i].y, pixelsOf(widget, result.force[i]));
    setAttributes(arrow, { d, class: `arrow sum${i === widget.state.anchor ? " chosen" : ""}` });
  });
}

/** Draw what every other point does to the anchor, each with its name. */
export function paintForces(widget, result, at) {
  const { anchor, space } = widget.state;
  const { forces, names } = widget.scene;
  const { x, y, right, up } = at[anchor];
  let lane = 0;
  forces.forEach((arrow, k) => {
    const by = pixelsOf(widget, result.pairs[anchor][k]);
    const shown = k !== anchor && Math.hypot(by.x, by.y) >= MIN_LENGTH_PX;
    const inward = space === "circle" && shown ? 17 + ARROW_SPACING * lane++ : 0;
    const [fromX, fromY] = [x - right * inward, y + up * inward];
    const role = roleOf(k, anchor);
    const d = shown ? arrowPath(fromX, fromY, by) : "M0 0";
    setAttributes(arrow, { d, class: `arrow ${role}` });
    paintTipName(names[k], shown && nameOf(k), fromX, fromY, by, role);
  });
}

function paintTipName(text, name, x, y, by, role) {
  const length = Math.hypot(by.x, by.y);
  setText(text, name && length > 10 ? name : "");
  if (!name || !length) return;
  const share = 1 + 10 / length; // a little beyond the tip
  const place = { x: x + by.x * share, y: y + by.y * share };
  setAttributes(text, { ...place, class: `tip-name ${role}` });
}
