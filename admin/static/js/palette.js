// Ctrl+K: places and actions of this page by typing a part of their names; anything else searches knowledge.
import { open } from "./dialogs.js";
import { t } from "./strings.js";

const dialog = document.getElementById("palette");

function commands() {
  const places = Array.from(document.querySelectorAll(".side a"), (link) => ({
    group: t("palette_places"), label: link.textContent.trim(), icon: link.querySelector(".bi").className,
    act: () => window.location.assign(link.href),
  }));
  const actions = Array.from(document.querySelectorAll("[data-command]"), (element) => ({
    group: t("palette_actions"), label: element.dataset.command || element.textContent.trim(), icon: "bi bi-lightning",
    act: () => { dialog.close(); element.click(); },
  }));
  return actions.concat(places);
}

// Only in places that stand in this person's navigation.
function searches(text) {
  return [["desk", "palette_search"], ["tickets", "palette_tickets"]]
    .filter(([place]) => document.querySelector(`.side a[href="/${place}"]`))
    .map(([place, words]) => ({
      group: "", label: t(words, { text }), icon: "bi bi-search",
      act: () => window.location.assign(`/${place}?q=${encodeURIComponent(text)}`),
    }));
}

if (dialog) {
  const input = dialog.querySelector("input");
  const list = dialog.querySelector("ul");
  let shown = [];
  let current = 0;

  const mark = () => {
    list.querySelectorAll("[role=option]").forEach((option, index) => {
      option.setAttribute("aria-selected", String(index === current));
      if (index === current) {
        option.scrollIntoView({ block: "nearest" });
        input.setAttribute("aria-activedescendant", option.id);
      }
    });
  };
  const draw = () => {
    const text = input.value.trim();
    const wanted = text.toLowerCase();
    shown = commands().filter((command) => command.label.toLowerCase().includes(wanted));
    if (text) shown = shown.concat(searches(text));
    list.replaceChildren();
    let group = "";
    shown.forEach((command, index) => {
      if (command.group !== group) {
        group = command.group;
        const head = document.createElement("li");
        head.className = "group";
        head.setAttribute("role", "presentation");
        head.textContent = group;
        if (group) list.append(head);
      }
      const option = document.createElement("li");
      option.id = `palette-${index}`;
      option.setAttribute("role", "option");
      const icon = document.createElement("i");
      icon.className = command.icon;
      icon.setAttribute("aria-hidden", "true");
      option.append(icon, command.label);
      option.addEventListener("click", command.act);
      list.append(option);
    });
    current = 0;
    mark();
  };

  dialog.addEventListener("kb:open", () => { input.value = ""; draw(); input.focus(); });
  input.addEventListener("input", draw);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && shown.length) {
      event.preventDefault();
      current = (current + step + shown.length) % shown.length;
      mark();
    }
    if (event.key === "Enter" && shown[current]) {
      event.preventDefault();
      shown[current].act();
    }
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open("palette");
    }
  });
}
