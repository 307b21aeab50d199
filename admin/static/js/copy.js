// Copying: the clipboard where the page may use it, else a selection (an intranet address without HTTPS).
import { t } from "./strings.js";
import { toast } from "./toasts.js";

function copyBySelection(text) {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

export async function copyText(text) {
  let done = false;
  if (navigator.clipboard && window.isSecureContext) {
    try {
      await navigator.clipboard.writeText(text);
      done = true;
    } catch (error) {
      done = false;
    }
  }
  if (!done) done = copyBySelection(text);
  toast(done ? t("copied") : t("copy_failed"), done ? "" : "bad");
  return done;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  if (source) copyText(source.textContent.trim());
});
