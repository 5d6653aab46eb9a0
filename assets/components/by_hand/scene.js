// The picture: the circle or sphere, the points, lines to the candidates, and the arrows.

import { setAttributes, setText, svgElement } from "../shared/dom.js";
import { paintForces, paintSums } from "./arrows.js";
import { anglesText, DEGREE, toView } from "./geometry.js";
import { keysText } from "./panel.js";
import { nameOf, roleOf } from "./text.js";

const GLOBE = [
  (t) => [Math.cos(t), 0, Math.sin(t)],
  (t) => [0, Math.cos(t), Math.sin(t)],
  (t) => [Math.cos(t), Math.sin(t), 0],
];

/** Build the elements of the picture; `paintScene` places them. */
export function buildScene(widget) {
  const { svg } = widget.parts;
  const { z, space } = widget.state;
  const focused = widget.scene?.points.findIndex(({ group }) => group.matches(":focus")) ?? -1;
  svg.replaceChildren();
  svg.classList.toggle("sphere", space === "sphere");
  setText(widget.parts.keys, keysText(space));
  setAttributes(svg, { tabindex: space === "sphere" ? 0 : -1 });
  const layer = () => svgElement("g", "layer", {}, svg);
  const [ground, lines, marks, arrows] = [layer(), layer(), layer(), layer()];
  const rings = space === "sphere" ? GLOBE : [];
  widget.scene = {
    rim: svgElement("circle", "rim", {}, ground),
    rings: rings.map(() =>
      ["back", "front"].map((half) => svgElement("path", `ring ${half}`, {}, ground)),
    ),
    pairs: z.flatMap((_, i) => (i & 1 ? [] : [svgElement("line", "partners", {}, lines)])),
    softmaxLines: z.map(() => svgElement("line", "softmax-line", {}, lines)),
    points: z.map((_, i) => buildPoint(i, marks)),
    sums: z.map(() => svgElement("path", "arrow sum", {}, arrows)),
    forces: z.map(() => svgElement("path", "arrow", {}, arrows)),
    names: z.map(() => svgElement("text", "tip-name", {}, arrows)),
  };
  setAttributes(arrows, { "aria-hidden": "true" });
  widget.scene.points[focused]?.group.focus({ preventScroll: true });
}

function buildPoint(i, parent) {
  const attributes = { tabindex: 0, role: "slider", "data-point": i };
  const group = svgElement("g", "point", attributes, parent);
  return {
    group,
    leader: svgElement("line", "leader", {}, group),
    hitArea: svgElement("circle", "hit-area", { r: 17 }, group),
    dot: svgElement("circle", "dot", { r: 7.5 }, group),
    chip: svgElement("rect", "chip", { width: 26, height: 18, rx: 5 }, group),
    name: Object.assign(svgElement("text", "name", {}, group), { textContent: nameOf(i) }),
  };
}

/** Place every element; `result` is what `ntXent` returns. */
export function paintScene(widget, result) {
  const { scene, frame, view, state } = widget;
  const { x, y, radius } = frame;
  const at = state.z.map((v) => {
    const [right, up, near] = toView(view, v);
    return { x: x + right * radius, y: y - up * radius, right, up, back: near < -1e-3 };
  });
  setAttributes(scene.rim, { cx: x, cy: y, r: radius });
  scene.rings.forEach((ring, i) => paintRing(ring, GLOBE[i], widget));
  scene.pairs.forEach((line, i) => paintLine(line, at[2 * i], at[2 * i + 1]));
  paintSoftmax(widget, result, at);
  paintPoints(widget, result, at);
  paintSums(widget, result, at);
  paintForces(widget, result, at);
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
  halves.forEach((half, side) => setAttributes(half, { d: texts[side] || "M0 0" }));
}

function paintLine(line, a, b) {
  setAttributes(line, { x1: a.x, y1: a.y, x2: b.x, y2: b.y });
}

// As wide as the anchor's softmax: how probable each candidate is as its partner.
function paintSoftmax({ scene, state: { anchor } }, result, at) {
  scene.softmaxLines.forEach((line, k) => {
    paintLine(line, at[anchor], at[k]);
    const width = k === anchor ? 0 : 0.6 + 8 * result.rows[anchor].softmax[k];
    setAttributes(line, { class: `softmax-line ${roleOf(k, anchor)}`, "stroke-width": width });
  });
}

function paintPoints({ scene, state: { anchor, z } }, result, at) {
  const clusters = []; // of points whose names would cover each other
  scene.points.forEach((point, i) => {
    const here = at[i];
    const role = roleOf(i, anchor);
    const near = clusters.find((one) => Math.hypot(one.x - here.x, one.y - here.y) < 24);
    const cluster = near ?? { x: here.x, y: here.y, members: [] };
    if (!near) clusters.push(cluster);
    cluster.members.push(i);
    setAttributes(point.group, {
      class: `point ${role}${here.back ? " back" : ""}`,
      "aria-label": `${nameOf(i)}, ${role}`,
      "aria-valuenow": Math.round(Math.atan2(z[i][1], z[i][0]) / DEGREE),
      "aria-valuemin": -180,
      "aria-valuemax": 180,
      "aria-valuetext": anglesText(z[i]),
      "data-z": z[i].join(),
      "data-gradient": result.force[i].map((v) => -v).join(),
    });
    const centre = { cx: here.x, cy: here.y };
    setAttributes(point.hitArea, centre);
    setAttributes(point.dot, { ...centre, r: i === anchor ? 9.5 : 7.5 });
  });
  clusters.forEach(({ members }) => placeChips(scene, at, members));
}

// Names stand outside, in the order of their points and in rows of up to four.
function placeChips(scene, at, members) {
  const mean = (part) => members.reduce((sum, i) => sum + at[i][part], 0) / members.length;
  const [x, y, right, up] = ["x", "y", "right", "up"].map(mean);
  const distance = Math.hypot(right, up);
  const [dx, dy] = distance > 0.05 ? [right / distance, -up / distance] : [0, -1];
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
    setAttributes(leader, { x1: at[i].x, y1: at[i].y, x2: cx, y2: cy });
    setAttributes(chip, { x: cx - 13, y: cy - 9 });
    setAttributes(name, { x: cx, y: cy });
  });
}
