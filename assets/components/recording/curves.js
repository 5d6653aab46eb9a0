// Charts whose cursor follows a recording: what is still to come stays faint.

const SVG = "http://www.w3.org/2000/svg";
const CURVE_HEIGHT = 140;
const EDGE = { left: 38, right: 12, top: 8, bottom: 20 };

function ink(parent, tag, attributes, text = "") {
  const element = document.createElementNS(SVG, tag);
  Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
  element.textContent = text;
  parent.append(element);
  return element;
}

class Curve {
  // spec: {name, x, y, last, low, high, ticks, lines: [{text, value, side: "end" or "middle", above}]}
  constructor(host, spec) {
    this.spec = spec;
    this.says = make("p", "says");
    this.box = make("div", "curve", "", { role: "img" });
    host.append(this.says, this.box);
    this.resizing = new ResizeObserver(() => this.draw());
    this.resizing.observe(this.box);
  }

  remove() {
    this.resizing.disconnect();
  }

  at(step, says) {
    this.step = step;
    setText(this.says, `${this.spec.name}. ${says}`);
    this.box.setAttribute("aria-label", `${this.spec.name} over steps. ${says}`);
    this.follow();
  }

  px(x) {
    const room = this.width - EDGE.left - EDGE.right;
    return EDGE.left + (x / Math.max(this.spec.last, 1)) * room;
  }

  py(y) {
    const { low, high } = this.spec;
    return EDGE.top + ((high - y) / (high - low)) * (CURVE_HEIGHT - EDGE.top - EDGE.bottom);
  }

  draw() {
    this.width = this.box.clientWidth;
    if (!this.width) return;
    const { x, y, last, lines, ticks } = this.spec;
    const svg = document.createElementNS(SVG, "svg");
    Object.entries({ width: this.width, height: CURVE_HEIGHT, "aria-hidden": "true" }).forEach(
      ([name, value]) => svg.setAttribute(name, value),
    );
    const foot = CURVE_HEIGHT - EDGE.bottom;
    const [start, end] = [EDGE.left, this.width - EDGE.right];
    ticks.forEach((tick) => {
      const at = this.py(tick);
      ink(svg, "line", { class: "grid", x1: start, x2: end, y1: at, y2: at });
      ink(svg, "text", { class: "tick", x: start - 6, y: at + 4, "text-anchor": "end" }, tidy(tick));
    });
    const inWords = last.toLocaleString("en");
    ink(svg, "text", { class: "tick", x: start, y: foot + 15, "text-anchor": "middle" }, "0");
    ink(svg, "text", { class: "tick", x: end, y: foot + 15, "text-anchor": "end" }, `step ${inWords}`);
    lines.forEach(({ text, value, side, above }) => {
      const at = this.py(value);
      ink(svg, "line", { class: "reference", x1: start, x2: end, y1: at, y2: at });
      const place = { x: side === "end" ? end - 2 : (start + end) / 2, y: at + (above ? -4 : 12) };
      ink(svg, "text", { class: "tick", ...place, "text-anchor": side }, text);
    });
    this.points = x.map((step, i) => `${this.px(step).toFixed(1)},${this.py(y[i]).toFixed(1)}`);
    ink(svg, "polyline", { class: "ahead", points: this.points.join(" ") });
    this.past = ink(svg, "polyline", { class: "past", points: "" });
    this.cursor = ink(svg, "line", { class: "cursor", y1: EDGE.top, y2: foot });
    this.dot = ink(svg, "circle", { class: "dot", r: 4 });
    this.box.replaceChildren(svg);
    this.follow();
  }

  follow() {
    if (!this.points || this.step === undefined) return;
    const at = this.px(this.step).toFixed(1);
    this.cursor.setAttribute("x1", at);
    this.cursor.setAttribute("x2", at);
    const seen = this.points.slice(0, this.spec.x.filter((x) => x <= this.step).length);
    this.past.setAttribute("points", seen.join(" "));
    this.dot.style.display = seen.length ? "" : "none";
    if (!seen.length) return;
    const [x, y] = seen.at(-1).split(",");
    this.dot.setAttribute("cx", x);
    this.dot.setAttribute("cy", y);
  }
}
