// One way to send JSON, and one kind of failure: a sentence a citizen understands.
import { t } from "./words.js";

const LONGEST_WAIT_MS = 20000;
const csrf = document.querySelector('meta[name="csrf"]');

export class Failure extends Error {}

export async function post(path, data, signal) {
  const stop = new AbortController();
  const timer = window.setTimeout(() => stop.abort(), LONGEST_WAIT_MS);
  if (signal) signal.addEventListener("abort", () => stop.abort());
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  if (csrf) headers["X-CSRF-Token"] = csrf.content;
  try {
    const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(data), signal: stop.signal });
    const body = await answer.json().catch(() => ({}));
    if (answer.ok) return body;
    throw new Failure(answer.status < 500 && body.detail ? body.detail : t("trouble"));
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(error.name === "AbortError" ? t("slow") : t("failed"));
  } finally {
    window.clearTimeout(timer);
  }
}
