// Takes the pictures of a batch; the matrices of the page draw from them.

import { addBatchImages } from "../matrix/batch_images.js";

export default function ({ data }) {
  addBatchImages(data);
}
