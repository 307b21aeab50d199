// Asks without loading the page again. Every form here works as it stands where this script does not run.
import { keep, kept } from "./kept.js";
import { Failure, post } from "./post.js";
import { suggestFor } from "./suggestions.js";
import { t } from "./words.js";

const log = document.getElementById("log");
const alarm = document.getElementById("alarm");
const notice = document.getElementById("notice");
const composer = document.querySelector("[data-composer]");
const box = composer.elements.question;
const sender = composer.querySelector(".send");
const left = document.getElementById("question-left");
const limitText = left.textContent;
const longest = box.maxLength;
// Too long a question is told of, not cut off where somebody pastes it.
box.removeAttribute("maxlength");

const suggestions = suggestFor(box, (text) => ask({ question: text }, text));
let once = composer.elements.once.value;
let busy = false;

function tell(text) {
  notice.textContent = text;
  notice.hidden = !text;
}

function grow() {
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight + 2, 180)}px`;
  const over = box.value.trim().length - longest;
  left.classList.toggle("over", over > 0);
  if (over > 0) left.textContent = t("too_long", { count: over });
  else left.textContent = over > -100 ? t("left", { count: -over }) : limitText;
}

function pieces(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return Array.from(holder.content.children);
}

function message(side, text) {
  const item = document.createElement("li");
  item.className = `message ${side}`;
  const bubble = document.createElement("p");
  bubble.className = "bubble";
  bubble.textContent = text;
  item.append(bubble);
  log.append(item);
  return item;
}

function bring(item) {
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  item.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
}

function endChoices() {
  log.querySelectorAll(".inherits form").forEach((form) => form.remove());
  log.querySelectorAll(".choices").forEach((choices) => {
    choices.nextElementSibling.remove();
    choices.remove();
  });
}

function take(answer) {
  once = answer.once;
  keep(answer.conversation);
  composer.querySelector("[data-new]").hidden = !answer.conversation;
  alarm.innerHTML = answer.alarm;
  const added = pieces(answer.html);
  log.append(...added);
  return added;
}

function unsent(item, data, shown, failure) {
  item.classList.add("unsent");
  const state = document.createElement("p");
  state.className = "state";
  state.textContent = `${t("unsent")}。`;
  const again = document.createElement("button");
  again.type = "button";
  again.className = "small-button";
  again.textContent = t("again");
  again.addEventListener("click", () => {
    item.remove();
    ask(data, shown);
  });
  state.append(again);
  item.append(state);
  tell(failure.message);
}

async function ask(data, shown) {
  if (busy) return;
  if (shown.length > longest) {
    tell(t("too_long", { count: shown.length - longest }));
    return;
  }
  busy = true;
  sender.disabled = true;
  tell("");
  suggestions.close();
  log.querySelectorAll(".unsent").forEach((item) => item.remove());
  const typed = box.value;
  if (!data.choice) box.value = "";
  grow();
  const mine = message("mine", shown);
  const waiting = message("ours waiting", t("sending"));
  bring(mine);
  try {
    const answer = await post("/chat/messages", { ...data, conversation: kept(), once });
    endChoices();
    waiting.remove();
    mine.remove();
    document.querySelector("[data-examples]")?.setAttribute("hidden", "");
    bring(take(answer)[0]);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    waiting.remove();
    if (!data.choice) box.value = typed || data.question;
    unsent(mine, data, shown, error);
  } finally {
    busy = false;
    sender.disabled = false;
    grow();
    // On a phone the keyboard would hide the answer that has just come.
    if (window.matchMedia("(hover: hover)").matches) box.focus({ preventScroll: true });
  }
}

async function judge(form, helpful) {
  const place = form.closest("[data-judge]");
  const data = { conversation: kept(), decision: form.elements.decision.value, helpful };
  try {
    const answer = await post("/chat/feedback/json", data);
    place.innerHTML = answer.html;
    place.firstElementChild.focus({ preventScroll: true });
  } catch (error) {
    tell(error.message);
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter;
  if (form === composer) {
    event.preventDefault();
    const text = box.value.trim();
    if (text) ask({ question: text }, text);
  } else if (form.matches("[data-ask]") && button) {
    event.preventDefault();
    ask({ [button.name]: button.value }, button.getAttribute("aria-label") || button.textContent.trim());
  } else if (form.matches("[data-feedback]") && button) {
    event.preventDefault();
    judge(form, button.value);
  }
});

box.addEventListener("keydown", (event) => {
  if (suggestions.handled(event)) return;
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    composer.requestSubmit();
  }
});
box.addEventListener("input", grow);

composer.querySelector("[data-new]").addEventListener("click", () => keep(""));
window.addEventListener("offline", () => tell(t("offline")));
window.addEventListener("online", () => tell(""));
window.addEventListener("beforeprint", () => {
  document.querySelectorAll("details.more").forEach((more) => {
    more.open = true;
  });
});

async function restore() {
  const shown = composer.elements.conversation.value;
  if (shown) keep(shown);
  if (shown || !kept()) return;
  try {
    const answer = await post("/chat/conversation", { conversation: kept() });
    const added = take(answer);
    if (!added.length) return;
    document.querySelector("[data-examples]")?.setAttribute("hidden", "");
    const newest = added.filter((item) => item.matches(".mine")).pop() || added[0];
    newest.scrollIntoView({ block: "start" });
  } catch (error) {
    tell(error.message);
  }
}

grow();
restore();
