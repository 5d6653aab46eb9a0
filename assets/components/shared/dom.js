// Elements and their text: what every component builds its part of the page from.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element with a class, a text and attributes. */
export function element(tag, className = "", text = "", attributes = {}) {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  setAttributes(made, attributes);
  return made;
}

/** An SVG element with a class and attributes, appended to `parent` where there is one. */
export function svgElement(tag, className = "", attributes = {}, parent = null) {
  const made = document.createElementNS(SVG, tag);
  if (className) made.setAttribute("class", className);
  setAttributes(made, attributes);
  parent?.append(made);
  return made;
}

/** Write the attributes that differ: an unchanged one causes no layout. */
export function setAttributes(target, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    const text = String(value);
    if (target.getAttribute(name) !== text) target.setAttribute(name, text);
  }
}

/** Write a text if it differs: a live region reads out every write. */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** A `<div>` with children. */
export function group(className, ...children) {
  const made = element("div", className);
  made.append(...children);
  return made;
}

/** A push button of a toolbar; `attributes` may give it a label and a title. */
export function toolButton(text, onPress, attributes = {}) {
  const made = element("button", "tool", text, { type: "button", ...attributes });
  made.onclick = onPress;
  return made;
}

/**
 * Fill a fieldset with one radio button per option.
 *
 * `options` is a list of [value, text]; `choose` is called with the chosen value.
 */
export function fillRadioGroup(fieldset, { name, legend, options, chosen, choose }) {
  const labels = options.map(([value, text]) => {
    const input = element("input", "", "", { type: "radio", name, value });
    input.checked = value === chosen;
    input.onchange = () => choose(value);
    const label = element("label");
    label.append(input, element("span", "", text));
    return label;
  });
  fieldset.replaceChildren(element("legend", "", legend), ...labels);
}

/** A canvas of one pixel per colour, which CSS stretches into a colour bar. */
export function colourBar(colours) {
  const bar = element("canvas", "ramp");
  bar.width = colours.length;
  bar.height = 1;
  const context = bar.getContext("2d");
  colours.forEach((colour, i) => {
    context.fillStyle = colour;
    context.fillRect(i, 0, 1, 1);
  });
  return bar;
}

/** A region that screen readers read out whenever its text changes; nobody sees it. */
export function liveRegion() {
  return element("div", "screen-reader", "", { "aria-live": "polite" });
}
