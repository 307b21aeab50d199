// A form that keeps what was typed when the network is lost, and cannot be sent twice by accident.
import { keep, kept } from "./kept.js";
import { t } from "./words.js";

const LONGEST_WAIT_MS = 20000;

function arrive(page) {
  const main = document.getElementById("main");
  main.replaceWith(page.getElementById("main"));
  document.title = page.title;
  begin();
  const target = document.querySelector("#wrong, [data-focus]") || document.getElementById("main");
  target.focus();
  window.scrollTo(0, 0);
}

async function send(form) {
  const notice = form.querySelector("[data-notice]");
  const button = form.querySelector(".send");
  const words = button.textContent;
  const stop = new AbortController();
  const timer = window.setTimeout(() => stop.abort(), LONGEST_WAIT_MS);
  notice.hidden = true;
  button.disabled = true;
  button.textContent = form.dataset.busy;
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { Accept: "text/html" },
      signal: stop.signal,
    });
    if (answer.status >= 500) throw new Error(t("trouble"));
    arrive(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch (error) {
    const known = { AbortError: t("slow"), TypeError: t("failed") };
    notice.textContent = known[error.name] || error.message;
    notice.hidden = false;
    notice.scrollIntoView({ block: "center" });
    button.disabled = false;
    button.textContent = words;
  } finally {
    window.clearTimeout(timer);
  }
}

function begin() {
  const registered = document.querySelector("[data-registered]");
  if (registered) keep(registered.dataset.conversation);
  else if (kept()) {
    document.querySelectorAll('input[name="conversation"]').forEach((field) => {
      if (!field.value) field.value = kept();
    });
  }
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-sheet]")) return;
  event.preventDefault();
  send(event.target);
});

begin();
