// Mouse, touch and keys. One finger scrolls the page; two fingers, or "Move", move the map.

const REACH = { mouse: 12, pen: 14, touch: 24 };
const CLICK_SLOP = 5;
const SCROLL_PAUSE_MS = 300;
let scrolledAt = 0;

// A scroll that began elsewhere and arrives over a map goes on as a scroll.
window.addEventListener(
  "wheel",
  (event) => {
    const over = event.composedPath()[0];
    if (![...maps.values()].some((map) => map.parts.canvas === over)) {
      scrolledAt = performance.now();
    }
  },
  { capture: true, passive: true },
);

function bindGestures(map) {
  const { canvas, closer, farther, fit, move } = map.parts;
  closer.onclick = () => map.zoom(1.6, undefined, undefined, true);
  farther.onclick = () => map.zoom(1 / 1.6, undefined, undefined, true);
  fit.onclick = () => map.fit();
  move.setAttribute("aria-pressed", "false");
  move.onclick = () => {
    const on = canvas.classList.toggle("moving");
    move.setAttribute("aria-pressed", String(on));
  };
  canvas.ondblclick = () => map.fit();
  canvas.onkeydown = (event) => {
    if (pressed(map, event)) event.preventDefault();
  };
  canvas.addEventListener("wheel", (event) => wheeled(map, event), { passive: false });
  const keepTwo = (event) => event.touches.length > 1 && event.preventDefault();
  canvas.addEventListener("touchstart", keepTwo, { passive: false });
  canvas.addEventListener("touchmove", keepTwo, { passive: false });
  bindPointers(map, canvas);
}

function wheeled(map, event) {
  const now = performance.now();
  if (now - scrolledAt < SCROLL_PAUSE_MS && !event.ctrlKey) {
    scrolledAt = now;
    return;
  }
  // Nothing left to zoom out of: the page may scroll on.
  if (event.deltaY > 0 && !map.memory.own) return;
  event.preventDefault();
  const pixels = event.deltaY * (event.deltaMode ? 30 : 1);
  const { x, y } = placeOn(map, event);
  map.zoom(Math.exp(-pixels * (event.ctrlKey ? 0.01 : 0.002)), x, y);
  if (event.deltaY > 0 && map.memory.camera.half >= map.fitted().half) map.fit();
}

function placeOn(map, event) {
  const box = map.parts.canvas.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}

function nearestTo(map, { x, y }, reach) {
  let [best, found] = [reach * reach, null];
  for (let i = 0; i < map.count && map.at; i++) {
    const distance = (map.at[2 * i] - x) ** 2 + (map.at[2 * i + 1] - y) ** 2;
    if (distance < best) [best, found] = [distance, i];
  }
  return found;
}

function bindPointers(map, canvas) {
  const down = new Map(); // pointer id -> where it is
  let travelled = 0;
  canvas.onpointerdown = (event) => {
    canvas.setPointerCapture(event.pointerId);
    down.set(event.pointerId, placeOn(map, event));
    if (down.size === 1) travelled = 0;
  };
  canvas.onpointermove = (event) => {
    const place = placeOn(map, event);
    const before = down.get(event.pointerId);
    if (!before) {
      if (event.pointerType !== "touch") map.hover(nearestTo(map, place, REACH.mouse));
      return;
    }
    travelled += Math.hypot(place.x - before.x, place.y - before.y);
    const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
    if (other) pinch(map, before, place, other);
    else if (travelled > CLICK_SLOP && movable(event, canvas)) {
      canvas.classList.add("held");
      map.hover(null);
      map.pan(place.x - before.x, place.y - before.y);
    }
    down.set(event.pointerId, place);
  };
  canvas.onpointerup = (event) => {
    const tapped = down.size === 1 && travelled <= CLICK_SLOP;
    if (tapped) map.select(nearestTo(map, placeOn(map, event), REACH[event.pointerType] ?? 12));
    // The second finger of a pinch, lifted alone, is no tap.
    if (down.size > 1) travelled = Infinity;
    release(event);
  };
  const release = (event) => {
    down.delete(event.pointerId);
    canvas.classList.remove("held");
  };
  canvas.onpointercancel = release;
  canvas.onpointerleave = () => map.hover(null);
  canvas.onblur = () => map.hover(null);
}

function movable(event, canvas) {
  return event.pointerType !== "touch" || canvas.classList.contains("moving");
}

function pinch(map, before, place, other) {
  const spread = (p) => Math.max(Math.hypot(p.x - other.x, p.y - other.y), 1);
  map.pan((place.x - before.x) / 2, (place.y - before.y) / 2);
  const middle = [(place.x + other.x) / 2, (place.y + other.y) / 2];
  map.zoom(spread(place) / spread(before), ...middle);
}

// True when the key meant something here.
function pressed(map, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const arrows = {
    ArrowLeft: [1, 0],
    ArrowRight: [-1, 0],
    ArrowUp: [0, 1],
    ArrowDown: [0, -1],
  };
  const [dx, dy] = arrows[event.key] ?? [0, 0];
  if ((dx || dy) && event.shiftKey) map.pan(dx * 40, dy * 40);
  else if (dx) stepTo(map, -dx);
  else if (event.key === "+" || event.key === "=") map.zoom(1.6, undefined, undefined, true);
  else if (event.key === "-") map.zoom(1 / 1.6, undefined, undefined, true);
  else if (event.key === "0") map.fit();
  else if (event.key === "Enter" && map.hovered !== null) map.select(map.hovered);
  else if (event.key === "Escape" && map.selected !== null) map.select(null);
  else return false;
  return true;
}

// Through the neighbours of the selected image, else through all images from left to right.
function stepTo(map, direction) {
  const all = map.selected === null;
  const order = all
    ? [...Array(map.count).keys()].sort((a, b) => map.target[2 * a] - map.target[2 * b])
    : map.othersOf(map.selected);
  if (!order.length) return;
  const place = order.indexOf(map.hovered);
  const next = place < 0 ? (direction > 0 ? 0 : order.length - 1) : place + direction;
  map.hover(order[(next + order.length) % order.length]);
  const text = map.factor ? valueText(map.factor, map.factor.values[map.hovered]) : "";
  setText(map.parts.said, all ? text : `Neighbour ${order.indexOf(map.hovered) + 1}: ${text}`);
}
