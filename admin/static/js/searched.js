// Tells the service what was searched for once the typing has stopped, and which result was taken: without
// it nobody would see which questions the base answers badly. Who searched is not kept.
const SETTLED_MS = 2500;
// Who says it otherwise within this time is still after the same thing.
const AGAIN_MS = 180000;

function newKey() {
  return Array.from(window.crypto.getRandomValues(new Uint8Array(12)), (each) => each.toString(16).padStart(2, "0")).join("");
}

export function keepSearches(desk, input) {
  let key = newKey();
  let kept = "";
  let timer = 0;
  let fruitless = "";
  let at = 0;

  function send(chosen) {
    const question = input.value.trim();
    if (!question) return;
    let after = "";
    if (question !== kept) {
      after = Date.now() - at < AGAIN_MS ? fruitless : "";
      key = newKey();
      kept = question;
      fruitless = key;
      at = Date.now();
    } else if (!chosen) {
      return;
    }
    if (chosen) fruitless = "";
    const body = new URLSearchParams({ q: question, key, chosen: chosen || "", after });
    desk.querySelectorAll("[data-rows] [data-row]").forEach((row) => body.append("hit", row.dataset.code));
    const csrf = document.querySelector("meta[name=csrf]").content;
    window.fetch("/desk/searched", { method: "POST", body, headers: { "X-CSRF-Token": csrf }, keepalive: true }).catch(() => {});
  }

  document.addEventListener("htmx:afterSettle", (event) => {
    if (!(event.target instanceof Element) || event.target.id !== "results") return;
    window.clearTimeout(timer);
    timer = window.setTimeout(() => send(""), SETTLED_MS);
  });
  desk.addEventListener("click", (event) => {
    const row = event.target.closest("[data-row]");
    if (!row) return;
    if (event.target.closest("[data-copy-answer], [data-row-open]")) send(row.dataset.code);
    if (event.target.closest("[data-use]")) {
      // The form that tells of the answer carries the key itself.
      send("");
      fruitless = "";
      row.querySelector("[data-search-key]").value = key;
    }
  });
}
