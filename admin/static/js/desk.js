// The agent's desk: the current hit's details at the right, and keys that work while the caret is in the search box.
import { copyText } from "./copy.js";
import { onKey } from "./shortcuts.js";
import { currentRow } from "./row-list.js";

const desk = document.querySelector("[data-desk]");

function press(selector) {
  const found = document.querySelector(selector);
  if (found) found.click();
}

function copyCurrent() {
  const row = currentRow();
  const answer = row && row.querySelector("[data-answer]");
  if (answer) copyText(answer.textContent.trim());
}

if (desk) {
  onKey("c", copyCurrent);
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey) return;
    // event.code: with Alt some keyboards give another character.
    const act = {
      KeyN: () => press("[data-new-ticket]"),
      KeyU: () => { const row = currentRow(); if (row) row.querySelector("[data-use]").click(); },
      KeyC: copyCurrent,
    }[event.code];
    if (act) {
      event.preventDefault();
      act();
    }
  });
  // A panel that has come in may name the field to go on with.
  document.addEventListener("htmx:afterSettle", (event) => {
    const first = event.target instanceof Element && event.target.querySelector("[data-focus]");
    if (first) first.focus();
  });
}
