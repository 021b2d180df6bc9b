// A list of the admin that keeps itself up to date while it is looked at.

import { LiveRows } from "./live-rows.js";
import { LiveState } from "./live-state.js";
import { Poller } from "./poller.js";

export class LiveList {
  /**
   * `isHeld()` tells whether rows had better not come and go; `ask()` returns what to ask for
   * besides the list's own address; `then(answer)` hears of each answer.
   */
  constructor({ isHeld = () => false, ask = () => ({}), then = () => {} } = {}) {
    this.bar = document.querySelector(".pyjobkit-list-state[data-live]");
    this.body = document.querySelector("#result_list tbody");
    this.newer = this.bar.querySelector("[data-newer]");
    this.ask = ask;
    this.then = then;
    this.isHeld = isHeld;
    this.showsAll = false;
    this.rows = this.body && new LiveRows(this.body, {
      isBusy: () => this.isBusy,
      announce: (count) => this.#announce(count),
    });
    const state = new LiveState(this.bar.querySelector("[data-live-state]"));
    this.poller = new Poller({
      address: () => this.#address(),
      show: (answer) => this.#show(answer),
      tell: (told) => state.tell(told),
    });
    this.newer.addEventListener("click", () => {
      this.showsAll = true;
      this.poller.soon();
    });
    this.poller.soon();
  }

  /** Whether somebody is about to use a row. */
  get isBusy() {
    const { body } = this;
    return body.matches(":hover") || body.contains(document.activeElement) || this.isHeld();
  }

  #address() {
    const asked = new URLSearchParams(window.location.search);
    for (const [name, value] of Object.entries(this.ask())) asked.set(name, value);
    return `${this.bar.dataset.live}?${asked}`;
  }

  #show(answer) {
    if (!this.rows) {
      // The page of an empty list has no table to fill.
      if (answer.here.length) window.location.reload();
    } else {
      this.rows.show(answer, { all: this.showsAll });
      this.showsAll = false;
    }
    this.then(answer);
    return answer.pause_ms;
  }

  #announce(count) {
    const { one, many } = this.newer.dataset;
    this.newer.hidden = count === 0;
    this.newer.textContent = (count === 1 ? one : many).replace("{count}", count);
  }
}
