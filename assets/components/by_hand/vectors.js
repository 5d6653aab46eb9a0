// Vectors as arrays of numbers, in two or three dimensions.

export const dot = (a, b) => a.reduce((sum, v, d) => sum + v * b[d], 0);
export const scale = (a, factor) => a.map((v) => v * factor);

/** a + factor · b */
export const add = (a, b, factor = 1) => a.map((v, d) => v + factor * b[d]);
export const norm = (a) => Math.hypot(...a);
export const normalize = (a) => scale(a, 1 / norm(a));

/** The part of v along the circle or sphere at z: the only way a unit vector can move. */
export const tangent = (v, z) => add(v, z, -dot(v, z));
