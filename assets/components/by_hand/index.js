// The loss by hand: points that the learner moves on a circle or sphere.

import { mount } from "../shared/mount.js";
import { LossByHand } from "./loss_by_hand.js";

export default mount(LossByHand);
