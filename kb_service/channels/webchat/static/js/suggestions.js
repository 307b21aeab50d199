// Questions that go on from what is being typed; chosen with the arrow keys or a tap.
import { post } from "./post.js";
import { t } from "./words.js";

const PAUSE_MS = 180;

export function suggestFor(box, choose) {
  const list = document.getElementById("suggestions");
  const status = document.getElementById("suggestions-status");
  let timer = 0;
  let asked = "";
  let running = null;
  let active = -1;

  const items = () => Array.from(list.children);

  function close() {
    window.clearTimeout(timer);
    if (running) running.abort();
    asked = "";
    list.hidden = true;
    list.textContent = "";
    active = -1;
    status.textContent = "";
    box.removeAttribute("aria-activedescendant");
  }

  function mark(index) {
    active = index;
    items().forEach((item, at) => item.setAttribute("aria-selected", String(at === index)));
    if (index < 0) {
      box.removeAttribute("aria-activedescendant");
      return;
    }
    box.setAttribute("aria-activedescendant", items()[index].id);
    items()[index].scrollIntoView({ block: "nearest" });
  }

  function show(texts) {
    list.textContent = "";
    texts.forEach((text, at) => {
      const item = document.createElement("li");
      item.id = `suggestion-${at}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      item.textContent = text;
      list.append(item);
    });
    active = -1;
    list.hidden = texts.length === 0;
    status.textContent = texts.length ? t("suggestions", { count: texts.length }) : "";
  }

  async function ask() {
    const text = box.value.trim();
    if (text.length < 2 || text.includes("\n")) {
      close();
      return;
    }
    if (text === asked) return;
    asked = text;
    if (running) running.abort();
    running = new AbortController();
    try {
      const found = await post("/chat/suggestions", { q: text }, running.signal);
      if (asked === text) show(found.suggestions.filter((each) => each !== text));
    } catch (error) {
      // Suggestions are a help, never a hindrance: without them one types on.
      if (asked === text) close();
    }
  }

  function later() {
    window.clearTimeout(timer);
    timer = window.setTimeout(ask, PAUSE_MS);
  }

  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-controls", "suggestions");
  box.addEventListener("input", (event) => {
    if (!event.isComposing) later();
  });
  box.addEventListener("compositionend", later);
  box.addEventListener("blur", () => window.setTimeout(close, 150));
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const item = event.target.closest("li");
    if (item) choose(item.textContent);
  });

  // Tells whether the key was for the list.
  function handled(event) {
    if (list.hidden || event.isComposing) return false;
    const count = items().length;
    if (event.key === "ArrowDown") mark((active + 1) % count);
    else if (event.key === "ArrowUp") mark(active <= 0 ? count - 1 : active - 1);
    else if (event.key === "Escape") close();
    else if (event.key === "Enter" && active >= 0) choose(items()[active].textContent);
    else return false;
    event.preventDefault();
    return true;
  }

  return { close, handled };
}
