// redlock (node-redlock).

import Redlock from "redlock";
import { adapterOf } from "./redlock_adapter.mjs";

export const Adapter = adapterOf(Redlock);
