// Sprite sheets: many small pictures in one image, row by row.

/**
 * The sprite sheets of a page by id, and the views that draw from them.
 *
 * A sheet is sent once, apart from the numbers of a view; it may arrive before the view or
 * after it. Sheets that no view shows are dropped, the oldest first, but for `keep` of them.
 */
export class SheetStore {
  constructor(keep) {
    this.keep = keep;
    this.sheets = new Map();
    this.views = new Set();
  }

  /** The sheet of this id; undefined before it has been sent. */
  get(id) {
    return this.sheets.get(id);
  }

  /**
   * Take a sheet: `{ source, tile: [width, height], columns, … }`; `source` is the image's
   * URL. The same id with the same source is the same sheet, and nothing happens.
   *
   * `picture` and `ready` are added to it; `ready` turns true once the image is decoded.
   */
  add(id, sheet) {
    if (this.sheets.get(id)?.source === sheet.source) return;
    const picture = new Image();
    const added = { ...sheet, picture, ready: false };
    this.sheets.delete(id);
    this.sheets.set(id, added);
    this.dropUnused();
    picture.onload = () => {
      added.ready = true;
      this.notify(id);
    };
    picture.src = sheet.source;
    this.notify(id);
  }

  /**
   * Register a view: an object with `sheetId`, the sheet that it shows now, and
   * `onSheet()`, which is called when that sheet arrives and when it becomes ready.
   *
   * @returns a function that removes the view.
   */
  register(view) {
    this.views.add(view);
    return () => this.views.delete(view);
  }

  notify(id) {
    this.views.forEach((view) => {
      if (view.sheetId === id) view.onSheet();
    });
  }

  dropUnused() {
    const shown = new Set([...this.views].map((view) => view.sheetId));
    const unused = [...this.sheets.keys()].filter((id) => !shown.has(id));
    unused.slice(0, -this.keep).forEach((id) => this.sheets.delete(id));
  }
}

/** Width and height of a tile, 1 × 1 while there is no sheet. */
export function tileShape(sheet) {
  return sheet?.tile ?? [1, 1];
}

/** Draw one tile of a sheet that is ready. */
export function drawTile(context, sheet, index, x, y, width, height) {
  const [across, down] = sheet.tile;
  const left = (index % sheet.columns) * across;
  const top = Math.floor(index / sheet.columns) * down;
  context.drawImage(sheet.picture, left, top, across, down, x, y, width, height);
}

/** Fill a canvas with one tile, at its own size; empty while the sheet is not ready. */
export function fillThumbnail(canvas, sheet, index) {
  const [across, down] = tileShape(sheet);
  canvas.width = across;
  canvas.height = down;
  if (sheet?.ready) drawTile(canvas.getContext("2d"), sheet, index, 0, 0, across, down);
}
