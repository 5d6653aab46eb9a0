// NT-Xent and its gradient by hand (SimCLR, eq. 1). Nothing here knows of a screen.
// Points come in pairs: 0 and 1 are the two views of image A, 2 and 3 of image B.

const partnerOf = (i) => i ^ 1;

const dot = (a, b) => a.reduce((sum, v, d) => sum + v * b[d], 0);
const times = (a, share) => a.map((v) => v * share);
const plus = (a, b, share = 1) => a.map((v, d) => v + share * b[d]);
const size = (a) => Math.hypot(...a);
const unit = (a) => times(a, 1 / size(a));

// The part of v along the circle or sphere at z: the only way a unit vector can move.
const tangent = (v, z) => plus(v, z, -dot(v, z));

// Every anchor's choice among all others: the largest is taken out before exp.
function softmaxRow(scaled, i) {
  const others = scaled.filter((_, k) => k !== i);
  const most = Math.max(...others);
  const sum = others.reduce((total, v) => total + Math.exp(v - most), 0);
  const logSum = most + Math.log(sum);
  return {
    softmax: scaled.map((v, k) => (k === i ? 0 : Math.exp(v - logSum))),
    loss: logSum - scaled[partnerOf(i)],
  };
}

// z: unit vectors. Forces are minus the gradient: where each point is told to go.
function ntXent(z, tau) {
  const cosine = z.map((a) => z.map((b) => dot(a, b)));
  const rows = cosine.map((row, i) => softmaxRow(times(row, 1 / tau), i));
  // Point k tells i both as its candidate (row i) and as an anchor itself (row k).
  const pull = (i, k) => {
    const wanted = k === partnerOf(i) ? 2 : 0;
    return (wanted - rows[i].softmax[k] - rows[k].softmax[i]) / (z.length * tau);
  };
  const nothing = z[0].map(() => 0);
  const pairs = z.map((a, i) =>
    z.map((b, k) => (k === i ? nothing : times(tangent(b, a), pull(i, k)))),
  );
  const force = pairs.map((told) => told.reduce((sum, one) => plus(sum, one), nothing));
  const loss = rows.reduce((sum, row) => sum + row.loss, 0) / z.length;
  return { loss, cosine, rows, pairs, force };
}

// Wang and Isola 2020: mean squared distance of partners; log mean potential of all pairs.
function measures(cosine) {
  const apart = (i, k) => Math.max(2 - 2 * cosine[i][k], 0);
  const n = cosine.length;
  let [alignment, potential] = [0, 0];
  for (let i = 0; i < n; i++) {
    alignment += apart(i, partnerOf(i)) / n;
    for (let k = 0; k < i; k++) potential += Math.exp(-2 * apart(i, k));
  }
  return { alignment, uniformity: Math.log(potential / ((n * (n - 1)) / 2)) };
}
