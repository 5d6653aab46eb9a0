// Factor values as a reader wants them.

import { shortNumber } from "../shared/numbers.js";

/** One value of a factor. */
export function valueText(factor, value) {
  if (!Number.isFinite(value)) return "unknown";
  if (factor.kind === "class") return factor.names[value] ?? `class ${value}`;
  if (factor.kind === "angle") return `${Math.round((value - Math.floor(value)) * 360)}°`;
  return shortNumber(value);
}

// What points that agree in a factor do, where "have the same said" is no English.
const AGREE = { said: "say the same", class: "are of the same class" };

/** How alike a point and its neighbours are, and what chance alone would give. */
export function agreementText(factor, index, neighbours) {
  const { values, kind, label } = factor;
  if (!neighbours.length || !Number.isFinite(values[index])) return "";
  if (kind === "class") {
    const alike = (i) => i !== index && values[i] === values[index];
    const same = neighbours.filter(alike).length;
    const all = values.reduce((n, _, i) => n + (alike(i) ? 1 : 0), 0);
    const chance = ((neighbours.length * all) / (values.length - 1)).toFixed(1);
    const agree = AGREE[factor.name] ?? `have the same ${label}`;
    return `${same} of ${neighbours.length} ${agree} (by luck: ${chance})`;
  }
  const distance = (i) => {
    const difference = Math.abs(values[i] - values[index]);
    return kind === "angle" ? Math.min(difference, 1 - difference) : difference;
  };
  const known = (i) => i !== index && Number.isFinite(values[i]);
  const others = [...values.keys()].filter(known);
  const mean = (points) => points.reduce((sum, i) => sum + distance(i), 0) / points.length;
  const near = neighbours.filter(known);
  if (!near.length) return "";
  const text = (d) => (kind === "angle" ? `${Math.round(d * 360)}°` : shortNumber(d));
  return `Their ${label} differs by ${text(mean(near))} on average (any other: ${text(mean(others))})`;
}
