// <pyjobkit-progress>: a bar that moves by itself until its job has ended. It fires
// "pyjobkit:progress" whenever something changed and "pyjobkit:ended" once, at the end; both
// bubble, and their detail has job, status, label, progress, text and ended.

import { Poller } from "./poller.js";

const REFUSED = ["signed-out", "gone"];

class JobProgress extends HTMLElement {
  #poller = null;
  #last = "";

  connectedCallback() {
    if ("ended" in this.dataset) return;
    this.#poller = new Poller({
      address: () => this.dataset.src,
      show: (answer) => this.#show(answer),
      tell: (state) => this.#tell(state),
    });
    this.#poller.soon();
  }

  disconnectedCallback() {
    this.#poller?.end();
  }

  #show({ pause_ms: pause, ...found }) {
    const seen = JSON.stringify(found);
    if (seen !== this.#last) {
      this.#last = seen;
      this.#fill(found);
      this.#fire("progress", found);
    }
    if (found.ended) {
      this.#poller.end();
      this.dataset.ended = "";
      this.#fire("ended", found);
    }
    return pause;
  }

  #fill(found) {
    this.dataset.status = found.status;
    const bar = this.querySelector("progress");
    if (found.progress !== null) bar.value = found.progress;
    else if (found.ended) bar.value = 0;
    else bar.removeAttribute("value");
    setText(this.querySelector("[data-label]"), found.label);
    setText(this.querySelector("[data-text]"), found.text);
  }

  #tell(state) {
    const { trouble, refused } = this.dataset;
    const words = state === "live" ? "" : REFUSED.includes(state) ? refused : trouble;
    setText(this.querySelector("[data-trouble-text]"), words);
  }

  #fire(name, detail) {
    this.dispatchEvent(new CustomEvent(`pyjobkit:${name}`, { bubbles: true, detail }));
  }
}

function setText(element, text) {
  // Only what is new, so that a screen reader says each thing once.
  if (element && element.textContent !== text) element.textContent = text;
}

customElements.define("pyjobkit-progress", JobProgress);
