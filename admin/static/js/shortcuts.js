// The registry of shortcuts. Single characters never work while something is typed, and can be switched off.
import { t } from "./strings.js";
import { toast } from "./toasts.js";

const SWITCH = "kb-single-keys-off";
const singles = new Map();

export function isTyping(target) {
  return target instanceof Element
    && (target.isContentEditable || Boolean(target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select")));
}

export function onKey(key, act) {
  singles.set(key, act);
}

function singlesAreOff() {
  try {
    return window.localStorage.getItem(SWITCH) === "1";
  } catch (error) {
    return false;
  }
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.defaultPrevented) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const within = event.target instanceof Element && event.target.closest("form");
    const form = within && within.method === "post" ? within : document.querySelector("form[data-main-form]");
    if (form && !("noShortcut" in form.dataset)) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("button.btn-primary[type=submit]"));
    }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (document.querySelector("dialog[open]") || singlesAreOff()) return;
  const act = singles.get(event.key);
  if (act) {
    event.preventDefault();
    act();
  }
});

onKey("/", () => {
  const own = document.querySelector("[data-search-input]") || document.getElementById("global-search");
  if (own) {
    own.focus();
    own.select();
  }
});

// Links and buttons may name their own key.
document.querySelectorAll("[data-key]").forEach((element) => onKey(element.dataset.key, () => element.click()));

const knob = document.querySelector("[data-keys-switch]");
if (knob) {
  const show = () => { knob.textContent = singlesAreOff() ? knob.dataset.on : knob.dataset.off; };
  show();
  knob.addEventListener("click", () => {
    const off = !singlesAreOff();
    window.localStorage.setItem(SWITCH, off ? "1" : "0");
    show();
    toast(off ? t("keys_off") : t("keys_on"));
  });
}
