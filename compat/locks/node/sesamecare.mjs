// @sesamecare-oss/redlock.

import { Redlock } from "@sesamecare-oss/redlock";
import { adapterOf } from "./redlock_adapter.mjs";

export const Adapter = adapterOf(Redlock);
