// Everything around the canvas: colour choices, legend, tip and the nearest neighbours.

import {
  colourBar,
  element,
  fillRadioGroup,
  liveRegion,
  setAttributes,
  setText,
  toolButton,
} from "../shared/dom.js";
import { shortNumber } from "../shared/numbers.js";
import { fillThumbnail, tileShape } from "../shared/tiles.js";
import { markerSheet } from "./markers.js";
import { agreementText, valueText } from "./text.js";

const HINT = "Select a point on the map to see its nearest neighbours in feature space.";
const SOUND_HINT =
  "Select a sound on the map to hear it and to see its nearest neighbours in feature space.";
const KEYS =
  "Left and right step through the points, Enter shows the nearest neighbours, Escape " +
  "clears. Plus and minus zoom, zero fits, shift with an arrow moves the map.";

/** Build the parts of a map once; what changes is written into them. */
export function buildPanel(root) {
  const button = (text, label) => toolButton(text, null, { "aria-label": label, title: label });
  const parts = {
    map: element("div", "component map"),
    title: element("p", "title"),
    choices: element("fieldset", "choices", "", { hidden: "" }),
    stage: element("div", "stage"),
    // A screen reader passes keys on to an application; of an image it would keep them.
    canvas: element("canvas", "points", "", {
      tabindex: 0,
      role: "application",
      "aria-roledescription": "map",
      "aria-describedby": "map-keys",
    }),
    keys: element("p", "screen-reader", KEYS, { id: "map-keys" }),
    tools: element("div", "tools"),
    zoomIn: button("+", "Zoom in"),
    zoomOut: button("\u2212", "Zoom out"),
    fit: button("Fit", "Fit all points"),
    move: button("Move", "Move the map with one finger"),
    tip: element("div", "tip", "", { hidden: "" }),
    legend: element("div", "legend"),
    inspector: element("div", "inspector"),
    announcement: liveRegion(),
  };
  parts.move.classList.add("touch");
  parts.tools.append(parts.zoomIn, parts.zoomOut, parts.fit, parts.move);
  parts.stage.append(parts.canvas, parts.keys, parts.tools, parts.tip);
  const { title, choices, stage, legend, inspector, announcement } = parts;
  parts.map.append(title, choices, stage, legend, inspector, announcement);
  root.append(parts.map);
  return parts;
}

/** Offer the factors to colour by, where there are several. */
export function showChoices(fieldset, factors, chosen, choose) {
  const options = factors.map(({ name, label }) => [name, label]);
  fieldset.hidden = options.length < 2;
  fillRadioGroup(fieldset, { name: "colour", legend: "Colour by", options, chosen, choose });
}

/** Show the classes with their markers, or the colour scale of a number or angle. */
export function showLegend(legend, { factor, swatches, theme, highlighted, highlight }) {
  // The button that was pressed is replaced: the new one in its place gets its focus.
  const focused = [...legend.children].indexOf(legend.getRootNode().activeElement);
  legend.replaceChildren();
  if (!factor) return;
  const known = factor.unknown ? swatches.slice(0, -1) : swatches;
  if (factor.kind === "class") {
    const items = factor.names.map((name, bin) => {
      const item = element("button", "swatch", "", {
        type: "button",
        title: `Show only ${name}`,
        "aria-pressed": highlighted === bin,
      });
      item.append(markerIcon(known[bin % known.length], theme), element("span", "", name));
      item.onclick = () => highlight(highlighted === bin ? null : bin);
      return item;
    });
    legend.append(...items);
  } else {
    legend.append(...colourScale(factor, known));
  }
  if (factor.unknown) {
    const item = element("span", "swatch");
    item.append(markerIcon(swatches.at(-1), theme), element("span", "", "unknown"));
    legend.append(item);
  }
  legend.children[focused]?.focus({ preventScroll: true });
}

function colourScale({ kind, label, low, high }, swatches) {
  const ends = kind === "angle" ? ["0°", "360°"] : [low, high].map(shortNumber);
  const [first, last] = ends.map((text) => element("span", "", text));
  return [
    element("span", "scale", label),
    first,
    colourBar(swatches.map(({ colour }) => colour)),
    last,
  ];
}

function markerIcon(swatch, theme) {
  const sheet = markerSheet([swatch], 5, window.devicePixelRatio || 1, theme.background);
  sheet.canvas.style.width = sheet.canvas.style.height = `${sheet.size}px`;
  return sheet.canvas;
}

/** Fill the tip with a point's picture and factors. */
export function showTip(tip, imageSet, index) {
  const picture = element("canvas", "picture");
  fillThumbnail(picture, imageSet, index);
  const list = element("dl");
  (imageSet?.factors ?? []).forEach((factor) => {
    const text = valueText(factor, factor.values[index]);
    list.append(element("dt", "", factor.label), element("dd", "", text));
  });
  tip.replaceChildren(...(imageSet?.ready ? [picture] : []), list);
}

/**
 * Show the selected point and its neighbours, or a hint while there is none.
 *
 * Slots are built once and refilled, so that a frame never takes the focus from a button.
 */
export function showInspector(inspector, shown) {
  const { imageSet, factor, selected, neighbours } = shown;
  if (selected === null) {
    if (!inspector.querySelector(".hint")) inspector.replaceChildren(element("p", "hint"));
    setText(inspector.querySelector(".hint"), imageSet?.sounds ? SOUND_HINT : HINT);
    return;
  }
  const [across, down] = tileShape(imageSet);
  inspector.style.setProperty("--aspect", across / down);
  if (inspector.querySelectorAll(".slot").length !== neighbours.length + 1) {
    const slots = [selected, ...neighbours].map((_, rank) => buildSlot(rank));
    inspector.replaceChildren(element("p", "agreement"), ...slots, element("p", "facts"));
  }
  const agreement = factor
    ? agreementText(factor, selected, neighbours)
    : `Its ${neighbours.length} nearest in feature space`;
  setText(inspector.querySelector(".agreement"), agreement);
  const facts = (imageSet?.factors ?? []).map(
    (known) => `${known.label} ${valueText(known, known.values[selected])}`,
  );
  setText(inspector.querySelector(".facts"), facts.join(" · "));
  inspector.querySelectorAll(".slot").forEach((slot, rank) => fillSlot(slot, rank, shown));
}

function buildSlot(rank) {
  const slot = element("button", rank ? "slot" : "slot chosen", "", { type: "button" });
  slot.append(element("canvas", "picture"), element("span"));
  return slot;
}

// Rank 0 is the selected point itself.
function fillSlot(slot, rank, { imageSet, factor, swatches, selected, neighbours, select, clear }) {
  const index = rank ? neighbours[rank - 1] : selected;
  const unnamed = rank ? `no. ${rank}` : "";
  const text = factor ? valueText(factor, factor.values[index]) : unnamed;
  const what = rank ? `Neighbour ${rank}` : "Selected point, press to clear";
  setAttributes(slot, { "aria-label": text ? `${what}: ${text}` : what });
  slot.onclick = () => (rank ? select(index) : clear());
  const picture = slot.querySelector("canvas");
  fillThumbnail(picture, imageSet, index);
  picture.style.borderColor = swatches[factor?.bins[index] ?? 0].colour;
  setText(slot.querySelector("span"), text);
}
