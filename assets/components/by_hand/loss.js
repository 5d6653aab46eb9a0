// NT-Xent and its gradient by hand (SimCLR, equation 1), without autograd.
//
// Points come in pairs: 0 and 1 are the two views of image A, 2 and 3 those of image B.

import { add, dot, scale, tangent } from "./vectors.js";

/** The other view of the same image. */
export const partnerOf = (i) => i ^ 1;

// An anchor's softmax over all other points; the largest is subtracted before exp.
function softmaxRow(logits, i) {
  const others = logits.filter((_, k) => k !== i);
  const largest = Math.max(...others);
  const sum = others.reduce((total, v) => total + Math.exp(v - largest), 0);
  const logSumExp = largest + Math.log(sum);
  return {
    softmax: logits.map((v, k) => (k === i ? 0 : Math.exp(v - logSumExp))),
    loss: logSumExp - logits[partnerOf(i)],
  };
}

/**
 * NT-Xent of 2N unit vectors at temperature `tau`.
 *
 * @returns
 *   `loss`: mean over all anchors, in nats;
 *   `cosine[i][k]`;
 *   `rows[i]`: `{ softmax, loss }` of anchor i;
 *   `pairs[i][k]`: the force that point k exerts on point i;
 *   `force[i]`: their sum, which is minus the gradient along the circle or sphere.
 */
export function ntXent(z, tau) {
  const cosine = z.map((a) => z.map((b) => dot(a, b)));
  const rows = cosine.map((row, i) => softmaxRow(scale(row, 1 / tau), i));
  // Point k acts on i as its candidate (row i) and as an anchor itself (row k).
  const pull = (i, k) => {
    const target = k === partnerOf(i) ? 2 : 0;
    return (target - rows[i].softmax[k] - rows[k].softmax[i]) / (z.length * tau);
  };
  const zero = z[0].map(() => 0);
  const pairs = z.map((a, i) =>
    z.map((b, k) => (k === i ? zero : scale(tangent(b, a), pull(i, k)))),
  );
  const force = pairs.map((forces) => forces.reduce((sum, one) => add(sum, one), zero));
  const loss = rows.reduce((sum, row) => sum + row.loss, 0) / z.length;
  return { loss, cosine, rows, pairs, force };
}

/**
 * Alignment and uniformity (Wang and Isola 2020) of a cosine matrix: the mean squared
 * distance of partners, and the log of the mean Gaussian potential of all pairs.
 */
export function alignmentAndUniformity(cosine) {
  const squaredDistance = (i, k) => Math.max(2 - 2 * cosine[i][k], 0);
  const n = cosine.length;
  let [alignment, potential] = [0, 0];
  for (let i = 0; i < n; i++) {
    alignment += squaredDistance(i, partnerOf(i)) / n;
    for (let k = 0; k < i; k++) potential += Math.exp(-2 * squaredDistance(i, k));
  }
  return { alignment, uniformity: Math.log(potential / ((n * (n - 1)) / 2)) };
}
