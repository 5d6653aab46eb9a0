// Takes the pictures and factors of a set of points; the maps of the page draw from them.

import { addImageSet } from "../map/image_sets.js";

export default function ({ data }) {
  addImageSet(data);
}
