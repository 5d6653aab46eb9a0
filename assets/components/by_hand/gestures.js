// Mouse, touch and keys: drag a point, turn the sphere, choose the anchor.

import { DEGREE, onSphere, rotate, rotateSeen, toView, toWorld, turnView } from "./geometry.js";

const CLICK_SLOP = 4; // CSS pixels that a pointer may travel in a click
const POINT_STEP = 2 * DEGREE;
const FINE_STEP = 0.2 * DEGREE;
const VIEW_STEP = 8 * DEGREE;
const ARROWS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

/** Listen to the learner; returns a function that removes every listener. */
export function bindGestures(widget) {
  const { svg } = widget.parts;
  const listening = new AbortController();
  const { signal } = listening;
  const on = (kind, listener, options = {}) =>
    svg.addEventListener(kind, listener, { signal, ...options });
  on("keydown", (event) => {
    if (handleKey(widget, event)) event.preventDefault();
  });
  const keepPoint = (event) => pointUnder(event) !== null && event.preventDefault();
  on("touchstart", keepPoint, { passive: false });
  bindPointers(widget, on);
  return () => listening.abort();
}

function pointUnder(event) {
  const found = event.target.closest?.(".point");
  return found ? Number(found.dataset.point) : null;
}

// Where the wide hit areas around points overlap, the nearest point is meant.
function pointHit(widget, event) {
  const under = pointUnder(event);
  if (under === null || !event.target.classList.contains("hit-area")) return under;
  const [x, y] = placeOf(widget, event);
  const distances = widget.state.z.map((v) => {
    const [right, up] = toView(widget.view, v);
    return Math.hypot(right - x, up - y);
  });
  const least = Math.min(...distances);
  return distances[under] - least < 1e-9 ? under : distances.indexOf(least);
}

// The pointer in radii from the centre, y up.
function placeOf(widget, event) {
  const box = widget.parts.svg.getBoundingClientRect();
  const { x, y, radius } = widget.frame;
  return [(event.clientX - box.left - x) / radius, (y - event.clientY + box.top) / radius];
}

function bindPointers(widget, on) {
  const { svg } = widget.parts;
  let drag = null; // { id, point (null: the sphere), from, travelled }
  on("pointerdown", (event) => {
    // A click with Ctrl opens a menu on a Mac.
    if (event.button !== 0 || event.ctrlKey || drag) return;
    const point = pointHit(widget, event);
    if (point === null && widget.state.space === "circle") return;
    drag = { id: event.pointerId, point, from: placeOf(widget, event), travelled: 0 };
    if (point !== null) startDrag(widget, drag);
    svg.setPointerCapture(event.pointerId);
  });
  on("pointermove", (event) => {
    if (drag?.id !== event.pointerId) return;
    drag.travelled += Math.hypot(event.movementX, event.movementY);
    const place = placeOf(widget, event);
    if (drag.point === null) turnSphere(widget, drag, place);
    else if (drag.travelled > CLICK_SLOP) dragPoint(widget, drag, place);
  });
  const release = (event) => {
    if (drag?.id !== event.pointerId) return;
    const { point, travelled } = drag;
    drag = null;
    widget.held = null;
    svg.classList.remove("held");
    const clicked = point !== null && travelled <= CLICK_SLOP && event.type === "pointerup";
    if (clicked) widget.setAnchor(point);
    else if (point !== null) widget.changed();
  };
  on("pointerup", release);
  on("pointercancel", release);
}

function startDrag(widget, drag) {
  const { group } = widget.scene.points[drag.point];
  group.focus({ preventScroll: true });
  const [right, up, near] = toView(widget.view, widget.state.z[drag.point]);
  widget.held = drag.point;
  widget.parts.svg.classList.add("held");
  drag.front = near >= 0;
  // A point that is dragged by its name keeps its distance from the pointer.
  drag.offset = [right - drag.from[0], up - drag.from[1]];
}

function dragPoint(widget, { point, front, offset }, place) {
  const [x, y] = [place[0] + offset[0], place[1] + offset[1]];
  if (widget.state.space === "circle") {
    if (Math.hypot(x, y) > 0.05) widget.place(point, [x, y]);
  } else {
    widget.place(point, toWorld(widget.view, onSphere(x, y, front)));
  }
}

function turnSphere(widget, drag, place) {
  widget.view = turnView(widget.view, place[0] - drag.from[0], place[1] - drag.from[1]);
  drag.from = place;
  widget.requestPaint();
}

// Returns true when the key has a meaning here.
function handleKey(widget, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const point = pointUnder(event);
  const arrow = ARROWS[event.key];
  if (point !== null && (event.key === "Enter" || event.key === " ")) widget.setAnchor(point);
  else if (!arrow) return false;
  else if (point !== null) {
    const v = widget.state.z[point];
    const step = event.shiftKey ? FINE_STEP : POINT_STEP;
    widget.place(point, nudge(v, widget.view, arrow, step));
  } else if (widget.state.space === "sphere") {
    widget.view = turnView(widget.view, arrow[0] * VIEW_STEP, arrow[1] * VIEW_STEP);
    widget.requestPaint();
  } else return false;
  return true;
}

/**
 * A point after an arrow key `[right, up]`: right is clockwise on the circle, and follows
 * the viewer on the sphere.
 */
export function nudge(v, view, [right, up], angle) {
  if (v.length === 2) return rotate(v, (up - right) * angle);
  return toWorld(view, rotateSeen(toView(view, v), right * angle, up * angle));
}
