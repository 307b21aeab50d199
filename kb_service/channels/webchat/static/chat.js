// Saves the reload: a question is sent by itself and its turn comes back as a piece of the page.
// Without this, or when it fails, the same forms work as they stand.
const log = document.getElementById("log");
const composer = document.querySelector("[data-composer]");

async function send(form, button) {
  const data = new URLSearchParams(new FormData(form));
  if (button && button.name) data.set(button.name, button.value);
  if (form !== composer && !form.matches("[data-feedback]")) data.set("region", composer.elements.region.value);
  const answer = await fetch(form.action, { method: "POST", body: data, headers: { "X-Requested-With": "fetch" } });
  if (!answer.ok) throw new Error(String(answer.status));
  const holder = document.createElement("template");
  holder.innerHTML = await answer.text();
  return holder.content.querySelector(".turn");
}

function pending(text) {
  const turn = document.createElement("section");
  turn.className = "turn";
  const [yours, ours] = ["yours", "ours"].map((side) => {
    const say = document.createElement("div");
    say.className = `say ${side}`;
    turn.append(say);
    return say;
  });
  yours.textContent = text;
  ours.textContent = `${composer.dataset.sending}…`;
  log.append(turn);
  turn.scrollIntoView({ block: "nearest" });
  return turn;
}

async function ask(form, chosen) {
  const text = chosen ? chosen.textContent.trim() : composer.elements.message.value.trim();
  if (!text) return;
  const waiting = pending(text);
  const sender = composer.querySelector(".send");
  sender.disabled = true;
  try {
    const turn = await send(form, chosen);
    waiting.replaceWith(turn);
    turn.scrollIntoView({ block: "start" });
    if (!chosen) composer.reset();
    document.querySelectorAll(".examples").forEach((examples) => examples.remove());
  } catch (error) {
    waiting.querySelector(".ours").textContent = composer.dataset.failed;
  } finally {
    sender.disabled = false;
    composer.elements.message.focus();
  }
}

async function judge(form, button) {
  const old = form.closest(".turn");
  try {
    old.replaceWith(await send(form, button));
  } catch (error) {
    form.submit();
  }
}

// A button that is itself an answer, rather than the one that sends what was written.
function chosenOf(event) {
  return event.submitter && event.submitter.name === "message" ? event.submitter : null;
}

if (log && composer) {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-ask]")) {
      event.preventDefault();
      ask(form, chosenOf(event));
    } else if (form.matches("[data-feedback]")) {
      event.preventDefault();
      judge(form, event.submitter);
    }
  });
  const box = composer.elements.message;
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      composer.requestSubmit();
    }
  });
  box.addEventListener("input", () => {
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight}px`;
  });
  const last = log.querySelector(".turn:last-of-type");
  if (last && log.querySelectorAll(".turn").length > 1) last.scrollIntoView({ block: "start" });
}
