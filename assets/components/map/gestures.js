// Mouse, touch and keys. One finger scrolls the page; two fingers, or "Move", move the map.

import { setAttributes } from "../shared/dom.js";
import { valueText } from "./text.js";

const REACH = { mouse: 12, pen: 14, touch: 24 }; // CSS pixels from a point that still hit it
const CLICK_SLOP = 5; // CSS pixels that a pointer may travel in a click
const SCROLL_PAUSE_MS = 300;
const ZOOM_STEP = 1.6;
const PAN_STEP = 40;

/** Listen to the learner; returns a function that removes every listener. */
export function bindGestures(map) {
  const { canvas, zoomIn, zoomOut, fit, move } = map.parts;
  const { camera } = map;
  const listening = new AbortController();
  const { signal } = listening;
  const on = (kind, listener, options = {}) =>
    canvas.addEventListener(kind, listener, { signal, ...options });
  zoomIn.onclick = () => camera.zoom(ZOOM_STEP);
  zoomOut.onclick = () => camera.zoom(1 / ZOOM_STEP);
  fit.onclick = () => camera.fit();
  setAttributes(move, { "aria-pressed": false });
  move.onclick = () => {
    setAttributes(move, { "aria-pressed": canvas.classList.toggle("moving") });
  };
  on("dblclick", () => camera.fit());
  on("keydown", (event) => {
    if (handleKey(map, event)) event.preventDefault();
  });
  const keepTwoFingers = (event) => event.touches.length > 1 && event.preventDefault();
  on("touchstart", keepTwoFingers, { passive: false });
  on("touchmove", keepTwoFingers, { passive: false });
  bindWheel(map, on, signal);
  bindPointers(map, on);
  return () => listening.abort();
}

// Do not zoom while a page scroll is in progress.
function bindWheel(map, on, signal) {
  const { canvas } = map.parts;
  let scrolledAt = -Infinity;
  window.addEventListener(
    "wheel",
    (event) => {
      if (event.composedPath()[0] !== canvas) scrolledAt = performance.now();
    },
    { capture: true, passive: true, signal },
  );
  const onWheel = (event) => {
    const now = performance.now();
    if (now - scrolledAt < SCROLL_PAUSE_MS && !event.ctrlKey) scrolledAt = now;
    else zoomByWheel(map, event);
  };
  on("wheel", onWheel, { passive: false });
}

function zoomByWheel(map, event) {
  const { camera } = map;
  // Nothing left to zoom out of: the page may scroll on.
  if (event.deltaY > 0 && !camera.ownedByLearner) return;
  event.preventDefault();
  const pixels = event.deltaY * (event.deltaMode ? 30 : 1);
  const { x, y } = placeOf(map, event);
  camera.zoom(Math.exp(-pixels * (event.ctrlKey ? 0.01 : 0.002)), x, y);
  if (event.deltaY > 0 && camera.view.half >= camera.fitted().half) camera.fit();
}

function placeOf(map, event) {
  const box = map.parts.canvas.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}

/** The point nearest to a place on the canvas, null if none is within reach. */
export function nearestPoint(pixels, { x, y }, reach) {
  let [least, nearest] = [reach * reach, null];
  for (let i = 0; 2 * i < pixels.length; i++) {
    const distance = (pixels[2 * i] - x) ** 2 + (pixels[2 * i + 1] - y) ** 2;
    if (distance < least) [least, nearest] = [distance, i];
  }
  return nearest;
}

function bindPointers(map, on) {
  const { canvas } = map.parts;
  const { camera } = map;
  const down = new Map(); // pointer id -> where it is
  const pointAt = (place, reach) => nearestPoint(map.pixels ?? [], place, reach);
  let travelled = 0;
  const release = (event) => {
    down.delete(event.pointerId);
    canvas.classList.remove("held");
  };
  on("pointerdown", (event) => {
    // Another button, or a click with Ctrl on a Mac, opens a menu.
    if (event.button !== 0 || event.ctrlKey) return;
    canvas.setPointerCapture(event.pointerId);
    down.set(event.pointerId, placeOf(map, event));
    if (down.size === 1) travelled = 0;
  });
  on("pointermove", (event) => {
    if (!event.buttons) release(event); // its pointerup went elsewhere
    const place = placeOf(map, event);
    const before = down.get(event.pointerId);
    if (!before) {
      if (event.pointerType !== "touch") map.hover(pointAt(place, REACH.mouse));
      return;
    }
    travelled += Math.hypot(place.x - before.x, place.y - before.y);
    const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
    if (other) pinch(camera, before, place, other);
    else if (travelled > CLICK_SLOP && movesMap(event, canvas)) {
      canvas.classList.add("held");
      map.hover(null);
      camera.pan(place.x - before.x, place.y - before.y);
    }
    down.set(event.pointerId, place);
  });
  on("pointerup", (event) => {
    const tapped = down.size === 1 && travelled <= CLICK_SLOP;
    const reach = REACH[event.pointerType] ?? REACH.mouse;
    if (tapped) map.select(pointAt(placeOf(map, event), reach));
    // The second finger of a pinch, lifted alone, is no tap.
    if (down.size > 1) travelled = Infinity;
    release(event);
  });
  on("pointercancel", release);
  on("pointerleave", () => map.hover(null));
  on("blur", () => map.hover(null));
}

function movesMap(event, canvas) {
  return event.pointerType !== "touch" || canvas.classList.contains("moving");
}

function pinch(camera, before, place, other) {
  const spread = (p) => Math.max(Math.hypot(p.x - other.x, p.y - other.y), 1);
  camera.pan((place.x - before.x) / 2, (place.y - before.y) / 2);
  camera.zoom(spread(place) / spread(before), (place.x + other.x) / 2, (place.y + other.y) / 2);
}

const ARROWS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

// Returns true when the key has a meaning here.
function handleKey(map, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const { key } = event;
  const { camera } = map;
  const [right, down] = ARROWS[key] ?? [0, 0];
  if ((right || down) && event.shiftKey) camera.pan(-right * PAN_STEP, -down * PAN_STEP);
  else if (right) hoverNext(map, right);
  else if (key === "+" || key === "=") camera.zoom(ZOOM_STEP);
  else if (key === "-") camera.zoom(1 / ZOOM_STEP);
  else if (key === "0") camera.fit();
  else if (key === "Enter" && map.hovered !== null) map.select(map.hovered);
  else if (key === "Escape" && map.selected !== null) map.select(null);
  else return false;
  return true;
}

// Through the neighbours of the selected point, else through all points from left to right.
function hoverNext(map, direction) {
  const all = map.selected === null;
  const order = all ? pointsFromLeft(map) : map.neighboursOf(map.selected);
  if (!order.length) return;
  const place = nextPlace(order.indexOf(map.hovered), direction, order.length);
  map.hover(order[place]);
  const text = map.factor ? valueText(map.factor, map.factor.values[map.hovered]) : "";
  // With its number: a screen reader says nothing of a text that stays the same.
  const what = all ? `Point ${place + 1} of ${order.length}` : `Neighbour ${place + 1}`;
  map.announce(text ? `${what}: ${text}` : what);
}

function pointsFromLeft({ count, target }) {
  return [...Array(count).keys()].sort((a, b) => target[2 * a] - target[2 * b]);
}

/** The place after this one in a ring of `count`; -1 is before the first or behind the last. */
export function nextPlace(place, direction, count) {
  if (place < 0) return direction > 0 ? 0 : count - 1;
  return (place + direction + count) % count;
}
