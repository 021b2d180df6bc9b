// Makes a part of the page look like new HTML, and leaves alone what is the same already:
// the focus, the selection, what is folded, what is being watched by a script.

/** What people change by themselves stays as they left it. */
const THEIRS = { DETAILS: ["open"], INPUT: ["checked", "value"] };

export function morph(target, html) {
  if (target.lastHtml === html) return;
  target.lastHtml = html;
  morphChildren(target, parsed(html));
}

export function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

export function morphChildren(old, fresh) {
  const byKey = new Map();
  for (const child of old.children) {
    if (child.dataset.key) byKey.set(child.dataset.key, child);
  }
  let place = old.firstChild;
  for (const node of [...fresh.childNodes]) {
    const kept = counterpart(node, place, byKey);
    if (!kept) {
      old.insertBefore(node, place);
      continue;
    }
    if (kept === place) place = place.nextSibling;
    else old.insertBefore(kept, place);
    morphNode(kept, node);
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

function counterpart(node, place, byKey) {
  const key = node.dataset?.key;
  if (key) return byKey.get(key);
  const alike = place && place.nodeName === node.nodeName && !place.dataset?.key;
  return alike ? place : undefined;
}

export function morphNode(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  // A script has rebuilt it from this; see folds.js.
  if (old.original?.isEqualNode(fresh)) return;
  delete old.original;
  morphAttributes(old, fresh);
  morphChildren(old, fresh);
}

function morphAttributes(old, fresh) {
  const theirs = THEIRS[old.nodeName] ?? [];
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !theirs.includes(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value && !theirs.includes(name)) old.setAttribute(name, value);
  }
}
