// Messages at the lower right: they leave after ten seconds, but not while they are pointed at or hold the focus.
import { t } from "./strings.js";

const STAY_MS = 10000;
const box = document.getElementById("toasts");

function arm(toast) {
  let timer = 0;
  const leave = () => toast.remove();
  const start = () => { timer = window.setTimeout(leave, STAY_MS); };
  const hold = () => window.clearTimeout(timer);
  toast.addEventListener("mouseenter", hold);
  toast.addEventListener("mouseleave", start);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("focusout", start);
  start();
}

// Taken back where it was done, so that a call goes on meanwhile.
async function takeBack(path) {
  const csrf = document.querySelector("meta[name=csrf]");
  const headers = { "HX-Request": "true", "X-CSRF-Token": csrf ? csrf.content : "" };
  try {
    const answer = await fetch(path, { method: "POST", headers });
    const said = answer.ok ? JSON.parse(answer.headers.get("HX-Trigger"))["kb:toast"].text : (await answer.json()).detail;
    toast(said, answer.ok ? "" : "bad");
  } catch (error) {
    toast(t("network_failed"), "bad");
  }
}

export function toast(text, tone = "", undo = "") {
  if (!box) return;
  const made = document.createElement("div");
  made.className = `toast-kb ${tone}`;
  made.dataset.toast = "";
  const words = document.createElement("span");
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.dataset.toastClose = "";
  close.textContent = "×";
  made.append(words);
  if (undo) {
    const back = document.createElement("button");
    back.type = "button";
    back.className = "undo";
    back.textContent = t("undo");
    back.addEventListener("click", () => { made.remove(); takeBack(undo); });
    made.append(back);
  }
  made.append(close);
  box.append(made);
  arm(made);
}

if (box) {
  box.querySelectorAll("[data-toast]").forEach(arm);
  box.addEventListener("click", (event) => {
    const close = event.target.closest("[data-toast-close]");
    if (close) close.closest("[data-toast]").remove();
  });
}

// A refused request keeps the page as it is and says why, in the words of the service.
document.addEventListener("htmx:responseError", (event) => {
  const request = event.detail.xhr;
  let detail = t("request_failed");
  try {
    detail = JSON.parse(request.responseText).detail || detail;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (request.status === 401) {
    window.location.assign(`/login?next=${encodeURIComponent(window.location.pathname + window.location.search)}`);
    return;
  }
  toast(detail, "bad");
});
["htmx:sendError", "htmx:timeout"].forEach((name) => {
  document.addEventListener(name, () => toast(t("network_failed"), "bad"));
});
document.addEventListener("kb:toast", (event) => toast(event.detail.value || event.detail.text, event.detail.tone, event.detail.undo));
