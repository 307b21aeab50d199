// Forms: the error summary gets the focus, a missing field is told when it is left, unsaved words are not lost.
import { t } from "./strings.js";

const summary = document.getElementById("error-summary");
if (summary) summary.focus();

document.addEventListener("focusout", (event) => {
  const control = event.target;
  if (!(control instanceof Element) || !control.matches(".field .form-control, .field .form-select")) return;
  const field = control.closest(".field");
  const place = field.querySelector(".wrong");
  if (!place || (!control.value && !field.classList.contains("is-wrong"))) return;
  const told = control.validity.valid ? "" : control.validationMessage;
  place.textContent = told;
  field.classList.toggle("is-wrong", Boolean(told));
  control.setAttribute("aria-invalid", String(Boolean(told)));
}, true);

const guarded = document.querySelector("form[data-guard]");
if (guarded) {
  let dirty = guarded.dataset.guard === "dirty";
  guarded.addEventListener("input", () => { dirty = true; });
  guarded.addEventListener("submit", () => { dirty = false; });
  window.addEventListener("beforeunload", (event) => {
    if (!dirty) return;
    event.preventDefault();
    event.returnValue = t("leave");
  });
}

// A second press of the same button must not send the same form twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  window.addEventListener("pageshow", () => { delete form.dataset.sent; }, { once: true });
});

// Lists of texts in a form: add a line, take one away, and the boxes that tick all others.
document.addEventListener("change", (event) => {
  const all = event.target.closest("[data-check-all]");
  if (!all) return;
  document.querySelectorAll(`input[type=checkbox][name="${all.dataset.checkAll}"]`).forEach((box) => {
    box.checked = all.checked;
  });
});
