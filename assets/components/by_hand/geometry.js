// Moving on the circle and on the sphere, and looking at the sphere from somewhere.

const DEGREE = Math.PI / 180;

// Along the shortest arc; from a point to its opposite, any way round will do.
function between(a, b, share) {
  const angle = Math.acos(Math.min(Math.max(dot(a, b), -1), 1));
  if (angle < 1e-9) return b;
  const beside = tangent(b, a);
  const [x, y, z = 0] = a;
  const any = a.length === 2 ? [-y, x] : Math.abs(y) < 0.9 ? [z, 0, -x] : [1, 0, 0];
  const way = unit(size(beside) > 1e-6 ? beside : tangent(any, a));
  if (share >= 1) return b;
  return plus(times(a, Math.cos(angle * share)), way, Math.sin(angle * share));
}

const turned = ([x, y], angle) => [
  x * Math.cos(angle) - y * Math.sin(angle),
  x * Math.sin(angle) + y * Math.cos(angle),
];

// Around the vertical axis, then around the horizontal one, as the viewer has them.
function swung([x, y, z], across, up) {
  const [x2, z2] = turned([x, z], -across);
  const [y2, z3] = turned([y, z2], -up);
  return [x2, y2, z3];
}

// The viewer's axes, as rows in the world's coordinates.
const START_VIEW = [[1, 0, 0], [0, 1, 0], [0, 0, 1]].map((axis) =>
  swung(axis, -22 * DEGREE, 18 * DEGREE),
);

function turnView(view, across, up) {
  const columns = [0, 1, 2].map((d) => swung(view.map((row) => row[d]), across, up));
  return [0, 1, 2].map((r) => unit(columns.map((column) => column[r])));
}

// x to the right, y up, z towards the viewer. The circle lies flat before the viewer.
const toView = (view, v) => (v.length === 2 ? [...v, 0] : view.map((row) => dot(row, v)));
const toWorld = (view, v) => [0, 1, 2].map((d) => dot(view.map((row) => row[d]), v));

// Where on the sphere the pointer is, on the side where the point was taken up.
function onSphere(x, y, front) {
  const far = Math.hypot(x, y);
  if (far >= 1) return [x / far, y / far, 0];
  return [x, y, (front ? 1 : -1) * Math.sqrt(1 - far * far)];
}

// From the circle to the sphere no cosine changes; back, a point goes to its shadow.
function movedTo(space, [x, y, z = 0]) {
  if (space === "sphere") return [x, y, z];
  return Math.hypot(x, y) > 1e-6 ? unit([x, y]) : [1, 0];
}

// Angles in whole degrees, for those who listen instead of look.
function anglesText(v) {
  const whole = (angle) => Math.round(angle / DEGREE);
  if (v.length === 2) return `${(whole(Math.atan2(v[1], v[0])) + 360) % 360} degrees`;
  const up = whole(Math.asin(Math.min(Math.max(v[1], -1), 1)));
  return `longitude ${whole(Math.atan2(v[0], v[2]))}, latitude ${up} degrees`;
}
