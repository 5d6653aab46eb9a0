// NT-Xent by hand against a naive double loop, closed forms, finite differences and torch.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import {
  descend,
  descentText,
  isAtRest,
  learningRate,
} from "../../assets/components/by_hand/descent.js";
import { alignmentAndUniformity, ntXent } from "../../assets/components/by_hand/loss.js";
import { dot, norm, normalize, tangent } from "../../assets/components/by_hand/vectors.js";
import { arrangements, near, random, unitVectors } from "./arrangements.js";

const TAUS = [0.05, 0.07, 0.1, 0.2, 0.5, 1];

// The definition, word for word: no trick for large exponents, no shared sums.
function naiveLoss(z, tau) {
  let total = 0;
  for (let i = 0; i < z.length; i++) {
    let sum = 0;
    for (let k = 0; k < z.length; k++) {
      if (k !== i) sum += Math.exp(dot(z[i], z[k]) / tau);
    }
    const partner = i % 2 ? i - 1 : i + 1;
    total -= Math.log(Math.exp(dot(z[i], z[partner]) / tau) / sum);
  }
  return total / z.length;
}

// The loss of directions, which makes its gradient lie along the circle or sphere.
const lossOfDirections = (z, tau) => naiveLoss(z.map(normalize), tau);

test("the loss is that of a double loop", () => {
  for (const { name, z } of arrangements()) {
    for (const tau of TAUS) near(ntXent(z, tau).loss, naiveLoss(z, tau), 1e-9, `${name}, ${tau}`);
  }
});

test("forces are minus the gradient by finite differences", () => {
  const step = 1e-6;
  for (const { name, z } of arrangements()) {
    for (const tau of TAUS) {
      const { force } = ntXent(z, tau);
      z.forEach((v, i) =>
        v.forEach((_, d) => {
          const moved = (by) =>
            z.map((point, k) => (k === i ? point.map((x, e) => (e === d ? x + by : x)) : point));
          const slope =
            (lossOfDirections(moved(step), tau) - lossOfDirections(moved(-step), tau)) / (2 * step);
          near(-force[i][d], slope, 1e-6, `${name}, tau ${tau}, point ${i}, axis ${d}`);
        }),
      );
    }
  }
});

test("a collapse costs log(2N - 1) at every temperature, and nothing pulls", () => {
  for (const images of [2, 3, 4]) {
    const z = Array.from({ length: 2 * images }, () => normalize([0.6, -0.8]));
    for (const tau of TAUS) {
      const { loss, force } = ntXent(z, tau);
      near(loss, Math.log(2 * images - 1), 1e-12);
      force.forEach((f) => near(norm(f), 0, 1e-12));
    }
  }
});

test("two opposite pairs cost log(1 + 2 exp(-2/tau))", () => {
  const z = [[1, 0], [1, 0], [-1, 0], [-1, 0]];
  for (const tau of TAUS) near(ntXent(z, tau).loss, Math.log1p(2 * Math.exp(-2 / tau)), 1e-12);
});

test("no exponent overflows at a temperature that no slider reaches", () => {
  const z = unitVectors(random(3), 8, 3);
  const { loss, rows } = ntXent(z, 1e-4);
  assert.ok(Number.isFinite(loss));
  rows.forEach(({ softmax }) => near(softmax.reduce((a, b) => a + b), 1, 1e-9));
});

test("a softmax sums to 1, leaves the anchor out and gives its row's loss", () => {
  for (const { z } of arrangements()) {
    ntXent(z, 0.2).rows.forEach(({ softmax, loss }, i) => {
      assert.equal(softmax[i], 0);
      near(softmax.reduce((a, b) => a + b), 1, 1e-12);
      near(loss, -Math.log(softmax[i % 2 ? i - 1 : i + 1]), 1e-9);
    });
  }
});

test("forces of pairs add up, and lie along the circle or sphere", () => {
  for (const { z } of arrangements()) {
    const { pairs, force } = ntXent(z, 0.3);
    z.forEach((v, i) => {
      near(dot(force[i], v), 0, 1e-12);
      v.forEach((_, d) => {
        near(force[i][d], pairs[i].reduce((sum, one) => sum + one[d], 0), 1e-12);
      });
    });
  }
});

test("partners attract and all others repel", () => {
  const z = unitVectors(random(11), 6, 3);
  const { pairs } = ntXent(z, 0.4);
  z.forEach((v, i) =>
    z.forEach((other, k) => {
      if (k === i) return;
      const towards = dot(pairs[i][k], tangent(other, v));
      assert.ok(k === (i ^ 1) ? towards > 0 : towards < 0, `${k} on ${i}: ${towards}`);
    }),
  );
});

test("descent lowers the loss at every temperature, and the held point stays", () => {
  for (const dimensions of [2, 3]) {
    for (const tau of TAUS) {
      let z = unitVectors(random(5), 6, dimensions);
      const rate = learningRate({ images: 3, tau });
      const [held] = z;
      let before = ntXent(z, tau).loss;
      for (let step = 0; step < 60; step++) {
        z = descend(z, tau, rate, 0);
        const { loss } = ntXent(z, tau);
        assert.ok(loss <= before + 1e-12, `step ${step} at tau ${tau}: ${before} to ${loss}`);
        before = loss;
      }
      assert.equal(z[0], held);
      z.forEach((v) => near(norm(v), 1, 1e-12));
    }
  }
});

test("descent comes to rest where partners coincide and images are even", () => {
  const tau = 0.5;
  let z = unitVectors(random(5), 6, 2);
  assert.ok(!isAtRest(z, tau));
  for (let step = 0; step < 2000 && !isAtRest(z, tau); step++) {
    z = descend(z, tau, learningRate({ images: 3, tau }));
  }
  assert.ok(isAtRest(z, tau));
  near(ntXent(z, tau).loss, Math.log1p(4 * Math.exp((-0.5 - 1) / tau)), 1e-4);
});

test("a collapse is at rest, a held point does not count", () => {
  const collapsed = Array.from({ length: 4 }, () => [0, 1]);
  assert.ok(isAtRest(collapsed, 0.5));
  const one = [[1, 0], ...collapsed.slice(1)];
  assert.ok(!isAtRest(one, 0.5));
});

test("the text of a descent counts its steps and gives its rule", () => {
  const state = { images: 2, tau: 0.5 };
  assert.equal(descentText(state, 1, false), "1 step · z ← z − 0.10 ∂L/∂z, back to length 1");
  assert.match(descentText(state, 5, true), /^5 steps: no arrow is left · /);
});

test("alignment and uniformity are those of a double loop", () => {
  for (const { z } of arrangements()) {
    const squared = (a, b) => norm(a.map((v, d) => v - b[d])) ** 2;
    let [alignment, potential, pairs] = [0, 0, 0];
    z.forEach((v, i) => {
      alignment += squared(v, z[i ^ 1]) / z.length;
      z.slice(0, i).forEach((other) => {
        potential += Math.exp(-2 * squared(v, other));
        pairs += 1;
      });
    });
    const measured = alignmentAndUniformity(ntXent(z, 1).cosine);
    near(measured.alignment, alignment, 1e-9);
    near(measured.uniformity, Math.log(potential / pairs), 1e-9);
  }
});

test("loss and gradient are those of the core and its autograd", () => {
  const known = JSON.parse(readFileSync(new URL("fixtures/losses.json", import.meta.url)));
  assert.ok(known.length >= 12);
  known.forEach(({ points, tau, loss, gradient }) => {
    const found = ntXent(points, tau);
    near(found.loss, loss, 1e-9);
    found.force.forEach((f, i) => f.forEach((v, d) => near(-v, gradient[i][d], 1e-9)));
  });
});
