// The similarity matrix of a batch, whose cells can be chosen.

import { mount } from "../shared/mount.js";
import { SimilarityCanvas } from "./similarity_canvas.js";

export default mount(SimilarityCanvas);
