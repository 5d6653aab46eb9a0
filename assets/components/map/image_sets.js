// The pictures and factors of each set of points, shared by all maps of the page.

import { decodeFloat32 } from "../shared/codec.js";
import { SheetStore } from "../shared/tiles.js";

export const imageSets = new SheetStore(6);

/**
 * Take what Python's `send_sprite_sheet` sends: a sprite sheet with one tile per point, and the
 * factors, which are what is known of each point.
 */
export function addImageSet({ set_id, sheet, tile, columns, label, sounds, palette, factors }) {
  if (imageSets.get(set_id)?.source === sheet) return;
  imageSets.add(set_id, {
    source: sheet,
    tile,
    columns,
    label, // the factor that colours the points at first
    sounds, // URL of the points' sounds, null for pictures
    palette,
    factors: factors.map((factor) => decodeFactor(factor, palette)),
  });
}

/**
 * A factor with its values and their colours.
 *
 * `bins`: colour index of each point; NaN gets an extra last bin.
 */
export function decodeFactor({ name, kind, names, values: encoded }, palette) {
  const values = decodeFloat32(encoded);
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
  const label = name.replaceAll("_", " ");
  return { name, kind, names, values, bins, low, high, unknown, label };
}
