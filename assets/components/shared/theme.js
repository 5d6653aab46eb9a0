// The page's theme, for what is drawn on a canvas, where CSS does not reach.

/** Colours, font and brightness of the page around `host`: computed styles only. */
export function readTheme(host) {
  const style = getComputedStyle(host);
  const read = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
  const background = read("--st-background-color", "#ffffff");
  return {
    background,
    text: read("--st-text-color", "#31333f"),
    font: read("--st-font", "sans-serif"),
    name: isDark(background) ? "dark" : "light",
  };
}

/** Whether two themes draw the same. */
export function sameTheme(a, b) {
  return a?.background === b?.background && a?.text === b?.text && a?.font === b?.font;
}

/** Whether the learner asks for less motion. */
export function prefersReducedMotion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

// A colour may come in any notation of CSS, so a canvas is asked what it looks like.
function isDark(colour) {
  const context = document.createElement("canvas").getContext("2d");
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [r, g, b] = context.getImageData(0, 0, 1, 1).data;
  return 0.3 * r + 0.59 * g + 0.11 * b < 128;
}
