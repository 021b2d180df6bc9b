// Keeps the page of a job up to date while it is looked at.

import { copyOnClick, foldAll } from "./folds.js";
import { LiveState } from "./live-state.js";
import { LogTail } from "./log-tail.js";
import { morph } from "./morph.js";
import { Poller } from "./poller.js";

const page = document.querySelector(".pyjobkit-job[data-live]");
const title = document.title;
const log = new LogTail(page.querySelector("[data-log]"));
const state = new LiveState(page.querySelector("[data-live-state]"));

function address() {
  const asked = new URLSearchParams({ seen: page.dataset.seen });
  if (!log.isPaused) asked.set("from", log.cursor);
  return `${page.dataset.live}?${asked}`;
}

function show(answer) {
  page.dataset.seen = answer.seen;
  for (const [name, html] of Object.entries(answer.regions)) {
    morph(document.querySelector(`[data-region="${name}"]`), html);
  }
  foldAll(page);
  if (answer.log && !log.isPaused) log.add(answer.log);
  if (page.dataset.status !== answer.status) {
    page.dataset.status = answer.status;
    document.title = `${answer.label} · ${title}`;
    page.dispatchEvent(new CustomEvent("pyjobkit:status", { bubbles: true, detail: answer }));
  }
  return answer.log?.more ? 0 : answer.pause_ms;
}

const poller = new Poller({ address, show, tell: (told) => state.tell(told) });
log.element.addEventListener("pyjobkit:log-turned", () => poller.soon());
copyOnClick(page);
foldAll(page);
page.classList.add("pyjobkit-scripted");
poller.soon();
