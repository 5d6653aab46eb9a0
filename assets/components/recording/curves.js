// Charts whose cursor follows a recording: what is still to come is faint.

import { element, setAttributes, setText, svgElement } from "../shared/dom.js";
import { shortNumber } from "../shared/numbers.js";

const HEIGHT = 140;
const EDGE = { left: 38, right: 12, top: 8, bottom: 20 };

export class Curve {
  /**
   * @param spec `{ name, x, y, last, low, high, ticks, lines }`: a curve over the steps 0 to
   *   `last`, with reference lines `{ text, value, side: "end" or "middle", above }`.
   */
  constructor(host, spec) {
    this.spec = spec;
    this.summary = element("p", "summary");
    this.box = element("div", "curve", "", { role: "img" });
    host.append(this.summary, this.box);
    this.resizing = new ResizeObserver(() => this.draw());
    this.resizing.observe(this.box);
  }

  unmount() {
    this.resizing.disconnect();
  }

  /** Move the cursor to a step; `text` says what the curve is there. */
  showStep(step, text) {
    this.step = step;
    setText(this.summary, `${this.spec.name}. ${text}`);
    setAttributes(this.box, { "aria-label": `${this.spec.name} over steps. ${text}` });
    this.moveCursor();
  }

  pixelX(x) {
    const room = this.width - EDGE.left - EDGE.right;
    return EDGE.left + (x / Math.max(this.spec.last, 1)) * room;
  }

  pixelY(y) {
    const { low, high } = this.spec;
    return EDGE.top + ((high - y) / (high - low)) * (HEIGHT - EDGE.top - EDGE.bottom);
  }

  draw() {
    this.width = this.box.clientWidth;
    if (!this.width) return;
    const size = { width: this.width, height: HEIGHT, "aria-hidden": true };
    const svg = svgElement("svg", "", size);
    this.drawAxes(svg);
    this.drawReferences(svg);
    const { x, y } = this.spec;
    this.points = x.map(
      (step, i) => `${this.pixelX(step).toFixed(1)},${this.pixelY(y[i]).toFixed(1)}`,
    );
    svgElement("polyline", "future", { points: this.points.join(" ") }, svg);
    this.past = svgElement("polyline", "past", { points: "" }, svg);
    const ends = { y1: EDGE.top, y2: HEIGHT - EDGE.bottom };
    this.cursor = svgElement("line", "cursor", ends, svg);
    this.dot = svgElement("circle", "dot", { r: 4 }, svg);
    this.box.replaceChildren(svg);
    this.moveCursor();
  }

  get sides() {
    return [EDGE.left, this.width - EDGE.right];
  }

  drawAxes(svg) {
    const [start, end] = this.sides;
    const below = HEIGHT - EDGE.bottom + 15;
    this.spec.ticks.forEach((tick) => {
      const y = this.pixelY(tick);
      svgElement("line", "grid", { x1: start, x2: end, y1: y, y2: y }, svg);
      writeText(svg, shortNumber(tick), { x: start - 6, y: y + 4, "text-anchor": "end" });
    });
    writeText(svg, "0", { x: start, y: below, "text-anchor": "middle" });
    const last = `step ${this.spec.last.toLocaleString("en")}`;
    writeText(svg, last, { x: end, y: below, "text-anchor": "end" });
  }

  drawReferences(svg) {
    const [start, end] = this.sides;
    this.spec.lines.forEach(({ text, value, side, above }) => {
      const y = this.pixelY(value);
      svgElement("line", "reference", { x1: start, x2: end, y1: y, y2: y }, svg);
      const x = side === "end" ? end - 2 : (start + end) / 2;
      writeText(svg, text, { x, y: y + (above ? -4 : 12), "text-anchor": side });
    });
  }

  moveCursor() {
    if (!this.points || this.step === undefined) return;
    const x = this.pixelX(this.step).toFixed(1);
    setAttributes(this.cursor, { x1: x, x2: x });
    const past = this.points.slice(0, this.spec.x.filter((step) => step <= this.step).length);
    setAttributes(this.past, { points: past.join(" ") });
    this.dot.style.display = past.length ? "" : "none";
    if (!past.length) return;
    const [cx, cy] = past.at(-1).split(",");
    setAttributes(this.dot, { cx, cy });
  }
}

function writeText(svg, text, attributes) {
  svgElement("text", "tick", attributes, svg).textContent = text;
}
