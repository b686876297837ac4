// What goes to the server and comes back: calls, refusals, and the events of an answer as it is written.

import { filled } from "./dom.js";

export class Refused extends Error {
  constructor(problem, after) {
    super(problem.detail || problem.title || "");
    this.code = problem.code || "error";
    this.after = Number(after) || 0;
  }
}

export async function call(address, options = {}) {
  const headers = { ...(options.body && { "Content-Type": "application/json" }), ...options.headers };
  const answer = await fetch(address, { credentials: "omit", ...options, headers });
  if (answer.ok) return answer;
  let problem = {};
  try { problem = await answer.json(); } catch { /* not ours, then */ }
  throw new Refused(problem, answer.headers.get("Retry-After"));
}

export async function* events(body) {
  const reader = body.getReader(), decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const parts = (rest + decoder.decode(value, { stream: true })).split("\n\n");
      rest = parts.pop();
      for (const part of parts) {
        const event = {};
        for (const line of part.split("\n")) {
          const cut = line.indexOf(":");
          if (cut > 0) event[line.slice(0, cut)] = line.slice(cut + 1).trim();
        }
        if (event.data) yield [event.event, JSON.parse(event.data)];
      }
    }
  } finally { reader.cancel().catch(() => {}); }
}

export const random = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (n) => n.toString(16).padStart(2, "0")).join("");

// What a visitor is told of a failure; `said` is what was heard of the answer.
export function excuse(error, said, { T, frame }) {
  if (error.code === "rate_limited") return filled(T.busy, error.after || 60);
  if (error.code === "origin_not_allowed") return T.unavailable;
  if (navigator.onLine === false) return T.offline;
  if (frame.blocked) return owners(frame, error);
  if (error.code === "broken" || (said && !error.code)) return T.broken;
  return error.code === "assistant_unavailable" && error.message ? error.message : T.failed;
}

// What the owner of the website has to know; visitors seldom see it.
export function owners({ blocked, base, bot }, { code, detail, message, title }) {
  if (blocked) return `This website's Content-Security-Policy keeps the chat from ${base}. Add it: ${blocked} ${base}`;
  if (code === "origin_not_allowed") return `The bot does not serve ${location.origin}. Its owner can allow this website in Parley, under Website.`;
  if (code === "bot_private") return "The bot is not public. Its owner can change that in Parley, under Website.";
  if (code === "bot_not_found") return `There is no public bot with the id ${bot} at ${base}.`;
  return detail || message || title || "The chat cannot be reached.";
}
