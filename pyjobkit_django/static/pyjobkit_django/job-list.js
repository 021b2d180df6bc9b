// Keeps the list of jobs up to date: its rows, its selection, its counts and its pager.

import { LiveList } from "./live-list.js";
import { morph } from "./morph.js";
import { Selection } from "./selection.js";

/** Counting is dearer than looking, and is done each time this many answers came. */
const COUNT_EVERY = 5;
/** The most jobs that are asked for besides those of the list. */
const MOST_KEPT = 60;

const body = document.querySelector("#result_list tbody");
const pager = document.querySelector('[data-region="pager"]');
const selection = body && new Selection(body);
let answers = 0;

function ask() {
  const asked = answers % COUNT_EVERY === 0 ? { counts: "1" } : {};
  const kept = list?.rows?.left.slice(0, MOST_KEPT) ?? [];
  return kept.length ? { ...asked, kept: kept.join(",") } : asked;
}

function then(answer) {
  answers += 1;
  for (const [status, count] of Object.entries(answer.counts ?? {})) {
    document.querySelector(`[data-count="${status}"]`).textContent = count;
  }
  if (!body) return;
  selection.tell();
  if (!list.isBusy) morph(pager, answer.pager);
}

let list;
list = new LiveList({ isHeld: () => selection.size > 0, ask, then });
