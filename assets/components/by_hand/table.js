// The anchor's row of the softmax, worked out, and the loss of every row.

import { element, setText, toolButton } from "../shared/dom.js";
import { partnerOf } from "./loss.js";
import { norm } from "./vectors.js";
import { fourDigits, nameOf, roleOf, scientific, twoDigits } from "./text.js";

const COLUMNS = ["", "cosine", "/ \u03c4", "exp", "softmax", "share of loss", "arrow"];

/** Build the table of the anchor's row; `writeTable` fills it. */
export function buildTable(widget) {
  const { table, rows } = widget.parts;
  const { anchor, z } = widget.state;
  const partner = partnerOf(anchor);
  const negatives = [...z.keys()].filter((k) => k !== anchor && k !== partner);
  const head = element("tr");
  COLUMNS.forEach((name) => head.append(element("th", "", name, { scope: "col" })));
  widget.tableRows = [partner, ...negatives].map((k) => buildRow(k, anchor));
  const foot = element("tr", "foot");
  foot.append(element("td", "sum", "", { colspan: COLUMNS.length }));
  const caption = element("caption");
  writeCaption(caption, anchor, z.length);
  table.replaceChildren(caption, head, ...widget.tableRows.map(({ line }) => line), foot);
  // The button that was pressed is replaced: the new one of the anchor gets its focus.
  const hadFocus = rows.contains(rows.getRootNode().activeElement);
  const buttons = z.map((_, i) => anchorButton(widget, i));
  rows.replaceChildren(element("span", "quiet", "Loss of every row"), ...buttons);
  if (hadFocus) buttons[anchor].focus();
}

function buildRow(k, anchor) {
  const line = element("tr", roleOf(k, anchor));
  const cells = COLUMNS.slice(1).map(() => element("td"));
  line.append(element("th", "", nameOf(k), { scope: "row" }), ...cells);
  return { k, line, cells };
}

function writeCaption(caption, anchor, count) {
  const bold = (i) => element("b", roleOf(i, anchor), nameOf(i));
  const candidates = ` among ${count - 1} candidates`;
  caption.append("Anchor ", bold(anchor), " must pick ", bold(partnerOf(anchor)), candidates);
}

function anchorButton(widget, i) {
  const { anchor } = widget.state;
  const button = toolButton("", () => widget.setAnchor(i), {
    "aria-pressed": i === anchor,
    title: `Make ${nameOf(i)} the anchor`,
  });
  button.classList.add(roleOf(i, anchor));
  return button;
}

/** Write the numbers of the anchor's row, and the loss of every row. */
export function writeTable(widget, result) {
  const { anchor, tau } = widget.state;
  const { softmax, loss } = result.rows[anchor];
  const partner = partnerOf(anchor);
  const onNegatives = softmax.reduce((sum, p, k) => sum + (k === partner ? 0 : p), 0);
  let total = 0;
  widget.tableRows.forEach(({ k, cells }) => {
    const cosine = result.cosine[anchor][k];
    const exp = Math.exp(cosine / tau);
    total += exp;
    const share = `${Math.round((100 * softmax[k]) / onNegatives)} %`;
    const texts = [
      fourDigits(cosine),
      twoDigits(cosine / tau),
      scientific(exp),
      fourDigits(softmax[k]),
      k === partner ? "\u2013" : share,
      `${k === partner ? "pull" : "push"} ${fourDigits(norm(result.pairs[anchor][k]))}`,
    ];
    texts.forEach((text, column) => setText(cells[column], text));
    cells[3].style.setProperty("--part", `${100 * softmax[k]}%`);
  });
  const own = `\u2212log ${fourDigits(softmax[partner])} = ${fourDigits(loss)}`;
  const sum = `Sum of exp ${scientific(total)}. ${nameOf(anchor)}'s loss = ${own}`;
  setText(widget.parts.table.querySelector(".sum"), sum);
  widget.parts.rows.querySelectorAll("button").forEach((button, i) => {
    setText(button, `${nameOf(i)} ${fourDigits(result.rows[i].loss)}`);
  });
}
