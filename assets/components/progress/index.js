// Keeps the learner's progress in this browser; draws nothing.

import { mount } from "../shared/mount.js";
import { ProgressStore } from "./store.js";

export default mount(ProgressStore);
