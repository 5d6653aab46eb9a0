// The picture: the circle or sphere, the points, who looks at whom, and the arrows.

const GLOBE = [
  (t) => [Math.cos(t), 0, Math.sin(t)],
  (t) => [0, Math.cos(t), Math.sin(t)],
  (t) => [Math.cos(t), Math.sin(t), 0],
];
const LANE = 10; // pixels between the arrows of two pairs, which on a circle lie in line

function buildScene(lab) {
  const { svg } = lab.parts;
  const { z, space } = lab.state;
  const focused = lab.scene?.points.findIndex(({ group }) => group.matches(":focus")) ?? -1;
  svg.replaceChildren();
  svg.classList.toggle("sphere", space === "sphere");
  const keys = space === "sphere" ? KEYS + SPHERE_KEYS : KEYS;
  set(svg, { tabindex: space === "sphere" ? 0 : -1, "aria-description": keys });
  const layer = () => draw("g", "layer", {}, svg);
  const [ground, lines, marks, arrows] = [layer(), layer(), layer(), layer()];
  const rings = space === "sphere" ? GLOBE : [];
  lab.scene = {
    rim: draw("circle", "rim", {}, ground),
    rings: rings.map(() => ["back", "front"].map((c) => draw("path", `ring ${c}`, {}, ground))),
    pairs: z.flatMap((_, i) => (i & 1 ? [] : [draw("line", "partners", {}, lines)])),
    looks: z.map(() => draw("line", "look", {}, lines)),
    points: z.map((_, i) => buildPoint(i, marks)),
    sums: z.map(() => draw("path", "arrow sum", {}, arrows)),
    forces: z.map(() => draw("path", "arrow", {}, arrows)),
    names: z.map(() => draw("text", "tip-name", {}, arrows)),
  };
  set(arrows, { "aria-hidden": "true" });
  lab.scene.points[focused]?.group.focus({ preventScroll: true });
}

function buildPoint(i, parent) {
  const attributes = { tabindex: 0, role: "slider", "data-point": i };
  const group = draw("g", "point", attributes, parent);
  return {
    group,
    leader: draw("line", "leader", {}, group),
    reach: draw("circle", "reach", { r: 17 }, group),
    dot: draw("circle", "dot", { r: 7.5 }, group),
    chip: draw("rect", "chip", { width: 26, height: 18, rx: 5 }, group),
    name: Object.assign(draw("text", "name", {}, group), { textContent: nameOf(i) }),
  };
}

function paintScene(lab, now) {
  const { scene, frame, view, state } = lab;
  const { x, y, radius } = frame;
  const at = state.z.map((v) => {
    const [right, up, near] = toView(view, v);
    return { x: x + right * radius, y: y - up * radius, right, up, back: near < -1e-3 };
  });
  set(scene.rim, { cx: x, cy: y, r: radius });
  scene.rings.forEach((ring, i) => paintRing(ring, GLOBE[i], lab));
  scene.pairs.forEach((line, i) => paintLine(line, at[2 * i], at[2 * i + 1]));
  paintLooks(lab, now, at);
  paintPoints(lab, now, at);
  paintSums(lab, now, at);
  paintForces(lab, now, at);
}

function paintRing(halves, path, { view, frame: { x, y, radius } }) {
  const texts = ["", ""];
  let before = null;
  for (let i = 0; i <= 72; i++) {
    const [right, up, near] = toView(view, path((i * Math.PI) / 36));
    const side = near < 0 ? 0 : 1;
    const place = `${(x + right * radius).toFixed(1)} ${(y - up * radius).toFixed(1)}`;
    texts[side] += `${side === before ? "L" : "M"}${place}`;
    before = side;
  }
  halves.forEach((half, side) => set(half, { d: texts[side] || "M0 0" }));
}

function paintLine(line, a, b) {
  set(line, { x1: a.x, y1: a.y, x2: b.x, y2: b.y });
}

// As wide as the anchor's softmax: whom it takes for its partner, and how surely.
function paintLooks({ scene, state: { anchor } }, now, at) {
  scene.looks.forEach((line, k) => {
    paintLine(line, at[anchor], at[k]);
    const width = k === anchor ? 0 : 0.6 + 8 * now.rows[anchor].softmax[k];
    set(line, { class: `look ${roleOf(k, anchor)}`, "stroke-width": width });
  });
}

function paintPoints({ scene, state: { anchor, z } }, now, at) {
  const taken = [];
  scene.points.forEach((point, i) => {
    const here = at[i];
    const role = roleOf(i, anchor);
    const near = taken.find((one) => Math.hypot(one.x - here.x, one.y - here.y) < 24);
    const cluster = near ?? { x: here.x, y: here.y, members: [] };
    if (!near) taken.push(cluster);
    cluster.members.push(i);
    set(point.group, {
      class: `point ${role}${here.back ? " back" : ""}`,
      "aria-label": `${nameOf(i)}, ${role}`,
      "aria-valuenow": Math.round(Math.atan2(z[i][1], z[i][0]) / DEGREE),
      "aria-valuemin": -180,
      "aria-valuemax": 180,
      "aria-valuetext": anglesText(z[i]),
      "data-z": z[i].join(),
      "data-gradient": now.force[i].map((v) => -v).join(),
    });
    for (const circle of [point.dot, point.reach]) set(circle, { cx: here.x, cy: here.y });
    set(point.dot, { r: i === anchor ? 9.5 : 7.5 });
  });
  taken.forEach(({ members }) => placeChips(scene, at, members));
}

// Names stand outside, in the order of their points and in rows of up to four.
function placeChips(scene, at, members) {
  const mean = (part) => members.reduce((sum, i) => sum + at[i][part], 0) / members.length;
  const [x, y, right, up] = ["x", "y", "right", "up"].map(mean);
  const far = Math.hypot(right, up);
  const [dx, dy] = far > 0.05 ? [right / far, -up / far] : [0, -1];
  const flip = dy > 1e-6 || (Math.abs(dy) <= 1e-6 && dx < 0) ? -1 : 1;
  const [px, py] = [-dy * flip, dx * flip]; // along a row: to the right, or down
  const along = (i) => Math.round(at[i].x * px + at[i].y * py);
  const sorted = [...members].sort((i, k) => along(i) - along(k) || i - k);
  const rowLength = Math.min(members.length, 4);
  const room = (a, b) => Math.min(27 / Math.abs(a), 19 / Math.abs(b));
  sorted.forEach((i, k) => {
    const out = 25 + Math.floor(k / rowLength) * room(dx, dy);
    const aside = ((k % rowLength) - (rowLength - 1) / 2) * room(px, py);
    const [cx, cy] = [x + dx * out + px * aside, y + dy * out + py * aside];
    const { leader, chip, name } = scene.points[i];
    set(leader, { x1: at[i].x, y1: at[i].y, x2: cx, y2: cy });
    set(chip, { x: cx - 13, y: cy - 9 });
    set(name, { x: cx, y: cy });
  });
}

// A force of 1/(N tau), the most that one pair can do, is this many radii long.
const LONGEST = 0.6;

function reachOf(lab, force) {
  const { radius } = lab.frame;
  const scale = LONGEST * radius * lab.state.images * lab.state.tau;
  const [right, up] = toView(lab.view, force);
  return { x: right * scale, y: -up * scale };
}

function arrowPath(x, y, by) {
  const length = Math.hypot(by.x, by.y);
  if (length < 1.5) return "M0 0";
  const [ux, uy] = [by.x / length, by.y / length];
  const head = Math.min(7, length);
  const [ex, ey] = [x + by.x, y + by.y];
  const [bx, by2] = [ex - ux * head, ey - uy * head];
  const wing = (side) => `L${bx - uy * head * 0.45 * side} ${by2 + ux * head * 0.45 * side}`;
  return `M${x} ${y}L${bx} ${by2}M${ex} ${ey}${wing(1)}${wing(-1)}Z`;
}

function paintSums(lab, now, at) {
  lab.scene.sums.forEach((arrow, i) => {
    const d = arrowPath(at[i].x, at[i].y, reachOf(lab, now.force[i]));
    set(arrow, { d, class: `arrow sum${i === lab.state.anchor ? " chosen" : ""}` });
  });
}

function paintForces(lab, now, at) {
  const { anchor, space } = lab.state;
  const { forces, names } = lab.scene;
  const { x, y, right, up } = at[anchor];
  let lane = 0;
  forces.forEach((arrow, k) => {
    const by = reachOf(lab, now.pairs[anchor][k]);
    const shown = k !== anchor && Math.hypot(by.x, by.y) >= 1.5;
    const inward = space === "circle" && shown ? 17 + LANE * lane++ : 0;
    const [fromX, fromY] = [x - right * inward, y + up * inward];
    const role = roleOf(k, anchor);
    set(arrow, { d: shown ? arrowPath(fromX, fromY, by) : "M0 0", class: `arrow ${role}` });
    paintTipName(names[k], shown && nameOf(k), fromX, fromY, by, role);
  });
}

function paintTipName(text, name, x, y, by, role) {
  const length = Math.hypot(by.x, by.y);
  setText(text, name && length > 10 ? name : "");
  if (!name || !length) return;
  const far = 1 + 10 / length;
  set(text, { x: x + by.x * far, y: y + by.y * far, class: `tip-name ${role}` });
}
