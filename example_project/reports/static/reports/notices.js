// Shows notices as they come in: takes the list out of the page, loaded anew.
"use strict";

const PAUSE_MS = 1500;
const list = document.getElementById("notices");

async function look() {
  const answer = await fetch(location.pathname, { cache: "no-store" });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("notices").innerHTML;
  if (fresh !== list.innerHTML) list.innerHTML = fresh;
}

async function follow() {
  try {
    if (!document.hidden) await look();
  } catch {
    // The site is away; it is asked again in a moment.
  }
  setTimeout(follow, PAUSE_MS);
}

follow();
