// Asks an address again and again while the page is looked at, more rarely in trouble.

const FIRST_PAUSE_IN_TROUBLE_MS = 1000;
const LONGEST_PAUSE_MS = 30000;
/** A pause is at least so many times what the answer took, up to so long. */
const CALM = 20;
const CALMEST_MS = 10000;

/** The answer is final: asking again would get the same one. */
class Refused extends Error {
  constructor(state) {
    super(state);
    this.state = state;
  }
}

export class Poller {
  /**
   * `address()` returns what to ask for, `show(answer)` the milliseconds until the next time.
   * `tell(state)` hears "live", "trouble", "signed-out" or "gone".
   */
  constructor({ address, show, tell }) {
    this.address = address;
    this.show = show;
    this.tell = tell;
    this.failures = 0;
    this.timer = 0;
    this.asking = null;
    this.ended = false;
    this.listening = new AbortController();
    const { signal } = this.listening;
    document.addEventListener("visibilitychange", () => this.#turn(), { signal });
    window.addEventListener("online", () => this.soon(), { signal });
    window.addEventListener("pageshow", (event) => event.persisted && this.soon(), { signal });
  }

  /** Ask now, and from then on. */
  soon() {
    clearTimeout(this.timer);
    if (!this.ended && !document.hidden && !this.asking) this.#ask();
  }

  /** Ask no more. */
  end() {
    this.ended = true;
    this.listening.abort();
    clearTimeout(this.timer);
    this.asking?.abort();
  }

  #turn() {
    clearTimeout(this.timer);
    if (document.hidden) this.asking?.abort();
    else this.soon();
  }

  async #ask() {
    this.asking = new AbortController();
    let pause;
    const began = performance.now();
    try {
      const answer = await look(this.address(), this.asking.signal);
      // A site that takes long has enough to do.
      const calm = Math.min((performance.now() - began) * CALM, CALMEST_MS);
      pause = Math.max(this.show(answer), calm);
      this.failures = 0;
      this.tell("live");
    } catch (error) {
      pause = this.#missed(error);
    }
    this.asking = null;
    if (this.ended || document.hidden) return;
    this.timer = setTimeout(() => this.soon(), pause);
  }

  #missed(error) {
    if (error.name === "AbortError") return 0;
    if (error instanceof Refused) {
      this.ended = true;
      this.tell(error.state);
      return 0;
    }
    this.failures += 1;
    this.tell("trouble");
    const longest = Math.min(FIRST_PAUSE_IN_TROUBLE_MS * 2 ** this.failures, LONGEST_PAUSE_MS);
    // Many tabs that lost the same site do not come back as one.
    return longest * (0.5 + Math.random() / 2);
  }
}

async function look(address, signal) {
  const answer = await fetch(address, {
    cache: "no-store",
    credentials: "same-origin",
    headers: { Accept: "application/json" },
    // A redirect leads to the login.
    redirect: "manual",
    signal,
  });
  if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
    throw new Refused("signed-out");
  }
  if (answer.status === 404) throw new Refused("gone");
  if (!answer.ok) throw new Error(`the site answered ${answer.status}`);
  return answer.json();
}
