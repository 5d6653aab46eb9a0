// Mouse, touch and keys: hover reads a cell, a click or an arrow chooses it.

const SETTLE_MS = 140; // debounce for held arrow keys
const ECHO_TIMEOUT_MS = 3000; // how long an older choice that comes back from the page is ignored

/** Listen to the learner; returns a function that removes every listener. */
export function bindGestures(matrix) {
  const { canvas } = matrix.parts;
  const listening = new AbortController();
  const on = (kind, listener) =>
    canvas.addEventListener(kind, listener, { signal: listening.signal });
  on("pointermove", (event) => {
    if (event.pointerType !== "touch") matrix.hover(cellAt(matrix, event));
  });
  on("pointerleave", () => matrix.hover(null));
  on("click", (event) => {
    const cell = cellAt(matrix, event);
    if (cell) choose(matrix, cell, 0);
  });
  on("keydown", (event) => {
    const cell = cellAfterKey(matrix, event);
    if (!cell) return;
    event.preventDefault();
    matrix.hover(null);
    choose(matrix, cell, SETTLE_MS);
  });
  return () => listening.abort();
}

function cellAt(matrix, event) {
  const box = matrix.parts.canvas.getBoundingClientRect();
  const index = (place) => Math.floor((place - matrix.gutter) / matrix.cell);
  const cell = [index(event.clientY - box.top), index(event.clientX - box.left)];
  return cell.every((i) => i >= 0 && i < matrix.count) ? cell : null;
}

/** The cell that a key leads to from the chosen one, undefined or null for other keys. */
export function cellAfterKey({ row, column, count }, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const last = count - 1;
  return {
    ArrowLeft: [row, Math.max(column - 1, 0)],
    ArrowRight: [row, Math.min(column + 1, last)],
    ArrowUp: [Math.max(row - 1, 0), column],
    ArrowDown: [Math.min(row + 1, last), column],
    Home: [row, 0],
    End: [row, last],
    p: [row, row ^ 1],
  }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
}

// Shown here at once; Python, which has the numbers, gets it when the learner rests.
function choose(matrix, cell, delay) {
  matrix.choose(cell);
  clearTimeout(matrix.sending);
  matrix.sending = setTimeout(() => {
    matrix.sending = 0;
    matrix.pendingCell = { cell: String(cell), until: performance.now() + ECHO_TIMEOUT_MS };
    matrix.send(cell);
  }, delay);
}

/** Whether the cell that Python names is new, or an older choice that comes back. */
export function isNewSelection(matrix, cell) {
  if (matrix.sending) return false;
  const { pendingCell } = matrix;
  if (!pendingCell) return true;
  const answered = pendingCell.cell === String(cell);
  if (!answered && performance.now() < pendingCell.until) return false;
  matrix.pendingCell = null;
  return true;
}
