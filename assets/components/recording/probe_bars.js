// What a linear probe can read of each factor: a bar, and a mark for the untrained encoder.

import { element, setText } from "../shared/dom.js";

export class ProbeBars {
  constructor(host, factors) {
    const title = element("p", "summary", "Kept and thrown away: what a linear probe can read");
    const note = element("p", "note", "Bar: now. Grey mark: random init.");
    title.hidden = note.hidden = !factors.length;
    this.rows = factors.map((factor) => buildRow(factor));
    host.append(title, ...this.rows.map(({ row }) => row), note);
  }

  /** Show scores `{ factor: { accuracy, random_init } }`, both from 0 to 1. */
  show(scores) {
    this.rows.forEach(({ factor, row, bar, untrained, value }) => {
      const score = scores?.[factor];
      row.hidden = !score;
      if (!score) return;
      bar.style.width = `${100 * score.accuracy}%`;
      untrained.style.left = `${100 * score.random_init}%`;
      setText(value, score.accuracy.toFixed(2));
    });
  }
}

function buildRow(factor) {
  const row = element("div", "probe");
  const track = element("div", "track");
  const bar = element("div", "bar");
  const untrained = element("div", "untrained");
  const value = element("span", "value");
  track.append(bar, untrained);
  row.append(element("span", "name", factor.replaceAll("_", " ")), track, value);
  return { factor, row, bar, untrained, value };
}
