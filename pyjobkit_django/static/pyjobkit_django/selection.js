// The boxes of a list whose rows come and go. Django's own script counts those that were
// there when the page was loaded.

export class Selection {
  constructor(rows) {
    this.rows = rows;
    this.counter = document.querySelector(".actions .action-counter");
    this.toggle = document.getElementById("action-toggle");
    rows.addEventListener("change", () => this.tell());
    this.toggle?.addEventListener("click", () => this.#all(this.toggle.checked));
  }

  get boxes() {
    return [...this.rows.querySelectorAll("input.action-select")];
  }

  get size() {
    return this.boxes.filter((box) => box.checked).length;
  }

  /** Count again: rows came or went. */
  tell() {
    if (!this.counter || typeof window.ngettext !== "function") return;
    const { size, boxes } = this;
    const words = window.ngettext("%(sel)s of %(cnt)s selected", "%(sel)s of %(cnt)s selected", size);
    this.counter.textContent = window.interpolate(words, { sel: size, cnt: boxes.length }, true);
    this.toggle.checked = size > 0 && size === boxes.length;
  }

  #all(isChecked) {
    for (const box of this.boxes) {
      box.checked = isChecked;
      box.closest("tr").classList.toggle("selected", isChecked);
    }
    this.tell();
  }
}
