// Keeps the list of jobs up to date while it is looked at.

import { LiveRows } from "./live-rows.js";
import { LiveState } from "./live-state.js";
import { morph } from "./morph.js";
import { Poller } from "./poller.js";
import { Selection } from "./selection.js";

/** Counting is dearer than looking, and is done each time this many answers came. */
const COUNT_EVERY = 5;
/** The most jobs that are asked for besides those of the list. */
const MOST_KEPT = 60;

const bar = document.querySelector(".pyjobkit-list-state[data-live]");
const body = document.querySelector("#result_list tbody");
const newer = bar.querySelector("[data-newer]");
const pager = document.querySelector('[data-region="pager"]');
const state = new LiveState(bar.querySelector("[data-live-state]"));
const selection = body && new Selection(body);
const rows = body && new LiveRows(body, { isBusy, announce });
let answers = 0;
let showsAll = false;

function isBusy() {
  const isTouched = body.matches(":hover") || body.contains(document.activeElement);
  return isTouched || selection.size > 0;
}

function announce(count) {
  newer.hidden = count === 0;
  const words = count === 1 ? newer.dataset.one : newer.dataset.many;
  newer.textContent = words.replace("{count}", count);
}

function address() {
  const asked = new URLSearchParams(window.location.search);
  if (answers % COUNT_EVERY === 0) asked.set("counts", "1");
  const kept = rows?.left.slice(0, MOST_KEPT) ?? [];
  if (kept.length) asked.set("kept", kept.join(","));
  return `${bar.dataset.live}?${asked}`;
}

function show(answer) {
  answers += 1;
  for (const [status, count] of Object.entries(answer.counts ?? {})) {
    document.querySelector(`[data-count="${status}"]`).textContent = count;
  }
  if (!rows) {
    // The page of an empty list has no table to fill.
    if (answer.here.length) window.location.reload();
    return answer.pause_ms;
  }
  rows.show(answer, { all: showsAll });
  showsAll = false;
  selection.tell();
  if (!isBusy()) morph(pager, answer.pager);
  return answer.pause_ms;
}

const poller = new Poller({ address, show, tell: (told) => state.tell(told) });
newer.addEventListener("click", () => {
  showsAll = true;
  poller.soon();
});
poller.soon();
