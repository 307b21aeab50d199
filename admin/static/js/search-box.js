// Search as you type. htmx sends on `kb:search` and drops the older request (hx-sync); this module decides when:
// 150 ms after the last key, and never while an input method is composing.
const PAUSE_MS = 150;

document.querySelectorAll("[data-search-input]").forEach((input) => {
  const form = input.form;
  let timer = 0;
  let asked = input.value.trim();

  const ask = () => {
    window.clearTimeout(timer);
    const text = input.value.trim();
    if (text === asked) return;
    asked = text;
    form.dispatchEvent(new CustomEvent("kb:search", { bubbles: true }));
  };
  const later = (event) => {
    if (event.isComposing) return;
    window.clearTimeout(timer);
    timer = window.setTimeout(ask, PAUSE_MS);
  };

  input.addEventListener("input", later);
  input.addEventListener("compositionend", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(ask, PAUSE_MS);
  });
  input.addEventListener("keydown", (event) => {
    // With nothing new to ask, Enter is left to the list: it opens the current result.
    const news = input.value.trim() !== asked;
    if (event.key === "Enter" && news && !event.isComposing && form.hasAttribute("hx-get")) {
      event.preventDefault();
      ask();
    }
  });
  // Whoever comes back to a page finds the caret where they would type on.
  input.setSelectionRange(input.value.length, input.value.length);
});

document.addEventListener("change", (event) => {
  const control = event.target.closest("[data-submit-on-change]");
  if (!control) return;
  if (control.form.hasAttribute("hx-get")) {
    control.form.dispatchEvent(new CustomEvent("kb:search", { bubbles: true }));
  } else {
    control.form.requestSubmit();
  }
});
