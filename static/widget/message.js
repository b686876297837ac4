// One message as it stands in the log: who says it, its words, its sources, and what the reader thinks of it.

import { el, filled, icon, plain } from "./dom.js";
import { blocks } from "./markdown.js";
import { call } from "./server.js";

// Fills `into` where it is given: a message that was being written.
export function draw(talk, { role, id, content, citations, author }, into) {
  const { T } = talk, own = role === "user";
  const item = into || el("div", { class: `item ${own ? "user" : "other"}` });
  item.textContent = "";
  item.classList.remove("writing");
  const body = el("div", { class: "text", dir: "auto" });
  item.append(el("span", { class: "hidden", text: `${own ? T.you : plain(author || talk.frame.look.title)}: ` }));
  if (role === "person" && author) item.append(el("span", { class: "author", "aria-hidden": "true", dir: "auto", text: plain(author) }));
  item.append(body);
  if (own) {
    body.textContent = plain(content).trim();
    return item;
  }
  const sources = sourcesOf(citations, T);
  blocks(plain(content).trim(), body, { mark: marksOf(citations, sources, T), label: T.message });
  if (sources.firstChild) item.append(sources);
  if (role === "assistant" && id) item.append(feedbackOf(talk, id));
  return item;
}

// As much as there is of an answer that is being written.
export function writing(talk, said) {
  const body = el("div", { class: "text", dir: "auto" });
  blocks(plain(said), body, { mark: (number) => el("span", { class: "mark", text: number }), label: talk.T.message });
  return body;
}

function marksOf(citations, sources, T) {
  const known = new Map((citations || []).map((one) => [String(one.number), one]));
  return (number) => {
    const one = known.get(number);
    if (!one) return null;
    return el("button", {
      type: "button", class: "mark", text: number, title: plain(one.document_title),
      "aria-label": `${filled(T.source, number)}: ${plain(one.document_title)}`,
      onclick: () => {
        const target = sources.querySelector(`[data-n="${Number(number)}"]`);
        target.open = true;
        target.firstChild.focus();
        target.scrollIntoView({ block: "nearest" });
      },
    });
  };
}

function sourcesOf(citations, T) {
  const made = el("div", { class: "sources", role: "group", "aria-label": T.sources });
  for (const one of citations || []) {
    const where = [one.page ? filled(T.page, one.page) : "", one.heading === one.document_title ? "" : plain(one.heading)].filter(Boolean).join(" · ");
    made.append(el("details", { "data-n": Number(one.number) },
      el("summary", {}, el("span", { class: "mark", text: one.number }), el("bdi", { text: plain(one.document_title) })),
      where ? el("p", { class: "where", dir: "auto", text: where }) : null,
      el("blockquote", { dir: "auto", text: plain(one.quote) })));
  }
  return made;
}

function feedbackOf(talk, id) {
  const { T, frame, view } = talk;
  const bar = el("div", { class: "feedback" });
  const say = (text) => {
    bar.querySelector(".said")?.remove();
    bar.append(el("span", { class: "said", text }));
    view.announce(text);
  };
  const tell = async (rating, comment = "") => {
    const body = JSON.stringify({ message_id: id, rating, comment });
    try { await call(`${frame.base}/v1/chat/sessions/${talk.session}/feedback`, { method: "POST", body }); } catch { say(T.failed); return false; }
    return true;
  };
  const ask = () => {
    const words = el("textarea", { rows: 2, maxlength: 2000, "aria-label": T.comment, placeholder: T.comment, dir: "auto" });
    bar.append(el("form", { onsubmit: async (event) => {
      event.preventDefault();
      if (!await tell("down", words.value.trim())) return;
      bar.querySelector("form").remove();
      say(T.thanks);
    } }, words, el("button", { class: "plain", type: "submit", text: T.send })));
    words.focus();
  };
  const thumb = (rating, label) => el("button", {
    type: "button", class: "thumb", "aria-pressed": "false", "aria-label": label, title: label,
    onclick: async ({ currentTarget }) => {
      for (const other of bar.querySelectorAll(".thumb")) other.setAttribute("aria-pressed", String(other === currentTarget));
      bar.querySelector("form")?.remove();
      bar.querySelector(".said")?.remove();
      if (!await tell(rating)) return;
      if (rating === "up") return say(T.thanks);
      view.announce(T.thanks);
      ask();
    },
  }, icon(rating));
  bar.append(thumb("up", T.helpful), thumb("down", T.unhelpful));
  return bar;
}
