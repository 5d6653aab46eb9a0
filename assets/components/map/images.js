// The pictures and factors of each set of points, kept for every map on the page.

const SETS_KEPT = 6;
const sets = new Map(); // set_id -> set
const maps = new Map(); // shadow root -> LiveMap

function keepImages(data) {
  if (sets.get(data.set_id)?.atlas === data.atlas) return;
  const set = {
    id: data.set_id,
    atlas: data.atlas,
    picture: new Image(),
    ready: false,
    tile: data.tile,
    columns: data.columns,
    label: data.label,
    sounds: data.sounds, // where a point's sound is, null for pictures
    palette: data.palette,
    factors: data.factors.map((factor) => unpackFactor(factor, data.palette)),
  };
  sets.delete(set.id);
  sets.set(set.id, set);
  const shown = new Set([...maps.values()].map((map) => map.data.set_id));
  const idle = [...sets.keys()].filter((id) => !shown.has(id));
  idle.slice(0, -SETS_KEPT).forEach((id) => sets.delete(id));
  set.picture.onload = () => {
    set.ready = true;
    maps.forEach((map) => map.useSet());
  };
  set.picture.src = data.atlas;
  maps.forEach((map) => map.useSet());
}

// Each value's place in the colours of its kind is worked out once, here.
function unpackFactor({ name, kind, names, values: packed }, palette) {
  const values = new Float32Array(unpackBytes(packed).buffer);
  const known = values.filter(Number.isFinite);
  const low = known.reduce((a, b) => Math.min(a, b), Infinity);
  const high = known.reduce((a, b) => Math.max(a, b), -Infinity);
  const steps = palette.light[kind].length;
  const place = {
    class: (v) => v % steps,
    angle: (v) => Math.floor((v - Math.floor(v)) * steps) % steps,
    number: (v) => Math.round(((v - low) / (high - low || 1)) * (steps - 1)),
  }[kind];
  // What is not known has a place of its own, behind the others.
  const bins = Uint16Array.from(values, (v) => (Number.isFinite(v) ? place(v) : steps));
  const unknown = known.length < values.length;
  const words = name.replaceAll("_", " ");
  return { name, kind, names, values, bins, low, high, unknown, words };
}

function unpackBytes(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

function drawTile(context, set, index, x, y, width, height) {
  const { tile: [across, down], columns, picture } = set;
  const left = (index % columns) * across;
  const top = Math.floor(index / columns) * down;
  context.drawImage(picture, left, top, across, down, x, y, width, height);
}

function fillThumbnail(canvas, set, index) {
  const [across, down] = set?.tile ?? [1, 1];
  canvas.width = across;
  canvas.height = down;
  if (set?.ready) drawTile(canvas.getContext("2d"), set, index, 0, 0, across, down);
}

// Width and height of a thumbnail that covers as much as a square of this side.
function shaped(set, side) {
  const [across, down] = set?.tile ?? [1, 1];
  const wider = Math.sqrt(across / down);
  return [side * wider, side / wider];
}
