// The parts of the loss by hand, built once; what changes is written into them.

import { element, fillRadioGroup, group, liveRegion, svgElement, toolButton } from "../shared/dom.js";
import { READING } from "./text.js";

const KEYS =
  "Tab goes from point to point. The arrow keys move a point by 2 degrees, with Shift by " +
  "0.2; Enter makes it the anchor.";
const SPHERE_KEYS = " With the sphere itself in focus, the arrow keys turn it.";

/** The keys that the picture knows, as a sentence. */
export const keysText = (space) => (space === "sphere" ? KEYS + SPHERE_KEYS : KEYS);

function choices(name, legend, options, choose) {
  const fieldset = element("fieldset", "choices");
  fillRadioGroup(fieldset, { name, legend, options, choose });
  return fieldset;
}

/** Check the radio button of a value without calling `choose`. */
export function check(fieldset, value) {
  fieldset.querySelectorAll("input").forEach((input) => {
    input.checked = input.value === String(value);
  });
}

/** Build everything around and including the empty picture and table. */
export function buildPanel(root, widget, limits) {
  const [min, max, step] = limits.tau;
  const range = { type: "range", min, max, step, "aria-label": "Temperature tau" };
  const tau = element("input", "tau", "", range);
  tau.oninput = () => widget.setTau(Number(tau.value));
  const counts = [2, 3, 4].map((n) => [n, String(n)]);
  const spaces = [["circle", "Circle"], ["sphere", "Sphere"]];
  const scene = { role: "group", tabindex: -1, "aria-describedby": "by-hand-keys" };
  const parts = {
    lab: element("div", "component lab"),
    images: choices("images", "Images", counts, (n) => widget.setImages(n)),
    space: choices("space", "On a", spaces, (space) => widget.setSpace(space)),
    tau,
    tauText: element("output", "tau-text"),
    loss: element("data", "loss"),
    reference: element("span", "reference"),
    verdict: element("p", "verdict"),
    svg: svgElement("svg", "scene", scene),
    keys: element("p", "screen-reader", KEYS, { id: "by-hand-keys" }),
    arrows: element("p", "arrows"),
    step: toolButton("Step", () => widget.stepOnce()),
    play: toolButton("Play", () => widget.togglePlay()),
    descent: element("p", "descent"),
    measures: element("p", "measures"),
    rows: element("div", "rows", "", { role: "group", "aria-label": "Loss of every anchor" }),
    table: element("table", "row-table"),
    announcement: liveRegion(),
  };
  const arrangements = [
    toolButton("Perfect partners", () => widget.arrange("perfect")),
    toolButton("Collapse all to one point", () => widget.arrange("collapse")),
    toolButton("Spread evenly", () => widget.arrange("even")),
  ];
  arrangeParts(parts, arrangements);
  root.append(parts.lab);
  return parts;
}

function arrangeParts(parts, arrangements) {
  const temperature = element("label", "temperature");
  temperature.append(element("span", "quiet", "Temperature \u03c4"), parts.tau, parts.tauText);
  const headline = element("p", "headline");
  headline.append("NT-Xent ", parts.loss, " nats ", parts.reference);
  const follow = element("span", "quiet", "Follow the gradient");
  const reading = element("p", "reading", READING);
  const table = group("table-room", parts.table);
  parts.lab.append(
    group("knobs", parts.images, parts.space, temperature),
    group("head", headline, parts.verdict),
    group(
      "stage",
      parts.svg,
      parts.keys,
      group("tools", element("span", "quiet", "Arrange"), ...arrangements),
      group("tools", follow, parts.step, parts.play, parts.descent),
    ),
    group("numbers", table, parts.rows, parts.arrows, parts.measures, reading),
    parts.announcement,
  );
}
