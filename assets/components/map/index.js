// The live map: a canvas of points, still or fed with frames.

import { mount } from "../shared/mount.js";
import { LiveMap } from "./live_map.js";

export default mount(LiveMap);
