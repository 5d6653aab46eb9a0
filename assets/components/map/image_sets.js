// The pictures and factors of each set of points, shared by all maps of the page.

import { decodeFloat32 } from "../shared/codec.js";
import { SheetStore } from "../shared/tiles.js";

export const imageSets = new SheetStore(6);

/**
 * Take what Python's `map_images` sends: a sprite sheet with one tile per point, and the
 * factors, which are what is known of each point.
 */
export function addImageSet({ set_id, atlas, tile, columns, label, sounds, palette, factors }) {
  if (imageSets.get(set_id)?.source === atlas) return;
  imageSets.add(set_id, {
    source: atlas,
    tile,
    columns,
    label, // the factor that colours the points at first
    sounds, // address of the points' sounds, null for pictures
    palette,
    factors: factors.map((factor) => decodeFactor(factor, palette)),
  });
}

/**
 * A factor with its values and the place of each value among the colours of its kind.
 *
 * `bins` holds that place for each point; an unknown value (NaN) has one of its own, behind
 * the others.
 */
export function decodeFactor({ name, kind, names, values: packed }, palette) {
  const values = decodeFloat32(packed);
  const known = values.filter(Number.isFinite);
  const low = known.reduce((a, b) => Math.min(a, b), Infinity);
  const high = known.reduce((a, b) => Math.max(a, b), -Infinity);
  const colours = palette.light[kind].length;
  const binOf = {
    class: (v) => v % colours,
    angle: (v) => Math.floor((v - Math.floor(v)) * colours) % colours,
    number: (v) => Math.round(((v - low) / (high - low || 1)) * (colours - 1)),
  }[kind];
  const bins = Uint16Array.from(values, (v) => (Number.isFinite(v) ? binOf(v) : colours));
  const unknown = known.length < values.length;
  const words = name.replaceAll("_", " ");
  return { name, kind, names, values, bins, low, high, unknown, words };
}
