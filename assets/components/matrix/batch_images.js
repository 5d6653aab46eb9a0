// The pictures of each batch, shared by all matrices of the page.

import { SheetStore } from "../shared/tiles.js";

export const batchImages = new SheetStore(4);

/** Take what Python's `send_views` sends: a sprite sheet with one tile per view. */
export function addBatchImages({ batch_id, sheet, tile, columns }) {
  batchImages.add(batch_id, { source: sheet, tile, columns });
}
