// In the place of the chat where there is none: why.

import { el, warn } from "./dom.js";
import { owners } from "./server.js";

const UNAVAILABLE = "This chat is not available here.";

export function start(frame, problem) {
  const text = owners(frame, problem);
  warn(text);
  // Who switched a bot off wants it gone; who is still setting it up wants to know.
  const telling = frame.mode === "page" || frame.blocked || ["origin_not_allowed", "bot_private", "bot_not_found"].includes(problem.code);
  if (!telling) return;
  frame.refused = true;
  frame.look = {
    title: "Chat", color: "#56606b", position: frame.given.position || "right", theme: frame.given.theme || "auto",
    language: "en", direction: "ltr", texts: { open: "Open the chat", close: "Close the chat" },
  };
  frame.draw();
  frame.style(".note{flex-direction:column;gap:0;text-align:center}");
  frame.say(el("p", { text: UNAVAILABLE }), el("p", { text }));
}
