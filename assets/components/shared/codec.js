// Arrays that Python sends as base64 of their little-endian bytes. Every browser runs on a
// little-endian machine, so the bytes are the array.

/** The bytes of a base64 text. */
export function decodeBytes(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** numpy's "<f4". */
export function decodeFloat32(text) {
  return new Float32Array(decodeBytes(text).buffer);
}

/** numpy's "<u2". */
export function decodeUint16(text) {
  return new Uint16Array(decodeBytes(text).buffer);
}

/**
 * Positions and neighbours of a frame of the map.
 *
 * A position comes as one of 65,536 steps along each side of the frame's own box
 * `[x, y, width, height]`; a neighbour as the number of a point.
 *
 * @returns `{ positions, neighbours }`: Float32Array of x0, y0, x1, … and Uint16Array of
 *   k neighbours for each point, nearest first.
 */
export function decodeFrame({ xy, box: [x, y, width, height], neighbours }) {
  const steps = decodeUint16(xy);
  const positions = Float32Array.from(steps, (step, i) =>
    i % 2 ? y + (step / 65535) * height : x + (step / 65535) * width,
  );
  return { positions, neighbours: decodeUint16(neighbours) };
}
