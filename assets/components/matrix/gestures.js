// Mouse, touch and keys: hover reads a cell, a click or an arrow chooses it.

const SETTLE_MS = 140; // a held arrow key asks the page once, where it comes to rest
const ECHO_MS = 3000; // how long an older answer of the page is taken for a late one

function bindGestures(matrix) {
  const { canvas } = matrix.parts;
  canvas.onpointermove = (event) => {
    if (event.pointerType !== "touch") matrix.hover(cellAt(matrix, event));
  };
  canvas.onpointerleave = () => matrix.hover(null);
  canvas.onclick = (event) => {
    const cell = cellAt(matrix, event);
    if (cell) choose(matrix, cell, 0);
  };
  canvas.onkeydown = (event) => {
    const cell = cellAfter(matrix, event);
    if (!cell) return;
    event.preventDefault();
    matrix.hover(null);
    choose(matrix, cell, SETTLE_MS);
  };
}

function cellAt(matrix, event) {
  const box = matrix.parts.canvas.getBoundingClientRect();
  const index = (place) => Math.floor((place - matrix.gutter) / matrix.cell);
  const cell = [index(event.clientY - box.top), index(event.clientX - box.left)];
  return cell.every((i) => i >= 0 && i < matrix.count) ? cell : null;
}

function cellAfter(matrix, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const { row, column, count } = matrix;
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

// Shown here at once; the page, which has the numbers, is told when it settles.
function choose(matrix, cell, delay) {
  matrix.show(cell);
  setText(matrix.parts.said, matrix.linesOf(cell).join(", "));
  clearTimeout(matrix.telling);
  matrix.telling = setTimeout(() => {
    matrix.telling = 0;
    matrix.awaited = { cell: String(cell), until: performance.now() + ECHO_MS };
    matrix.tell({ row: cell[0], column: cell[1] });
  }, delay);
}

// Whether the cell that the page names is news, or the echo of an older choice.
function isNews(matrix, cell) {
  if (matrix.telling) return false;
  const { awaited } = matrix;
  if (!awaited) return true;
  const answered = awaited.cell === String(cell);
  if (!answered && performance.now() < awaited.until) return false;
  matrix.awaited = null;
  return true;
}
