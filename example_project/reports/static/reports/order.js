// Fills the page of an order with what its JSON view says, until the job has ended.
"use strict";

const PAUSE_MS = 400;
const PAUSE_IN_TROUBLE_MS = 3000;

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
  job.dataset.status = state.status;
  job.querySelector("progress").value = state.progress;
  for (const name of ["status", "headline", "text", "attempts"]) fill(name, state[name]);
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
}

async function look() {
  const answer = await fetch(job.dataset.progress, { cache: "no-store" });
  if (!answer.ok) throw new Error(`the site answered ${answer.status}`);
  return answer.json();
}

async function follow() {
  let pause = PAUSE_MS;
  try {
    const state = await look();
    show(state);
    fillOrHide("trouble", "");
    if (state.finished) return;
  } catch {
    fillOrHide("trouble", "The site does not answer; trying again.");
    pause = PAUSE_IN_TROUBLE_MS;
  }
  setTimeout(follow, pause);
}

if (!("finished" in job.dataset)) follow();
