// Numbers and factor values as a reader wants them.

function tidy(number) {
  return String(Number(number.toPrecision(2))).replace("-", "\u2212");
}

function valueText(factor, value) {
  if (!Number.isFinite(value)) return "unknown";
  if (factor.kind === "class") return factor.names[value] ?? `class ${value}`;
  if (factor.kind === "angle") return `${Math.round((value - Math.floor(value)) * 360)}°`;
  return tidy(value);
}

// What those that agree in a factor do, where "have the same said" is no English.
const AGREE = { said: "say the same", class: "are of the same class" };

// How much alike a point and its neighbours are, beside what luck alone would give.
function agreementText(factor, index, others) {
  const { values, kind, words } = factor;
  const rest = values.length - 1;
  if (!others.length || rest < 1 || !Number.isFinite(values[index])) return "";
  if (kind === "class") {
    const alike = (i) => i !== index && values[i] === values[index];
    const same = others.filter(alike).length;
    const all = values.reduce((n, _, i) => n + (alike(i) ? 1 : 0), 0);
    const luck = ((others.length * all) / rest).toFixed(1);
    const agree = AGREE[factor.name] ?? `have the same ${words}`;
    return `${same} of ${others.length} ${agree} (by luck: ${luck})`;
  }
  const apart = (i) => {
    const difference = Math.abs(values[i] - values[index]);
    return kind === "angle" ? Math.min(difference, 1 - difference) : difference;
  };
  const near = others.reduce((sum, i) => sum + apart(i), 0) / others.length;
  const any = values.reduce((sum, _, i) => sum + apart(i), 0) / rest;
  const text = (d) => (kind === "angle" ? `${Math.round(d * 360)}°` : tidy(d));
  return `Their ${words} differs by ${text(near)} on average (any other: ${text(any)})`;
}
