// The last lines of a log as they are written: paused, searched, filtered by stream and run.

/** So near to its end, in pixels, a log counts as being followed. */
const NEAR = 40;

import { parsed } from "./morph.js";

export class LogTail {
  constructor(element) {
    const part = (name) => element.querySelector(`[data-log-${name}]`);
    this.element = element;
    this.lines = part("lines");
    this.empty = part("empty");
    this.earlier = part("earlier");
    this.count = part("count");
    this.search = part("search");
    this.stream = part("stream");
    this.run = part("run");
    this.pause = part("pause");
    this.cursor = element.dataset.cursor;
    this.most = Number(element.dataset.mostLines);
    part("tools").hidden = false;
    for (const tool of [this.search, this.stream, this.run]) {
      tool.addEventListener("input", () => this.#filter(this.#all()));
    }
    this.pause.addEventListener("click", () => this.#turn());
    this.#offer();
    this.#filter(this.#all());
    this.#follow();
  }

  get isPaused() {
    return this.pause.getAttribute("aria-pressed") === "true";
  }

  /** Put new lines, as `log` of the page's JSON brings them, behind the others. */
  add(log) {
    this.cursor = log.cursor || this.cursor;
    if (!log.lines) return;
    const wasFollowed = this.#isFollowed();
    this.empty.hidden = true;
    this.lines.hidden = false;
    const fresh = parsed(log.lines);
    const items = [...fresh.querySelectorAll("li")];
    for (const run of [...fresh.children]) this.#append(run);
    this.#shorten();
    this.#offer();
    this.#filter(items);
    if (wasFollowed) this.#follow();
  }

  #append(run) {
    const last = this.lines.lastElementChild;
    if (last?.dataset.run === run.dataset.run) {
      last.querySelector("ol").append(...run.querySelectorAll("li"));
    } else {
      this.lines.append(run);
    }
  }

  #shorten() {
    const items = this.#all();
    const surplus = items.slice(0, Math.max(0, items.length - this.most));
    if (!surplus.length) return;
    for (const item of surplus) item.remove();
    for (const run of [...this.lines.children]) {
      if (!run.querySelector("li")) run.remove();
    }
    this.earlier.hidden = false;
  }

  #all() {
    return [...this.lines.querySelectorAll("li")];
  }

  #isFollowed() {
    const { scrollTop, scrollHeight, clientHeight } = this.lines;
    return scrollHeight - scrollTop - clientHeight < NEAR;
  }

  #follow() {
    this.lines.scrollTop = this.lines.scrollHeight;
  }

  #turn() {
    this.pause.setAttribute("aria-pressed", String(!this.isPaused));
    this.#tell();
    this.element.dispatchEvent(new CustomEvent("pyjobkit:log-turned"));
  }

  #offer() {
    const streams = new Set(this.#all().map((item) => item.dataset.stream));
    const runs = [...this.lines.children].map((run) => run.dataset.run);
    offer(this.stream, [...streams].sort());
    offer(this.run, runs);
  }

  #filter(items) {
    const wanted = this.search.value.toLowerCase();
    for (const item of items) {
      const isShown =
        (!this.stream.value || item.dataset.stream === this.stream.value) &&
        (!wanted || item.querySelector(".pyjobkit-line").textContent.toLowerCase().includes(wanted));
      item.hidden = !isShown;
    }
    for (const run of this.lines.children) {
      run.hidden = Boolean(this.run.value) && run.dataset.run !== this.run.value;
    }
    this.#tell();
  }

  #tell() {
    const { words, paused } = this.count.dataset;
    const shown = this.lines.querySelectorAll("section:not([hidden]) li:not([hidden])").length;
    const total = this.#all().length;
    const isFiltered = this.search.value || this.stream.value || this.run.value;
    const counted = words.replace("{shown}", shown).replace("{total}", total);
    const told = [isFiltered ? counted : "", this.isPaused ? paused : ""].filter(Boolean).join(" ");
    // Only what is new, so that a screen reader says each thing once.
    if (this.count.textContent !== told) this.count.textContent = told;
  }
}

function offer(select, values) {
  const known = new Set([...select.options].map((option) => option.value));
  for (const value of values) {
    if (!known.has(value)) select.add(new Option(value, value));
  }
}
