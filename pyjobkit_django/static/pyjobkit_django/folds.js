// Folds JSON that is laid out in lines, and copies it. The text itself is not read as JSON,
// so that every digit stays as it was written.

const OPENS = /[{[]$/;

/** Fold the texts of JSON in a part of the page that are not folded yet. */
export function foldAll(root) {
  for (const text of root.querySelectorAll("[data-json] bdi")) {
    if (text.original) continue;
    text.original = text.cloneNode(true);
    text.replaceChildren(...folded(text.textContent.split("\n")));
  }
}

function folded(lines) {
  const top = document.createDocumentFragment();
  const open = [{ parent: top, indent: -1 }];
  for (const line of lines) {
    const indent = line.search(/\S|$/);
    const isEnd = open.length > 1 && indent <= open.at(-1).indent;
    if (isEnd) {
      const { end } = open.pop();
      end.append(`${line}\n`);
    } else if (OPENS.test(line)) {
      const fold = makeFold(line);
      open.at(-1).parent.append(fold.element);
      open.push({ ...fold, indent });
    } else {
      open.at(-1).parent.append(`${line}\n`);
    }
  }
  return top.childNodes;
}

function makeFold(line) {
  const element = document.createElement("details");
  const summary = document.createElement("summary");
  const parent = document.createElement("span");
  const end = document.createElement("span");
  element.open = true;
  element.className = "pyjobkit-fold";
  summary.textContent = `${line}\n`;
  element.append(summary, parent);
  const whole = document.createElement("span");
  whole.append(element, end);
  return { element: whole, parent, end };
}

/** Have the buttons of a part of the page copy the text that each belongs to. */
export function copyOnClick(root) {
  root.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (!button) return;
    const text = button.closest("details, section").querySelector(".pyjobkit-text bdi");
    const done = await copy((text.original ?? text).textContent);
    if (!done) return;
    button.textContent = button.dataset.done;
    setTimeout(() => (button.textContent = button.dataset.word), 2000);
  });
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Only pages of https have a clipboard; there is an older way for the others.
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}
