// A recorded run that plays in the browser alone.

import { mount } from "../shared/mount.js";
import { Player } from "./player.js";

export default mount(Player);
