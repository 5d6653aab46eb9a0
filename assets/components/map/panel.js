// Everything around the canvas: colour choices, legend, tip and the nearest neighbours.

const HINT = "Select a point on the map to see its nearest neighbours in feature space.";
const SOUND_HINT =
  "Select a sound on the map to hear it and to see its nearest neighbours in feature space.";
const KEYS =
  "Left and right step through the points, Enter shows the nearest neighbours, Escape " +
  "clears. Plus and minus zoom, zero fits, shift with an arrow moves the map.";

function make(tag, className, text = "", attributes = {}) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
  return element;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function buildPanel(root) {
  root.querySelector(".map")?.remove();
  const button = (text, label) =>
    make("button", "tool", text, { type: "button", "aria-label": label, title: label });
  const parts = {
    map: make("div", "map"),
    title: make("p", "title"),
    choices: make("fieldset", "choices"),
    stage: make("div", "stage"),
    canvas: make("canvas", "points", "", {
      tabindex: "0",
      role: "img",
      "aria-description": KEYS,
    }),
    tools: make("div", "tools"),
    closer: button("+", "Zoom in"),
    farther: button("\u2212", "Zoom out"),
    fit: button("Fit", "Fit all points"),
    move: button("Move", "Move the map with one finger"),
    tip: make("div", "tip", "", { hidden: "" }),
    legend: make("div", "legend"),
    inspector: make("div", "inspector"),
    said: make("div", "said", "", { "aria-live": "polite" }),
  };
  parts.move.classList.add("touch");
  parts.tools.append(parts.closer, parts.farther, parts.fit, parts.move);
  parts.stage.append(parts.canvas, parts.tools, parts.tip);
  const { title, choices, stage, legend, inspector, said } = parts;
  parts.map.append(title, choices, stage, legend, inspector, said);
  root.append(parts.map);
  return parts;
}

function showChoices(fieldset, set, chosen, choose) {
  const legend = make("legend", "", "Colour by");
  const options = (set?.factors ?? []).map(({ name, words }) => {
    const input = make("input", "", "", { type: "radio", name: "colour", value: name });
    input.checked = name === chosen;
    input.onchange = () => choose(name);
    const label = make("label", "");
    label.append(input, make("span", "", words));
    return label;
  });
  fieldset.hidden = options.length < 2;
  fieldset.replaceChildren(legend, ...options);
}

function showLegend(legend, factor, swatches, theme, only, highlight) {
  legend.replaceChildren();
  if (!factor) return;
  const known = factor.unknown ? swatches.slice(0, -1) : swatches;
  if (factor.kind === "class") {
    const items = factor.names.map((name, i) => {
      const item = make("button", "swatch", "", {
        type: "button",
        title: `Show only ${name}`,
        "aria-pressed": String(only === i),
      });
      item.append(markerIcon(known[i % known.length], theme), make("span", "", name));
      item.onclick = () => highlight(only === i ? null : i);
      return item;
    });
    legend.append(...items);
    if (factor.unknown) legend.append(unknownItem(swatches.at(-1), theme));
    return;
  }
  const turn = factor.kind === "angle";
  const ramp = make("canvas", "ramp");
  ramp.width = known.length;
  ramp.height = 1;
  const context = ramp.getContext("2d");
  known.forEach(({ colour }, i) => {
    context.fillStyle = colour;
    context.fillRect(i, 0, 1, 1);
  });
  const [low, high] = turn ? ["0°", "360°"] : [tidy(factor.low), tidy(factor.high)];
  const name = make("span", "scale", factor.words);
  legend.append(name, make("span", "", low), ramp, make("span", "", high));
  if (factor.unknown) legend.append(unknownItem(swatches.at(-1), theme));
}

function unknownItem(swatch, theme) {
  const item = make("span", "swatch");
  item.append(markerIcon(swatch, theme), make("span", "", "unknown"));
  return item;
}

function markerIcon(swatch, theme) {
  const sheet = markerSheet([swatch], 5, window.devicePixelRatio || 1, theme.background);
  sheet.canvas.style.width = sheet.canvas.style.height = `${sheet.size}px`;
  return sheet.canvas;
}

function showTip(tip, set, index) {
  const picture = make("canvas", "picture");
  fillThumbnail(picture, set, index);
  const list = make("dl", "");
  (set?.factors ?? []).forEach((factor) => {
    const text = valueText(factor, factor.values[index]);
    list.append(make("dt", "", factor.words), make("dd", "", text));
  });
  tip.replaceChildren(...(set?.ready ? [picture] : []), list);
}

// Slots are made once and refilled, so that a frame never takes the focus from a button.
function showInspector(inspector, { set, factor, swatches, selected, others, select, clear }) {
  if (selected === null) {
    if (!inspector.querySelector(".hint")) inspector.replaceChildren(make("p", "hint"));
    setText(inspector.querySelector(".hint"), set?.sounds ? SOUND_HINT : HINT);
    return;
  }
  const [across, down] = set?.tile ?? [1, 1];
  inspector.style.setProperty("--wider", across / down);
  if (inspector.querySelectorAll(".slot").length !== others.length + 1) {
    const slots = [selected, ...others].map((_, i) => makeSlot(i));
    inspector.replaceChildren(make("p", "agreement"), ...slots, make("p", "facts"));
  }
  setText(
    inspector.querySelector(".agreement"),
    factor
      ? agreementText(factor, selected, others)
      : `Its ${others.length} nearest in feature space`,
  );
  const facts = (set?.factors ?? []).map((f) => `${f.words} ${valueText(f, f.values[selected])}`);
  setText(inspector.querySelector(".facts"), facts.join(" · "));
  inspector.querySelectorAll(".slot").forEach((slot, i) => {
    const index = i ? others[i - 1] : selected;
    const text = factor ? valueText(factor, factor.values[index]) : i ? `no. ${i}` : "";
    const what = i ? `Neighbour ${i}` : "Selected point, press to clear";
    slot.setAttribute("aria-label", text ? `${what}: ${text}` : what);
    slot.onclick = () => (i ? select(index) : clear());
    const picture = slot.querySelector("canvas");
    fillThumbnail(picture, set, index);
    picture.style.borderColor = swatches[factor?.bins[index] ?? 0].colour;
    setText(slot.querySelector("span"), text);
  });
}

function makeSlot(rank) {
  const slot = make("button", rank ? "slot" : "slot chosen", "", { type: "button" });
  slot.append(make("canvas", "picture"), make("span", ""));
  return slot;
}
