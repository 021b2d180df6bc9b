// Keeps the list of workers up to date.

import { LiveList } from "./live-list.js";

new LiveList();
