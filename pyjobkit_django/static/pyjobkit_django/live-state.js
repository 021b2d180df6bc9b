// Says whether the page is live, and if not, why.

const WORDS = {
  live: "liveWord",
  trouble: "troubleWord",
  "signed-out": "signedOutWord",
  gone: "goneWord",
};

export class LiveState {
  constructor(element) {
    this.element = element;
    this.text = element?.querySelector("[data-live-text]");
  }

  tell(state) {
    if (!this.element || this.element.dataset.liveState === state) return;
    this.element.dataset.liveState = state;
    this.element.hidden = false;
    this.text.textContent = this.element.dataset[WORDS[state]];
  }
}
