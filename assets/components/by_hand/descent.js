// Gradient descent on the loss itself, then back onto the circle or sphere.

import { ntXent } from "./loss.js";
import { add, norm, normalize } from "./vectors.js";

const AT_REST = 5e-5; // a force that the page writes as 0.0000

/** A learning rate that is stable at every temperature: the loss bends with 1/tau. */
export const learningRate = ({ images, tau }) => 0.05 * 2 * images * tau;

/** One step of every point but the one that the learner holds (null: none). */
export function descend(z, tau, rate, held = null) {
  const { force } = ntXent(z, tau);
  return z.map((v, i) => (i === held ? v : normalize(add(v, force[i], rate))));
}

/** Whether no force is left on any point but the one that is held. */
export function isAtRest(z, tau, held = null) {
  return ntXent(z, tau).force.every((f, i) => i === held || norm(f) < AT_REST);
}

/** What the steps so far have done, and the rule that they follow. */
export function descentText(state, steps, atRest) {
  const rate = learningRate(state).toPrecision(2);
  const end = atRest ? ": no arrow is left" : "";
  const count = steps === 1 ? "1 step" : `${steps} steps`;
  return `${count}${end} \u00b7 z \u2190 z \u2212 ${rate} \u2202L/\u2202z, back to length 1`;
}
