// Fills in what the bar on the page of an order does not tell, whenever the bar has moved.

const job = document.getElementById("job");
const title = document.title;

function fill(name, text) {
  const slot = job.querySelector(`[data-slot="${name}"]`);
  // Only what is new, so that a screen reader says each thing once.
  if (slot.textContent !== text) slot.textContent = text;
}

function fillOrHide(name, text) {
  fill(name, text);
  job.querySelector(`[data-slot="${name}"]`).hidden = !text;
}

function fillLog(lines) {
  const items = lines.map((line) => {
    const item = document.createElement("li");
    item.className = line.stream;
    item.textContent = line.text;
    return item;
  });
  job.querySelector('[data-slot="lines"]').replaceChildren(...items);
}

function show(state) {
  for (const name of ["status", "headline", "attempts"]) fill(name, state[name]);
  for (const [name, figure] of Object.entries(state.result ?? {})) fill(name, figure);
  fillOrHide("reason", state.reason);
  fillLog(state.lines);
  job.querySelector('[data-shown-when="ready"]').hidden = !state.ready;
  for (const form of document.querySelectorAll('[data-hidden-when="finished"]')) {
    form.hidden = state.finished;
  }
  document.title = state.finished
    ? `${state.status}: ${title}`
    : `${Math.round(state.progress * 100)} % ${title}`;
  job.dataset.status = state.status;
}

// The newest question whose answer is shown; an answer that comes late is old news.
let asked = 0;
let shown = 0;

// The bar of {% job_progress %} tells when something happened.
job.addEventListener("pyjobkit:progress", async () => {
  const turn = ++asked;
  const answer = await fetch(job.dataset.progress, { cache: "no-store" });
  if (!answer.ok) return;
  const state = await answer.json();
  if (turn < shown) return;
  shown = turn;
  show(state);
});
