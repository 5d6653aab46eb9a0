// The anchor's row, worked out, and the loss of every row.

const COLUMNS = ["", "cosine", "/ \u03c4", "exp", "softmax", "share of loss", "arrow"];

function buildTable(lab) {
  const { table, rows } = lab.parts;
  const { anchor, z } = lab.state;
  const others = [partnerOf(anchor), ...z.keys()].filter(
    (k, place, all) => k !== anchor && all.indexOf(k) === place,
  );
  const head = make("tr", "");
  COLUMNS.forEach((name) => head.append(make("th", "", name, { scope: "col" })));
  lab.cells = others.map((k) => tableRow(k, anchor));
  const foot = make("tr", "foot");
  foot.append(make("td", "sum", "", { colspan: COLUMNS.length }));
  const caption = make("caption", "");
  table.replaceChildren(caption, head, ...lab.cells.map((row) => row.line), foot);
  captionOf(caption, anchor, z.length);
  const press = rows.contains(rows.getRootNode().activeElement) ? anchor : -1;
  const chips = z.map((_, i) => chipOf(lab, i));
  rows.replaceChildren(make("span", "quiet", "Loss of every row"), ...chips);
  rows.querySelectorAll("button")[press]?.focus();
}

function tableRow(k, anchor) {
  const role = roleOf(k, anchor);
  const line = make("tr", role);
  line.append(make("th", "", nameOf(k), { scope: "row" }));
  const cells = COLUMNS.slice(1).map(() => make("td", ""));
  line.append(...cells);
  return { k, line, cells };
}

function captionOf(caption, anchor, count) {
  const word = (i) => make("b", roleOf(i, anchor), nameOf(i));
  const others = ` among ${count - 1} candidates`;
  caption.append("Anchor ", word(anchor), " must pick ", word(partnerOf(anchor)), others);
}

function chipOf(lab, i) {
  const { anchor } = lab.state;
  const chip = make("button", `tool ${roleOf(i, anchor)}`, "", {
    type: "button",
    "aria-pressed": String(i === anchor),
    title: `Make ${nameOf(i)} the anchor`,
  });
  chip.onclick = () => lab.setAnchor(i);
  return chip;
}

function writeTable(lab, now) {
  const { anchor, tau } = lab.state;
  const { softmax, loss } = now.rows[anchor];
  const partner = partnerOf(anchor);
  const lost = softmax.reduce((sum, p, k) => sum + (k === partner ? 0 : p), 0);
  let total = 0;
  lab.cells.forEach(({ k, cells }) => {
    const scaled = now.cosine[anchor][k] / tau;
    const strength = size(now.pairs[anchor][k]);
    total += Math.exp(scaled);
    const share = k === partner ? "\u2013" : `${Math.round((100 * softmax[k]) / lost)} %`;
    const arrow = `${k === partner ? "pull" : "push"} ${four(strength)}`;
    const found = [four(now.cosine[anchor][k]), two(scaled), wide(Math.exp(scaled))];
    const texts = [...found, four(softmax[k]), share, arrow];
    texts.forEach((text, c) => setText(cells[c], text));
    cells[3].style.setProperty("--part", `${100 * softmax[k]}%`);
  });
  const sum = lab.parts.table.querySelector(".sum");
  const own = `\u2212log ${four(softmax[partner])} = ${four(loss)}`;
  setText(sum, `Sum of exp ${wide(total)}. ${nameOf(anchor)}'s loss = ${own}`);
  lab.parts.rows.querySelectorAll("button").forEach((chip, i) => {
    setText(chip, `${nameOf(i)} ${four(now.rows[i].loss)}`);
  });
}
