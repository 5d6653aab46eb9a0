// Keeps a batch's pictures for the matrices of the page; they are sent once a batch.

export default function ({ data }) {
  const shared = (globalThis.sslLabMatrix ??= { sheets: new Map(), matrices: new Map() });
  if (shared.sheets.has(data.batch_id)) return;
  const sheet = { picture: new Image(), tile: data.tile, columns: data.columns, ready: false };
  shared.sheets.set(data.batch_id, sheet);
  [...shared.sheets.keys()].slice(0, -4).forEach((id) => shared.sheets.delete(id));
  sheet.picture.onload = () => {
    sheet.ready = true;
    shared.matrices.forEach((matrix) => matrix.paint());
  };
  sheet.picture.src = data.sheet;
}
