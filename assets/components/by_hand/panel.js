// The parts of the lab, built once; what changes is written into them.

const SVG = "http://www.w3.org/2000/svg";
const KEYS =
  "Tab goes from point to point. The arrow keys move a point by 2 degrees, with Shift by " +
  "0.2; Enter makes it the anchor.";
const SPHERE_KEYS = " With the sphere itself in focus, the arrow keys turn it.";

function make(tag, className, text = "", attributes = {}) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
  return element;
}

function draw(tag, className, attributes = {}, parent = null) {
  const element = document.createElementNS(SVG, tag);
  element.setAttribute("class", className);
  set(element, attributes);
  parent?.append(element);
  return element;
}

function set(element, attributes) {
  for (const name in attributes) {
    const value = String(attributes[name]);
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  }
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function choice(name, legend, options, choose) {
  const fieldset = make("fieldset", "choices");
  fieldset.append(make("legend", "", legend));
  options.forEach(([value, text]) => {
    const input = make("input", "", "", { type: "radio", name, value });
    input.onchange = () => choose(value);
    const label = make("label", "");
    label.append(input, make("span", "", text));
    fieldset.append(label);
  });
  return fieldset;
}

function check(fieldset, value) {
  fieldset.querySelectorAll("input").forEach((input) => {
    input.checked = input.value === String(value);
  });
}

function buildPanel(root, lab, limits) {
  root.querySelector(".lab")?.remove();
  const [low, high, step] = limits.tau;
  const tau = make("input", "tau", "", { type: "range", min: low, max: high, step });
  tau.setAttribute("aria-label", "Temperature tau");
  tau.oninput = () => lab.setTau(Number(tau.value));
  const button = (text, press) => {
    const made = make("button", "tool", text, { type: "button" });
    made.onclick = press;
    return made;
  };
  const counts = [2, 3, 4].map((n) => [n, String(n)]);
  const spaces = [["circle", "Circle"], ["sphere", "Sphere"]];
  const parts = {
    lab: make("div", "lab"),
    images: choice("images", "Images", counts, (n) => lab.setImages(n)),
    space: choice("space", "On a", spaces, (space) => lab.setSpace(space)),
    tau,
    tauText: make("output", "tau-text"),
    loss: make("data", "loss"),
    beside: make("span", "beside"),
    verdict: make("p", "verdict"),
    svg: draw("svg", "scene", { role: "group", tabindex: "-1" }),
    arrows: make("p", "arrows"),
    step: button("Step", () => lab.stepOnce()),
    play: button("Play", () => lab.togglePlay()),
    descent: make("p", "descent"),
    measures: make("p", "measures"),
    rows: make("div", "rows", "", { role: "group", "aria-label": "Loss of every anchor" }),
    table: make("table", "row-table"),
    said: make("div", "said", "", { "aria-live": "polite" }),
  };
  const tools = [
    button("Perfect partners", () => lab.arrange("perfect")),
    button("Collapse all to one point", () => lab.arrange("collapse")),
    button("Spread evenly", () => lab.arrange("even")),
  ];
  arrangeParts(parts, tools);
  root.append(parts.lab);
  return parts;
}

function group(className, ...children) {
  const made = make("div", className);
  made.append(...children);
  return made;
}

function arrangeParts(parts, tools) {
  const temperature = make("label", "temperature");
  temperature.append(make("span", "quiet", "Temperature \u03c4"), parts.tau, parts.tauText);
  const headline = make("p", "headline");
  headline.append("NT-Xent ", parts.loss, " nats ", parts.beside);
  const follow = make("span", "quiet", "Follow the gradient");
  const reading = make("p", "reading", READING);
  const wrap = group("table-room", parts.table);
  parts.lab.append(
    group("knobs", parts.images, parts.space, temperature),
    group("head", headline, parts.verdict),
    group(
      "stage",
      parts.svg,
      group("tools", make("span", "quiet", "Arrange"), ...tools),
      group("tools", follow, parts.step, parts.play, parts.descent),
    ),
    group("numbers", wrap, parts.rows, parts.arrows, parts.measures, reading),
    parts.said,
  );
}
