// A list whose current row moves with ↑ and ↓ and opens with Enter. In a page with a search box the keys work
// from inside the box, so that hands never leave the keyboard.
import { isTyping } from "./shortcuts.js";

const list = () => document.querySelector("[data-rows]");
const rows = () => Array.from(document.querySelectorAll("[data-rows] [data-row]"));

export function currentRow() {
  return document.querySelector("[data-rows] [data-row].is-current");
}

export function select(row, { scroll = true } = {}) {
  const before = currentRow();
  if (before === row) return;
  if (before) {
    before.classList.remove("is-current");
    before.removeAttribute("aria-current");
  }
  if (!row) return;
  row.classList.add("is-current");
  row.setAttribute("aria-current", "true");
  if (scroll) row.scrollIntoView({ block: "nearest" });
  row.dispatchEvent(new CustomEvent("kb:current", { bubbles: true }));
}

function openCurrent() {
  const row = currentRow();
  const link = row && (row.querySelector("[data-row-open]") || row.querySelector("a[href]"));
  if (link) link.click();
  return Boolean(link);
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!list() || document.querySelector("dialog[open]")) return;
  const inBox = event.target instanceof Element && event.target.matches("[data-search-input]");
  if (isTyping(event.target) && !inBox) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    const all = rows();
    if (!all.length) return;
    event.preventDefault();
    const at = all.indexOf(currentRow());
    select(all[Math.min(Math.max(at + step, 0), all.length - 1)]);
  } else if (event.key === "Enter" && (inBox || event.target === document.body || event.target.id === "main")) {
    if (openCurrent()) event.preventDefault();
  }
});

document.addEventListener("click", (event) => {
  const row = event.target.closest("[data-rows] [data-row]");
  if (row) select(row, { scroll: false });
});

export function selectFirst() {
  const all = rows();
  if (all.length && !currentRow()) select(all[0], { scroll: false });
}

document.addEventListener("htmx:afterSettle", selectFirst);
selectFirst();
