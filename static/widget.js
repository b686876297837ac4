/* Parley's chat widget: <script src="https://host/widget.js" data-bot="<bot id>" async></script>
 *
 * Everything lives in a shadow root. What bots, documents and people say is only ever put in as text: no HTML is
 * parsed here, and a link is made for http and https alone. docs/widget.md has the options. */
(() => {
"use strict";

const script = document.currentScript || document.querySelector('script[data-bot][src*="widget.js"]');
const given = script ? script.dataset : {};
const bot = given.bot || "";
const base = script ? new URL(script.src, location.href).origin : "";
const mode = ["page", "preview"].includes(given.mode) ? given.mode : "bubble";
const DAY = 864e5, LONGEST = 4000, FASTEST = 4e3, SLOWEST = 3e4, REMEMBERED = 10;

let T = { // until the server has sent them all, in the visitor's language (chat/appearance/texts.toml)
  open: "Open the chat", close: "Close the chat", message: "Your message", send: "Send", stop: "Stop",
  fresh: "New conversation", unavailable: "This chat is not available here.",
};
const filled = (text, n) => text.replace("{n}", n);
const warn = (text) => console.warn(`Parley: ${text}`);

// --- What stays in the browser ----------------------------------------------------------------------------------------

const KEY = `parley:${bot}`;
const kept = { // a browser may refuse; then the talk lasts as long as the page
  read(store, key) { try { return JSON.parse(window[store].getItem(key)); } catch { return null; } },
  write(store, key, value) {
    try { value == null ? window[store].removeItem(key) : window[store].setItem(key, JSON.stringify(value)); } catch { /* as said */ }
  },
};
const remembered = () => {
  const found = kept.read("localStorage", KEY);
  return found && Date.now() - found.at < DAY ? String(found.session) : null;
};
const remember = (id) => kept.write("localStorage", KEY, id && { session: id, at: Date.now() });

// --- Colours ------------------------------------------------------------------------------------------------------------

const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const light = (color) => color
  .map((part) => (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
  .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
const contrast = (a, b) => {
  const [high, low] = [light(a), light(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
};
const GROUNDS = { light: ["#ffffff", "#f0f2f4"], dark: ["#15181c", "#242a31"] };
// The brand's colour, moved as far as it takes to be read on both grounds of a theme.
function readable(color, theme) {
  const end = theme === "dark" ? 255 : 0;
  let now = rgb(color);
  for (let step = 0; step < 40 && GROUNDS[theme].some((ground) => contrast(now, rgb(ground)) < 4.6); step++) {
    now = now.map((part) => Math.round(part + (end - part) * 0.08));
  }
  return `rgb(${now})`;
}
const textOn = (color) => contrast(rgb(color), [255, 255, 255]) >= 4.5 ? "#ffffff" : "#000000";

// --- Building -----------------------------------------------------------------------------------------------------------

function el(tag, options = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (name === "text") made.textContent = value;
    else if (name === "class") made.className = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), guarded(value));
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
}
const guarded = (work) => (...event) => { // whatever goes wrong here stays here
  try {
    const done = work(...event);
    if (done && done.catch) done.catch((error) => warn(error.message));
    return done;
  } catch (error) { warn(error.message); }
};
const ICONS = {
  chat: "M4 5h16v11H9l-5 4z", close: "M6 6l12 12M18 6L6 18", send: "M5 12h13M12 5l7 7-7 7", stop: "M7 7h10v10H7z",
  fresh: "M12 5v14M5 12h14", up: "M7 11v9H4v-9zm0 0l4-8c2 0 3 1 3 3l-1 4h6l-2 10H7", down: "M17 13V4h3v9zm0 0l-4 8c-2 0-3-1-3-3l1-4H5L7 4h10",
};
function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}
// What turns the direction of other text around is no part of what anybody has to say.
const plain = (text) => String(text == null ? "" : text).replace(/[\u202a-\u202e\u2066-\u2069]/g, "");

// --- Markdown, as much as an answer needs --------------------------------------------------------------------------------

const INLINE = /\\([\\`*_[\](){}#+.!~|>-])|(`+)([^`]{1,2000})\2|!\[([^\]]{0,500})\](?:\([^)]{0,2000}\)|\[[^\]]{0,200}\])?|\[([^[\]]{1,500})\]\(\s*<?([^\s()<>]{1,2000}(?:\([^\s()<>]{0,500}\))?)>?[^)]{0,300}\)|<(https?:\/\/[^\s<>]{1,2000})>|(https?:\/\/[^\s<>()[\]"'`*]{1,2000})|\[(\d{1,3})\]|(\*\*|__)(\S|\S[^]{0,1500}?\S)\10|([*_])([^\s*_]|[^\s*_][^*_]{0,1500}?[^\s*_])\12/gi;

function link(label, address) {
  let url;
  try { url = new URL(address); } catch { return null; }
  if (!/^https?:$/.test(url.protocol) || url.username || url.password) return null;
  const bare = (text) => text.replace(/^https?:\/\//i, "").replace(/\/$/, "").toLowerCase();
  const made = el("a", { href: url.href, target: "_blank", rel: "noopener noreferrer", text: label });
  if (bare(label) !== bare(url.href)) made.append(el("bdi", { class: "host", text: ` (${url.host})` }));
  return made;
}
function inline(text, into, marks, depth = 0) {
  let at = 0, found;
  const pattern = new RegExp(INLINE);
  while ((found = pattern.exec(text))) {
    const [all, escaped, , code, alt, label, address, pointed, url, mark, , strong, slant, emphasis] = found;
    const bare = url && url.replace(/[.,;:!?]+$/, "");
    let made = null;
    if (escaped) made = escaped;
    else if (code) made = el("code", { text: code });
    else if (alt != null) made = alt; // a picture is never loaded
    else if (label) made = link(label.replace(/[*`]/g, ""), address) || label;
    else if (pointed || url) made = link(pointed || bare, pointed || bare);
    else if (mark) made = marks && marks(mark);
    else if (depth < 3 && (strong || (emphasis && !(slant === "_" && /\w/.test(text[found.index - 1] || ""))))) {
      made = el(strong ? "strong" : "em");
      inline(strong || emphasis, made, marks, depth + 1);
    }
    if (made == null) { pattern.lastIndex = found.index + 1; continue; }
    const length = url ? bare.length : all.length;
    into.append(text.slice(at, found.index), made);
    at = pattern.lastIndex = found.index + length;
  }
  into.append(text.slice(at));
}
const ITEM = /^(\s*)(?:[-*+•]|(\d{1,4})[.)])\s+(.*)$/;
function list(lines, marks) {
  const [, indent, first] = ITEM.exec(lines[0]);
  const made = el(first ? "ol" : "ul", first && first !== "1" ? { start: first } : {});
  let item, inner = [];
  const close = () => { if (inner.length) blocks(inner.join("\n"), item, marks); inner = []; };
  for (const line of lines) {
    const head = ITEM.exec(line);
    if (head && head[1].length <= indent.length) {
      close();
      made.append(item = el("li"));
      inline(head[3], item, marks);
    } else inner.push(line.slice(indent.length).replace(/^\s{1,4}/, ""));
  }
  close();
  return made;
}
function table(rows, marks) {
  const made = el("table");
  rows.filter((row, at) => at !== 1).forEach((row, at) => {
    const line = el("tr");
    for (const text of row.trim().replace(/^\||\|$/g, "").split("|")) {
      const cell = el(at ? "td" : "th", at ? {} : { scope: "col" });
      inline(text.trim(), cell, marks);
      line.append(cell);
    }
    made.append(line);
  });
  return el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": T.message }, made);
}
function blocks(text, into, marks) {
  const lines = text.split("\n");
  const until = (from, test) => { let end = from; while (end < lines.length && test(lines[end], end)) end++; return end; };
  for (let at = 0; at < lines.length;) {
    const line = lines[at];
    let end = at + 1;
    if (!line.trim()) { at++; continue; }
    if (/^\s*(```|~~~)/.test(line)) {
      end = until(at + 1, (next) => !/^\s*(```|~~~)\s*$/.test(next));
      into.append(el("pre", { tabindex: "0" }, el("code", { text: lines.slice(at + 1, end++).join("\n") })));
    } else if (ITEM.test(line)) {
      end = until(at + 1, (next, i) => ITEM.test(next) || /^\s{2,}\S/.test(next) || (!next.trim() && ITEM.test(lines[i + 1] || "")));
      into.append(list(lines.slice(at, end).filter((next) => next.trim()), marks));
    } else if (/^\s*\|.*\|\s*$/.test(line) && /^[\s|:-]*-[\s|:-]*$/.test(lines[at + 1] || "")) {
      end = until(at + 1, (next) => /^\s*\|/.test(next));
      into.append(table(lines.slice(at, end), marks));
    } else if (/^\s*>/.test(line)) {
      end = until(at, (next) => /^\s*>/.test(next));
      const quote = el("blockquote");
      blocks(lines.slice(at, end).map((next) => next.replace(/^\s*>\s?/, "")).join("\n"), quote, marks);
      into.append(quote);
    } else if (/^\s*([-*_]\s*){3,}$/.test(line)) into.append(el("hr"));
    else {
      const head = /^\s*#{1,6}\s+(.*?)\s*#*$/.exec(line);
      end = head ? end : until(at + 1, (next) => next.trim() && !ITEM.test(next) && !/^\s*(```|~~~|>|#{1,6}\s)/.test(next));
      const part = el("p", head ? { class: "head" } : {});
      (head ? [head[1]] : lines.slice(at, end)).forEach((next, i) => {
        if (i) part.append(el("br"));
        inline(next, part, marks);
      });
      into.append(part);
    }
    at = end;
  }
}

// --- The server -----------------------------------------------------------------------------------------------------------

class Refused extends Error {
  constructor(problem, after) {
    super(problem.detail || problem.title || "");
    this.code = problem.code || "error";
    this.after = Number(after) || 0;
  }
}
let blocked = ""; // by the policy of the page we are on
document.addEventListener("securitypolicyviolation", (event) => {
  if (String(event.blockedURI).startsWith(base)) blocked = event.effectiveDirective || event.violatedDirective;
});
async function call(path, options = {}) {
  const answer = await fetch(base + path, { credentials: "omit", ...options, headers: { ...(options.body && { "Content-Type": "application/json" }), ...options.headers } });
  if (answer.ok) return answer;
  let problem = {};
  try { problem = await answer.json(); } catch { /* not ours, then */ }
  throw new Refused(problem, answer.headers.get("Retry-After"));
}
async function* events(body) {
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
const random = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (n) => n.toString(16).padStart(2, "0")).join("");

// --- The talk -------------------------------------------------------------------------------------------------------------

let look = null, session = null, status = "open", running = null, timer = 0, pace = FASTEST, isOpen = mode !== "bubble";
let latest = -1; // the place of the last message that the server told of
let shown = []; // what stands in the log: { role, id, content }
let ui = {};

function marksOf(citations, sources) {
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
function sourcesOf(citations) {
  const made = el("div", { class: "sources", role: "group", "aria-label": T.sources });
  for (const one of citations || []) {
    const where = [one.page ? filled(T.page, one.page) : "", plain(one.heading)].filter(Boolean).join(" · ");
    made.append(el("details", { "data-n": Number(one.number) },
      el("summary", {}, el("span", { class: "mark", text: one.number }), el("bdi", { text: plain(one.document_title) })),
      where ? el("p", { class: "where", dir: "auto", text: where }) : null,
      el("blockquote", { dir: "auto", text: plain(one.quote) })));
  }
  return made;
}
function feedbackOf(id) {
  const bar = el("div", { class: "feedback" });
  const tell = async (rating, comment = "") => {
    await call(`/v1/chat/sessions/${session}/feedback`, { method: "POST", body: JSON.stringify({ message_id: id, rating, comment }) });
    announce(T.thanks);
  };
  const thumb = (rating, name, label) => el("button", {
    type: "button", class: "thumb", "aria-pressed": "false", "aria-label": label, title: label,
    onclick: async ({ currentTarget }) => {
      for (const other of bar.querySelectorAll(".thumb")) other.setAttribute("aria-pressed", String(other === currentTarget));
      bar.querySelector("form, .said")?.remove();
      try { await tell(rating); } catch (error) { return say(bar, T.failed); }
      if (rating === "down") ask(); else say(bar, T.thanks);
    },
  }, icon(name));
  const ask = () => {
    const words = el("textarea", { rows: 2, maxlength: 2000, "aria-label": T.comment, placeholder: T.comment, dir: "auto" });
    bar.append(el("form", { onsubmit: async (event) => {
      event.preventDefault();
      try { await tell("down", words.value.trim()); } catch (error) { return say(bar, T.failed); }
      bar.querySelector("form").remove();
      say(bar, T.thanks);
    } }, words, el("button", { class: "plain", type: "submit", text: T.send })));
    words.focus();
  };
  bar.append(thumb("up", "up", T.helpful), thumb("down", "down", T.unhelpful));
  return bar;
}
function say(bar, text) {
  bar.querySelector(".said")?.remove();
  bar.append(el("span", { class: "said", text }));
  announce(text);
}

// Puts a message into the log, or fills one in that is being written.
function put({ role, id, content, citations, author }, into) {
  const text = plain(content).trim();
  const item = into || el("div", { class: `item ${role === "user" ? "user" : "other"}` });
  item.textContent = "";
  item.classList.remove("writing");
  const body = el("div", { class: "text", dir: "auto" });
  item.append(el("span", { class: "hidden", text: role === "user" ? `${T.you}: ` : `${plain(author || look.title)}: ` }));
  if (role === "person" && author) item.append(el("span", { class: "author", "aria-hidden": "true", dir: "auto", text: plain(author) }));
  item.append(body);
  if (role === "user") body.textContent = text;
  else {
    const sources = sourcesOf(citations);
    blocks(text, body, marksOf(citations, sources));
    if (sources.firstChild) item.append(sources);
    if (role === "assistant" && id) item.append(feedbackOf(id));
  }
  shown.push({ role, id, content: text });
  if (!into) ui.log.append(item);
  if (ui.chips) ui.chips.hidden = shown.some((one) => one.role === "user");
  ui.fresh.hidden = !shown.length;
  return item;
}
const atEnd = () => ui.log.scrollHeight - ui.log.scrollTop - ui.log.clientHeight < 80;
const toEnd = () => { ui.log.scrollTop = ui.log.scrollHeight; };
const announce = (text) => { ui.live.textContent = ""; setTimeout(() => { ui.live.textContent = plain(text); }, 60); };
function note(text, ...actions) {
  ui.note.textContent = "";
  ui.note.hidden = !text;
  if (text) ui.note.append(el("span", { text }), ...actions);
}
const button = (text, onclick) => el("button", { type: "button", class: "plain", text, onclick });

function settle(next) {
  const before = status;
  status = next || "open";
  const ended = status === "closed";
  ui.form.hidden = ended;
  if (ended) note(T.ended, button(T.fresh, reset));
  else if (status === "escalated") note(T.waiting);
  else if (status === "with_person") note(T.with_person);
  else if (before !== "open") note(before === "with_person" ? T.with_bot : "");
  if (status !== before && ui.note.textContent) announce(ui.note.firstChild.textContent);
  if (ui.person) ui.person.hidden = status !== "open";
  watch();
}
const expected = () => status === "escalated" || status === "with_person";
function watch(soon) {
  clearTimeout(timer);
  if (soon) pace = FASTEST;
  if (session && expected() && !document.hidden) timer = setTimeout(guarded(look_again), pace);
}
async function look_again() {
  pace = Math.min(pace * (isOpen ? 1.15 : 1.5), SLOWEST);
  if (!running) {
    try { take(await (await call(`/v1/chat/sessions/${session}?after=${latest}`)).json()); } catch (error) {
      if (error.code === "session_not_found") return;
    }
  }
  watch();
}
// What the server knows of the talk and we do not show yet.
function take(told) {
  const follow = atEnd();
  const known = new Set(shown.map((one) => one.id).filter(Boolean));
  for (const message of told.messages || []) {
    latest = Math.max(latest, message.position == null ? -1 : message.position);
    if (known.has(message.id) || !plain(message.content).trim()) continue;
    const ours = message.role === "user" && shown.find((one) => one.role === "user" && !one.id);
    if (ours) { ours.id = message.id; continue; }
    put({ ...message, author: message.author && (message.author.name || message.author) });
    if (message.role === "user") continue;
    pace = FASTEST;
    if (ui.ready) {
      announce(message.content);
      if (!isOpen) unread(true);
    }
  }
  if (follow) toEnd();
  settle(told.status);
}
function unread(is) {
  if (!ui.launcher) return;
  ui.launcher.classList.toggle("unread", is);
  ui.launcher.setAttribute("aria-label", is ? `${T.open}: ${T.unread}` : label());
}
const label = () => (isOpen ? T.close : look.launcher ? plain(look.launcher) : T.open);

async function restore() {
  session = remembered();
  if (session) {
    try { take(await (await call(`/v1/chat/sessions/${session}`)).json()); } catch (error) {
      if (error.code === "session_not_found") { session = null; remember(null); }
    }
  }
  ui.ready = true;
  toEnd();
}
function empty() {
  if (running) running.abort();
  shown = [];
  latest = -1;
  ui.log.replaceChildren(ui.start);
  if (ui.chips) ui.chips.hidden = false;
  ui.fresh.hidden = true;
  note("");
  status = "open";
  settle("open");
}
function reset() {
  session = null;
  remember(null);
  empty();
  ui.input.focus();
}

function send(words) {
  const text = String(words == null ? ui.input.value : words).trim();
  if (!text || running || !look) return;
  if (mode === "preview") return note(T.preview);
  if (text.length > LONGEST) return note(filled(T.too_long, LONGEST));
  if (navigator.onLine === false) return note(T.offline);
  if (words == null) { ui.input.value = ""; grow(); }
  if (status === "open") note("");
  put({ role: "user", content: text });
  return ask(text, random());
}
function busy(controller) {
  running = controller;
  const text = controller ? T.stop : T.send;
  ui.send.setAttribute("aria-label", text);
  ui.send.title = text;
  ui.send.replaceChildren(icon(controller ? "stop" : "send"));
}
// `key` lets the same question be sent again without being answered twice.
async function ask(text, key, again) {
  const item = el("div", { class: "item other writing" }, el("span", { class: "hidden", text: T.writing }), el("span", { class: "dots", "aria-hidden": "true" }));
  const controller = new AbortController();
  let said = "", frame = 0;
  const draw = () => {
    frame = 0;
    const follow = atEnd(), body = el("div", { class: "text", dir: "auto" });
    blocks(plain(said), body, (number) => el("span", { class: "mark", text: number }));
    item.replaceChildren(body);
    if (follow) toEnd();
  };
  busy(controller);
  ui.log.append(item);
  toEnd();
  announce(T.writing);
  try {
    const answer = await listen(text, key, again, controller.signal, (piece) => {
      said += piece;
      frame = frame || requestAnimationFrame(guarded(draw));
    });
    cancelAnimationFrame(frame);
    finish(item, answer, said);
  } catch (error) {
    cancelAnimationFrame(frame);
    fail(item, error, said, text, key);
  } finally {
    if (running === controller) busy(null);
    watch(true);
  }
}
async function listen(text, key, again, signal, hear) {
  const earlier = again ? shown.slice(0, -1).filter((one) => one.content).slice(-REMEMBERED) : [];
  const messages = [...earlier.map(({ role, content }) => ({ role: role === "user" ? role : "assistant", content: content.slice(0, LONGEST) })), { role: "user", content: text }];
  const metadata = { source: mode === "page" ? "page" : "widget", page: (location.origin + location.pathname).slice(0, 500), language: look.language };
  const answer = await call("/v1/chat/public", {
    method: "POST", signal, headers: { "Idempotency-Key": key },
    body: JSON.stringify({ bot_id: bot, session_id: session, messages, metadata, stream: true }),
  });
  for await (const [name, data] of events(answer.body)) {
    if (name === "start" && data.session_id) remember(session = data.session_id);
    else if (name === "token") hear(data.text || "");
    else if (name === "error") throw new Refused(data);
    else if (name === "end") return data;
  }
  throw new Refused({ code: "broken" });
}
function finish(item, answer, said) {
  const follow = atEnd();
  const content = answer.message ? answer.message.content : said;
  const next = answer.status || (answer.escalation ? answer.escalation.status || "escalated" : null);
  if (content && next !== "with_person") {
    put({ role: "assistant", id: answer.id, content, citations: answer.citations }, item);
    announce(content);
  } else { // a person answers; the id is that of the question
    item.remove();
    const asked = shown[shown.length - 1];
    if (next === "with_person" && asked) asked.id = answer.id;
  }
  if (next) settle(next);
  if (follow) toEnd();
  if (!isOpen) unread(true);
}
function fail(item, error, said, text, key) {
  if (error.code === "session_not_found" && session) { // what was said is not kept there; we still know it
    session = null;
    remember(null);
    item.remove();
    return ask(text, random(), true);
  }
  if (said.trim()) put({ role: "assistant", content: said }, item);
  else item.textContent = "";
  item.classList.remove("writing");
  if (error.name === "AbortError") return item.append(el("span", { class: "said", text: T.stopped }));
  if (error.code === "session_ended") { item.remove(); return settle("closed"); }
  const words = error.code === "rate_limited" ? filled(T.busy, error.after || 60)
    : error.code === "origin_not_allowed" ? T.unavailable
      : navigator.onLine === false ? T.offline : blocked ? owners(error)
        : error.code === "broken" || (said && !error.code) ? T.broken
          : error.code === "assistant_unavailable" && error.message ? error.message : T.failed;
  const fresh = error.code && /^(idempotency|broken|invalid)/.test(error.code);
  const retry = button(T.retry, () => { item.remove(); return ask(text, fresh ? random() : key); });
  item.classList.add("failed");
  item.append(el("p", { class: "error", text: words }), retry);
  announce(words);
  toEnd();
}
// What the owner of the website has to know; visitors seldom see it.
function owners(error) {
  if (blocked) return `This website's Content-Security-Policy keeps the chat from ${base}. Add it: ${blocked} ${base}`;
  if (error.code === "origin_not_allowed") return `The bot does not serve ${location.origin}. Its owner can allow this website in Parley, under Website.`;
  if (error.code === "bot_private") return "The bot is not public. Its owner can change that in Parley, under Website.";
  if (error.code === "bot_not_found") return `There is no public bot with the id ${bot} at ${base}.`;
  return error.message || "The chat cannot be reached.";
}

// --- The panel ------------------------------------------------------------------------------------------------------------

const host = document.createElement("parley-chat");
const root = el("div", { class: "root" });

function build() {
  const big = mode === "page";
  shown = [];
  ui = { live: el("div", { class: "hidden", role: "status", "aria-live": "polite" }) };
  ui.note = el("div", { class: "note", hidden: true, dir: "auto" });
  ui.start = el("div", { class: "start" }, el("div", { class: "item other" }, el("div", { class: "text", dir: "auto", text: plain(look.greeting) })));
  if (look.suggestions.length) {
    ui.chips = el("div", { class: "chips", role: "group", "aria-label": T.suggestions },
      ...look.suggestions.map((text) => el("button", { type: "button", class: "chip", dir: "auto", text: plain(text), onclick: () => send(text) })));
    ui.start.append(ui.chips);
  }
  ui.log = el("div", { class: "log", role: "log", "aria-live": "off", "aria-label": plain(look.title), tabindex: "0" }, ui.start);
  ui.input = el("textarea", { rows: 1, dir: "auto", "aria-label": T.message, placeholder: plain(look.placeholder), oninput: grow, onkeydown: (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) { event.preventDefault(); send(); }
  } });
  ui.send = el("button", { class: "send", type: "submit" });
  ui.form = el("form", { class: "ask", onsubmit: (event) => { event.preventDefault(); running ? running.abort() : send(); } }, ui.input, ui.send);
  ui.fresh = tool("fresh", T.fresh, reset);
  ui.fresh.hidden = true;
  ui.person = look.offers_person ? button(T.person, () => send(T.ask_person)) : null;
  const privacy = look.privacy_url ? link(T.privacy, look.privacy_url) : null;
  if (privacy) privacy.replaceChildren(T.privacy);
  const logo = look.logo_url ? el("img", { src: /^data:image\//.test(look.logo_url) ? look.logo_url : base + look.logo_url, alt: "", onerror: () => logo.remove() }) : null;
  ui.panel = el("section", { class: "panel", id: "panel", tabindex: "-1", role: big ? "region" : "dialog", "aria-label": plain(look.title), onkeydown: keys },
    el("header", {}, logo, el(big ? "h1" : "h2", {}, el("bdi", { text: plain(look.title) })), ui.fresh, big ? null : tool("close", T.close, close)),
    ui.log, ui.note, ui.form,
    el("footer", {}, ui.person, look.privacy_note ? el("span", { dir: "auto", text: plain(look.privacy_note) }) : null, privacy),
    ui.live);
  ui.launcher = big ? null : el("button", { type: "button", class: "launcher", "aria-haspopup": "dialog", onclick: () => (isOpen ? close() : open()) }, icon("chat"), look.launcher ? el("span", { dir: "auto", text: plain(look.launcher) }) : null);
  root.replaceChildren(ui.panel, ...(ui.launcher ? [ui.launcher] : []));
  busy(running);
  dress();
  show();
}
const tool = (name, text, onclick) => el("button", { type: "button", class: "tool", "aria-label": text, title: text, onclick }, icon(name));
function grow() {
  ui.input.style.height = "auto"; // through the CSSOM, which no policy forbids
  ui.input.style.height = `${Math.min(ui.input.scrollHeight, 140)}px`;
}
const dark = matchMedia("(prefers-color-scheme: dark)"), small = matchMedia("(max-width: 480px), (max-height: 420px)");
function dress() {
  const theme = look.theme === "auto" ? (dark.matches ? "dark" : "light") : look.theme;
  const color = /^#[0-9a-f]{6}$/i.test(look.color) ? look.color : "#1f6f54";
  root.className = `root ${mode} ${look.position === "left" ? "left" : "right"} ${theme}`;
  root.lang = look.language;
  root.dir = look.direction;
  root.style.setProperty("--brand", color);
  root.style.setProperty("--on", textOn(color));
  root.style.setProperty("--accent", readable(color, theme));
  if (mode !== "page") ui.panel.setAttribute("aria-modal", String(small.matches && mode === "bubble"));
}
function keys(event) {
  if (event.key === "Escape" && mode !== "page" && !event.isComposing) { event.preventDefault(); close(); }
  if (event.key !== "Tab" || mode !== "bubble" || !small.matches) return;
  const all = [...ui.panel.querySelectorAll("button, a[href], textarea, summary, [tabindex='0']")].filter((one) => one.offsetParent);
  const edge = event.shiftKey ? all[0] : all[all.length - 1];
  const now = host.shadowRoot.activeElement;
  if (now === edge || (event.shiftKey && now === ui.panel)) {
    event.preventDefault();
    (event.shiftKey ? all[all.length - 1] : all[0]).focus();
  }
}
function show() {
  ui.panel.hidden = !isOpen;
  root.classList.toggle("open", isOpen);
  if (!ui.launcher) return;
  ui.launcher.setAttribute("aria-expanded", String(isOpen));
  ui.launcher.firstChild.replaceWith(icon(isOpen ? "close" : "chat"));
  unread(false);
}
function open(quiet) {
  if (!look || mode === "page") return;
  isOpen = true;
  show();
  toEnd();
  if (mode === "bubble") kept.write("sessionStorage", KEY, true);
  if (quiet !== true) (matchMedia("(pointer: coarse)").matches || ui.form.hidden ? ui.panel : ui.input).focus();
  watch(true);
}
function close() {
  if (!look || mode === "page" || !isOpen) return;
  const inside = ui.panel.contains(host.shadowRoot.activeElement);
  isOpen = false;
  show();
  kept.write("sessionStorage", KEY, null);
  if (inside) ui.launcher.focus();
  watch();
}

const CSS = `
:host{all:initial!important;display:block!important;position:fixed!important;z-index:2147483000!important;inset:auto!important;width:0!important;height:0!important}
:host([data-mode=page]),:host([data-mode=preview]){position:relative!important;width:100%!important;height:100%!important;z-index:0!important}
*,*::before{box-sizing:border-box}
[hidden]{display:none!important}
.root{--bg:#fff;--soft:#f0f2f4;--fg:#1a1d21;--mute:#56606b;--line:#d5dae0;--edge:#7d8793;--bad:#a8201a;color-scheme:light;font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;color:var(--fg);text-align:start}
.dark{--bg:#15181c;--soft:#242a31;--fg:#eaeef2;--mute:#aab4bf;--line:#3a424c;--edge:#7d8793;--bad:#ffb4ab;color-scheme:dark}
.root.page,.root.preview{height:100%}
.preview{display:flex;flex-direction:column;gap:12px;min-height:480px}
button,textarea{font:inherit;color:inherit;letter-spacing:inherit}
button{cursor:pointer;border:0;background:none;padding:0}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
svg{width:20px;height:20px;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round;flex:none}
.launcher{position:fixed;bottom:20px;display:flex;align-items:center;gap:8px;min-width:56px;height:56px;padding:0 16px;justify-content:center;border-radius:28px;background:var(--brand);color:var(--on);border:2px solid var(--bg);box-shadow:0 4px 18px rgba(0,0,0,.28);font-weight:600;max-width:calc(100vw - 40px)}
.launcher span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.launcher svg{width:24px;height:24px}
.launcher:focus-visible{outline-width:3px}
.launcher.unread::before{content:"";position:absolute;top:-2px;inset-inline-end:2px;width:14px;height:14px;border-radius:50%;background:#d32f2f;border:2px solid var(--bg)}
.right .launcher,.right .panel{right:20px}.left .launcher,.left .panel{left:20px}
.panel{position:fixed;bottom:88px;display:flex;flex-direction:column;width:min(400px,calc(100vw - 40px));height:min(640px,calc(100vh - 108px));background:var(--bg);border:1px solid var(--line);border-radius:16px;overflow:hidden;box-shadow:0 12px 40px rgba(0,0,0,.25)}
.panel:focus{outline:none}
.page .panel{position:static;width:100%;height:100%;border:0;border-radius:0;box-shadow:none}
.page .log,.page .note,.page .ask,.page footer{width:100%;max-width:760px;margin-inline:auto}
.preview .panel{position:static;width:100%;flex:1;min-height:0;box-shadow:none}
.preview .launcher{position:relative;bottom:auto;right:auto;left:auto;align-self:flex-end}
.preview.left .launcher{align-self:flex-start}
.preview.left[dir=rtl] .launcher{align-self:flex-end}.preview.right[dir=rtl] .launcher{align-self:flex-start}
header{display:flex;align-items:center;gap:6px;padding:10px 10px 10px 16px;background:var(--brand);color:var(--on)}
[dir=rtl] header{padding:10px 16px 10px 10px}
header img{width:32px;height:32px;object-fit:contain;border-radius:6px;background:#fff;margin-inline-end:6px}
h1,h2{flex:1;margin:0;font-size:16px;line-height:1.3;font-weight:600;overflow-wrap:anywhere}
.tool{width:36px;height:36px;display:grid;place-items:center;border-radius:8px}
.tool:focus-visible{outline-color:var(--on);outline-offset:-3px}
.log{flex:1;overflow-y:auto;overscroll-behavior:contain;padding:16px;display:flex;flex-direction:column;gap:10px;min-height:0}
.log:focus-visible{outline-offset:-2px}
.start{display:flex;flex-direction:column;gap:10px}
.item{max-width:88%;border-radius:14px;padding:9px 13px;overflow-wrap:anywhere;flex:none}
.other{align-self:flex-start;background:var(--soft);border-end-start-radius:4px}
.user{align-self:flex-end;background:var(--brand);color:var(--on);border-end-end-radius:4px}
.user .text{white-space:pre-wrap}
.text>*{margin:0 0 8px}.text>:last-child{margin:0}
.text ul,.text ol,li ul,li ol{padding-inline-start:22px;margin-block:0 8px}
li ul,li ol{margin-block:2px}
.head{font-weight:600}
.author{display:block;font-size:13px;font-weight:600;color:var(--accent)}
a{color:var(--accent);text-decoration:underline;border-radius:2px}
.host{color:var(--mute);font-size:13px}
code{font:13px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
pre{overflow-x:auto;padding:8px 10px;background:var(--bg);border:1px solid var(--line);border-radius:8px}
pre code{white-space:pre}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:14px}th,td{border:1px solid var(--line);padding:3px 8px;text-align:start;overflow-wrap:normal}
hr{border:0;border-top:1px solid var(--line)}
blockquote{margin:4px 0;padding-inline-start:10px;border-inline-start:3px solid var(--accent)}
.mark{display:inline-grid;place-items:center;min-width:24px;height:24px;padding:0 5px;margin-inline:2px;border-radius:7px;border:1px solid var(--edge);background:var(--bg);color:var(--accent);font-size:12px;font-weight:600;line-height:1;vertical-align:baseline}
.sources{margin-top:8px;border-top:1px solid var(--line);font-size:13.5px}
summary{cursor:pointer;padding:6px 0;border-radius:4px;list-style-position:outside;display:flex;align-items:center;gap:6px}
summary::-webkit-details-marker{display:none}
details[open] summary{font-weight:600}
details blockquote{margin:0 0 8px;white-space:pre-wrap}
.where{margin:0 0 4px;color:var(--mute)}
.feedback{display:flex;flex-wrap:wrap;gap:4px;align-items:center;margin-top:6px}
.thumb{width:30px;height:30px;display:grid;place-items:center;border-radius:7px;color:var(--mute)}
.thumb svg{width:17px;height:17px}
.thumb[aria-pressed=true]{color:var(--accent);background:var(--bg)}
.thumb[aria-pressed=true] svg{fill:currentColor}
.feedback form{display:flex;gap:6px;width:100%;align-items:flex-end}
.feedback textarea{flex:1;min-width:0;padding:6px 8px;border:1px solid var(--edge);border-radius:8px;background:var(--bg);resize:vertical}
.said,.note,footer{color:var(--mute);font-size:13.5px}
.said{display:block}
.error{margin:0 0 6px;color:var(--bad)}
.plain{display:inline-block;min-height:32px;padding:3px 12px;border:1px solid var(--edge);border-radius:16px;color:var(--accent);background:var(--bg);font-size:13.5px}
.chips{display:flex;flex-wrap:wrap;gap:8px}
.chip{padding:7px 13px;border:1px solid var(--accent);border-radius:18px;color:var(--accent);background:var(--bg);text-align:start;overflow-wrap:anywhere}
.chip:hover,.plain:hover{background:var(--soft)}
.note{padding:8px 16px;display:flex;flex-wrap:wrap;gap:8px;align-items:center;border-top:1px solid var(--line)}
.ask{display:flex;gap:8px;align-items:flex-end;padding:10px 12px;border-top:1px solid var(--line)}
.page .ask,.page .note{border-top:0}
.ask textarea{flex:1;min-width:0;max-height:140px;padding:9px 12px;border:1px solid var(--edge);border-radius:12px;background:var(--bg);resize:none;font-size:16px;line-height:1.4}
textarea::placeholder{color:var(--mute);opacity:1}
[dir=rtl] .send svg{transform:scaleX(-1)}
.send{width:42px;height:42px;flex:none;display:grid;place-items:center;border-radius:12px;background:var(--brand);color:var(--on)}
footer{display:flex;flex-wrap:wrap;gap:4px 12px;align-items:center;justify-content:space-between;padding:0 14px 10px}
footer:empty{display:none}
.hidden{position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.dots{display:inline-block;width:26px;height:6px;margin:8px 2px;background:radial-gradient(circle,var(--mute) 3px,transparent 3.5px) 0 50%/10px 6px;animation:wait 1.2s infinite}
@keyframes wait{50%{opacity:.35}}
@media (prefers-reduced-motion:no-preference){.bubble.open .panel{animation:come .16s ease-out}@keyframes come{from{opacity:0;transform:translateY(10px)}}}
@media (prefers-reduced-motion:reduce){.dots{animation:none}}
@media (max-width:480px),(max-height:420px){.bubble .panel{inset:0;width:100%;height:100vh;height:100dvh;border:0;border-radius:0}.bubble.open .launcher{display:none}}
@media (forced-colors:active){.launcher,.send,.user,.other,.chip,.plain,.mark{border:1px solid ButtonText}}
@media print{:host{display:none!important}}`;

function attach() {
  const shadow = host.attachShadow({ mode: "open" }); // open, so that tools for accessibility can look inside
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
    shadow.adoptedStyleSheets = [sheet];
  } catch { // an older browser; the policy of the page may forbid this one
    shadow.append(el("style", { text: CSS }));
  }
  // Keys pressed in here are no shortcuts of the page.
  for (const name of ["keydown", "keyup", "keypress"]) root.addEventListener(name, (event) => event.stopPropagation());
  host.dataset.mode = mode;
  shadow.append(root);
  const place = mode === "page" ? document.querySelector("main") : mode === "preview" ? document.querySelector(given.target) : null;
  (place || document.body).append(host);
}
function refuse(error) {
  const text = owners(error);
  warn(text);
  // Who switched a bot off wants it gone; who is still setting it up wants to know.
  if (mode !== "page" && !blocked && !["origin_not_allowed", "bot_private", "bot_not_found"].includes(error.code)) return;
  look = { ...(look || {}), title: "Chat", greeting: T.unavailable, suggestions: [], color: "#56606b", position: given.position || "right", theme: given.theme || "auto", language: "en", direction: "ltr" };
  attach();
  build();
  ui.form.hidden = true;
  note(text);
}
const known = (told) => {
  T = { ...T, ...told.texts };
  return { ...told, suggestions: told.suggestions || [], position: given.position || told.position, theme: given.theme || told.theme };
};
async function begin() {
  if (mode === "preview") {
    const redraw = (told) => { look = known(told); build(); };
    attach();
    document.addEventListener("parley:look", guarded((event) => redraw({ ...look, ...event.detail })));
    return redraw(JSON.parse(document.querySelector(given.look).textContent));
  }
  const language = given.language || navigator.language || "";
  try {
    look = known(await (await call(`/v1/chat/widget/${encodeURIComponent(bot)}?language=${encodeURIComponent(language.slice(0, 20))}`)).json());
  } catch (error) {
    await new Promise((done) => setTimeout(done, 50)); // the browser tells of its policy a little later
    if (!error.code && !blocked && mode !== "page") {
      addEventListener("online", guarded(begin), { once: true });
      return warn(`${base} cannot be reached.`);
    }
    return refuse(error);
  }
  attach();
  build();
  dark.addEventListener?.("change", guarded(dress));
  small.addEventListener?.("change", guarded(dress));
  addEventListener("online", guarded(() => { if (ui.note.textContent === T.offline) note(""); watch(true); }));
  addEventListener("offline", guarded(() => note(T.offline)));
  document.addEventListener("visibilitychange", guarded(() => watch(true)));
  addEventListener("storage", guarded((event) => { // another tab goes on with the talk, or begins a new one
    if (event.key !== KEY || running || remembered() === session) return;
    empty();
    return restore();
  }));
  if (mode === "bubble" && kept.read("sessionStorage", KEY) && !small.matches) open(true);
  await restore();
  if (mode === "page" && !matchMedia("(pointer: coarse)").matches) ui.input.focus(); // to ask is what the page is for
}

if (!bot) return warn("the script lacks data-bot with the id of a bot.");
const api = Object.freeze({ open: guarded(() => open()), close: guarded(close), send: guarded((text) => { open(true); return send(text); }), reset: guarded(() => look && reset()) });
if (window.Parley) { if (mode !== "preview") warn("there is a window.Parley already, so this chat has no calls."); } else window.Parley = api;
const run = guarded(begin);
if (document.body) run(); else document.addEventListener("DOMContentLoaded", run);
})();
