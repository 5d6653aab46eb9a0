// Numbers and sentences that change with the points.

const minus = (text) => text.replace("-", "\u2212");
const four = (v) => minus(Math.abs(v) < 5e-5 ? "0.0000" : v.toFixed(4));
const two = (v) => minus(Math.abs(v) < 5e-3 ? "0.00" : v.toFixed(2));
const RAISED = { "-": "\u207b", 0: "\u2070", 1: "\u00b9", 2: "\u00b2", 3: "\u00b3" };

// 0.0183, 7.389, 4.85·10⁸
function wide(v) {
  if (v >= 1e-3 && v < 1e4) return v.toPrecision(4);
  const [digits, power] = v.toExponential(2).split("e");
  const raise = (c) => RAISED[c] ?? String.fromCharCode(0x2070 + Number(c));
  const raised = [...String(Number(power))].map(raise);
  return `${digits}\u00b710${raised.join("")}`;
}

const nameOf = (i) => "ABCD"[i >> 1] + ((i & 1) + 1);
const roleOf = (i, anchor) =>
  i === anchor ? "anchor" : i === partnerOf(anchor) ? "positive" : "negative";

function besideLoss(loss, count) {
  const all = Math.log(count - 1);
  const start = `log ${count - 1} = ${four(all)} if all ${count} points coincide`;
  if (Math.abs(loss - all) < 5e-5) return `${start}: exactly what this is worth`;
  return loss > all ? `${start}: this is worse` : start;
}

function measuresText({ alignment, uniformity }) {
  return (
    `Alignment ${two(alignment)} (0: partners coincide) \u00b7 ` +
    `uniformity ${two(uniformity)} (0: all coincide; lower: more even)`
  );
}

// What the arrows on the anchor say.
function arrowsText(now, anchor) {
  const strength = (k) => size(now.pairs[anchor][k]);
  const partner = partnerOf(anchor);
  const negatives = now.force.map((_, k) => k).filter((k) => k !== anchor && k !== partner);
  const hardest = negatives.reduce((a, b) => (strength(b) > strength(a) ? b : a));
  const total = size(now.force[anchor]);
  if (now.force.every((f) => size(f) < 5e-5)) return stillText(now);
  return (
    `${nameOf(partner)} pulls ${nameOf(anchor)} with ${four(strength(partner))}, ` +
    `${nameOf(hardest)} pushes hardest with ${four(strength(hardest))}; ` +
    `all together ${four(total)}.`
  );
}

const READING =
  "Thin arrows: what each pair does to the anchor. The thick one: their sum; grey: the " +
  "sum at every other point. Lengths are measured by 1/(N\u03c4), the most one pair can " +
  "do. Lines from the anchor are as wide as its softmax; dotted lines join partners. By " +
  "keyboard: Tab to a point, arrow keys move it, Enter makes it the anchor.";

function stillText(now) {
  const alike = now.cosine.every((row) => row.every((c) => c > 1 - 1e-9));
  if (alike) {
    return (
      "All points coincide, so every force points straight through the point and none " +
      "along it: the gradient is 0, and yet this is no minimum. Nudge one point."
    );
  }
  return "No arrows: nothing along the way pulls or pushes any point. The gradient is 0.";
}

function figureText(lab, now) {
  const { space, tau, anchor, z } = lab.state;
  const places = z.map((v, i) => `${nameOf(i)} at ${anglesText(v)}`);
  return (
    `${z.length} points on a ${space}: ${places.join("; ")}. Anchor ${nameOf(anchor)}, ` +
    `partner ${nameOf(partnerOf(anchor))}, temperature ${two(tau)}. ` +
    `NT-Xent ${four(now.loss)}. ${arrowsText(now, anchor)}`
  );
}
