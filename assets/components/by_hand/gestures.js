// Mouse, touch and keys: take a point, turn the sphere, choose the anchor.

const CLICK_SLOP = 4;
const KEY_STEP = 2 * DEGREE;
const ARROWS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

function bindGestures(lab) {
  const { svg } = lab.parts;
  svg.onkeydown = (event) => {
    if (pressed(lab, event)) event.preventDefault();
  };
  const keepPoint = (event) => pointUnder(event) !== null && event.preventDefault();
  svg.addEventListener("touchstart", keepPoint, { passive: false });
  bindPointers(lab, svg);
}

function pointUnder(event) {
  const found = event.target.closest?.(".point");
  return found ? Number(found.dataset.point) : null;
}

// Where the wide rings around points overlap, the nearest point is meant.
function pointTaken(lab, event) {
  const under = pointUnder(event);
  if (under === null || !event.target.classList.contains("reach")) return under;
  const [x, y] = placeIn(lab, event);
  const apart = lab.state.z.map((v) => {
    const [right, up] = toView(lab.view, v);
    return Math.hypot(right - x, up - y);
  });
  const least = Math.min(...apart);
  return apart[under] - least < 1e-9 ? under : apart.indexOf(least);
}

// The pointer in radii from the centre, y up.
function placeIn(lab, event) {
  const box = lab.parts.svg.getBoundingClientRect();
  const { x, y, radius } = lab.frame;
  return [(event.clientX - box.left - x) / radius, (y - event.clientY + box.top) / radius];
}

function bindPointers(lab, svg) {
  let grip = null; // what the pointer holds
  svg.onpointerdown = (event) => {
    if (event.button !== 0 || grip) return;
    const point = pointTaken(lab, event);
    if (point === null && lab.state.space === "circle") return;
    grip = { id: event.pointerId, point, from: placeIn(lab, event), travelled: 0 };
    if (point !== null) takeUp(lab, grip);
    svg.setPointerCapture(event.pointerId);
  };
  svg.onpointermove = (event) => {
    if (grip?.id !== event.pointerId) return;
    grip.travelled += Math.hypot(event.movementX, event.movementY);
    if (grip.point === null) turn(lab, grip, placeIn(lab, event));
    else if (grip.travelled > CLICK_SLOP) carry(lab, grip, placeIn(lab, event));
  };
  const release = (event) => {
    if (grip?.id !== event.pointerId) return;
    const { point, travelled } = grip;
    grip = null;
    lab.held = null;
    svg.classList.remove("held");
    const clicked = point !== null && travelled <= CLICK_SLOP && event.type === "pointerup";
    if (clicked) lab.setAnchor(point);
    else if (point !== null) lab.changed();
  };
  svg.onpointerup = release;
  svg.onpointercancel = release;
}

function takeUp(lab, grip) {
  const { group } = lab.scene.points[grip.point];
  group.focus({ preventScroll: true });
  const [right, up, near] = toView(lab.view, lab.state.z[grip.point]);
  lab.held = grip.point;
  lab.parts.svg.classList.add("held");
  grip.front = near >= 0;
  // A point taken by its name keeps its distance from the pointer.
  grip.apart = [right - grip.from[0], up - grip.from[1]];
}

function carry(lab, { point, front, apart }, place) {
  const [x, y] = [place[0] + apart[0], place[1] + apart[1]];
  if (lab.state.space === "circle") {
    if (Math.hypot(x, y) > 0.05) lab.place(point, [x, y]);
  } else lab.place(point, toWorld(lab.view, onSphere(x, y, front)));
}

function turn(lab, grip, place) {
  lab.view = turnView(lab.view, place[0] - grip.from[0], place[1] - grip.from[1]);
  grip.from = place;
  lab.request();
}

// True when the key meant something here.
function pressed(lab, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const point = pointUnder(event);
  const way = ARROWS[event.key];
  if (point !== null && (event.key === "Enter" || event.key === " ")) lab.setAnchor(point);
  else if (!way) return false;
  else if (point !== null) nudge(lab, point, way, KEY_STEP * (event.shiftKey ? 0.1 : 1));
  else if (lab.state.space === "sphere") {
    lab.view = turnView(lab.view, way[0] * 8 * DEGREE, way[1] * 8 * DEGREE);
    lab.request();
  } else return false;
  return true;
}

function nudge(lab, point, [across, up], angle) {
  const v = lab.state.z[point];
  if (v.length === 2) return lab.place(point, turned(v, (up - across) * angle));
  const seen = swung(toView(lab.view, v), across * angle, up * angle);
  return lab.place(point, toWorld(lab.view, seen));
}
