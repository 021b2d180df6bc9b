// The rows of a list as they change. While somebody is about to use them none comes or goes:
// new ones are announced, and what left the list stays until then, marked as such.

import { morphChildren, parsed } from "./morph.js";

export class LiveRows {
  constructor(body, { isBusy, announce }) {
    this.body = body;
    this.isBusy = isBusy;
    this.announce = announce;
    for (const row of body.rows) row.dataset.key = keyOf(row);
  }

  /** The jobs that are shown though the list, as it was last told, has them no more. */
  get left() {
    return [...this.body.querySelectorAll("tr.pyjobkit-left")].map((row) => row.dataset.key);
  }

  /** Show the rows of the page's JSON; with `all`, whatever somebody is about to do. */
  show({ rows, here }, { all = false } = {}) {
    const isStill = !all && this.isBusy();
    this.#update(rows);
    this.#leave(here, isStill);
    const fresh = here.filter((key) => !this.#row(key));
    if (!isStill) this.#insert(here, rows);
    this.announce(isStill ? fresh.length : 0);
  }

  #row(key) {
    return this.body.querySelector(`tr[data-key="${key}"]`);
  }

  #update(rows) {
    for (const [key, html] of Object.entries(rows)) {
      const row = this.#row(key);
      if (row && row.lastHtml !== html) {
        row.lastHtml = html;
        morphChildren(row, parsed(`<tr>${html}</tr>`).firstChild);
      }
    }
  }

  #leave(here, isStill) {
    const listed = new Set(here);
    for (const row of [...this.body.rows]) {
      const isListed = listed.has(row.dataset.key);
      if (!isListed && !isStill) row.remove();
      else row.classList.toggle("pyjobkit-left", !isListed);
    }
  }

  #insert(here, rows) {
    let place = this.body.firstElementChild;
    for (const key of here) {
      if (place?.dataset.key === key) {
        place = place.nextElementSibling;
        continue;
      }
      const row = parsed(`<tr>${rows[key]}</tr>`).firstChild;
      row.dataset.key = key;
      row.lastHtml = rows[key];
      this.body.insertBefore(row, place);
    }
  }
}

function keyOf(row) {
  return row.querySelector(".pyjobkit-id").title;
}
