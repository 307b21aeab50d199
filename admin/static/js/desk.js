// The agent's desk: the current hit's details at the right, and keys that work while the caret is in the search box.
import { copyText } from "./copy.js";
import { onKey } from "./shortcuts.js";
import { currentRow } from "./row-list.js";
import { keepSearches } from "./searched.js";

const desk = document.querySelector("[data-desk]");

function press(selector) {
  const found = document.querySelector(selector);
  if (found) found.click();
}

function answerOf(row) {
  const answer = row && row.querySelector("[data-answer]");
  return answer ? answer.textContent.trim() : "";
}

function copyCurrent() {
  const answer = answerOf(currentRow());
  if (answer) copyText(answer);
}

function listen() {
  const panel = document.querySelector("[data-assist-panel]");
  if (!panel) return;
  panel.open = true;
  panel.querySelector("[data-transcript]").focus();
}

if (desk) {
  const input = desk.querySelector("[data-search-input]");
  keepSearches(desk, input);
  onKey("c", copyCurrent);
  desk.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy-answer]");
    if (button) copyText(answerOf(button.closest("[data-row]")));
    // The ticket is about what stands in the search box now, not when the page was loaded.
    if (event.target.closest("[data-new-ticket]")) {
      desk.querySelector("[data-question]").value = input.value.trim();
      desk.querySelector("[data-question-region]").value = input.form.elements.region.value;
    }
  });
  // The address names the current result, so that a copied link shows the same.
  desk.addEventListener("kb:current", (event) => {
    const address = new URL(window.location.href);
    address.searchParams.set("at", event.target.dataset.code);
    window.history.replaceState(window.history.state, "", address);
  });
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey) return;
    // event.code: with Alt some keyboards give another character.
    const act = {
      KeyN: () => press("[data-new-ticket]"),
      KeyU: () => { const row = currentRow(); if (row) row.querySelector("[data-use]").click(); },
      KeyC: copyCurrent,
      KeyM: () => press("[data-miss]"),
      KeyI: () => press("[data-take]"),
      KeyL: listen,
      KeyR: () => { const row = currentRow(); const button = row && row.querySelector("[data-report]"); if (button) button.click(); },
    }[event.code];
    if (act) {
      event.preventDefault();
      act();
    }
  });
  // A panel that has come in may name the field to go on with.
  document.addEventListener("htmx:afterSettle", (event) => {
    const first = event.target instanceof Element && event.target.querySelector("[data-focus]");
    if (!first) return;
    first.focus({ preventScroll: true });
    const side = first.closest("[data-scrolls]");
    if (side) side.scrollTop = 0;
  });
}
