// Parley's chat widget: <script src="https://host/widget.js" data-bot="<bot id>" async></script>
//
// This is all that every visitor of a website loads, so it is as small as it can be: the bubble, and the frame in which
// the chat appears. The chat is in widget/, and comes when somebody points at the bubble, opens it, or has talked before.
// Everything lives in a shadow root, and what bots and owners write is only ever put in as text. docs/widget.md has the
// options. Lines that are comments alone are not sent.
(() => {
"use strict";

const script = document.currentScript || document.querySelector('script[data-bot][src*="widget.js"]');
const given = script ? script.dataset : {};
const bot = given.bot;
const base = script && new URL(script.src, location.href).origin;
const mode = given.mode || "bubble";
const key = `parley:${bot}`;
// The server puts the modules' version in the place of "-", which stands for whichever are current.
const modules = base + "/widget/-";
const names = ["panel", "talk", "message", "markdown", "server", "dom", "style"];

const warn = (text) => console.warn(`Parley: ${text}`);
// Whatever goes wrong here stays here.
const guarded = (work) => (...event) => { (async () => work(...event))().catch((error) => warn(error.message)); };
const read = (store) => { try { return JSON.parse(window[store].getItem(key)); } catch { return null; } };
const pause = () => new Promise((done) => setTimeout(done, 50));

// --- The bubble and the frame -------------------------------------------------------------------------------------------

function el(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value.call) made[name] = guarded(value); else made.setAttribute(name, value);
  }
  made.append(...children.filter(Boolean));
  return made;
}
function icon(drawn) {
  const [svg, path] = ["svg", "path"].map((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag));
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", true);
  path.setAttribute("d", drawn);
  svg.append(path);
  return svg;
}
const BUBBLE = "M4 5h16v11H9l-5 4z", CROSS = "M6 6l12 12M18 6L6 18";
// What turns the direction of other text around is no part of what anybody has to say.
const plain = (text) => String(text).replace(/[\u202a-\u202e\u2066-\u2069]/g, "");

const host = el("parley-chat", { "data-mode": mode }), root = el("div", {});
const dark = matchMedia("(prefers-color-scheme: dark)");
let launcher, panel, chat;
// What the modules are given, and all that they know of this script: one of yesterday may meet modules of today.
const frame = { given, bot, base, mode, key, root, draw, say, show, close, style, open: mode !== "bubble", blocked: "" };

function draw() {
  if (!host.shadowRoot) attach();
  const { look } = frame, words = look.texts, title = plain(look.title);
  frame.header = el("header", {}, el("h2", {}, el("bdi", {}, title)), el("button", { class: "tool", "aria-label": words.close, onclick: close }, icon(CROSS)));
  frame.note = el("div", { class: "note", role: "status", dir: "auto" });
  frame.panel = panel = el("section", { class: "panel", tabindex: -1, role: "dialog", "aria-label": title }, frame.header, frame.note);
  frame.launcher = launcher = el("button", { class: "launcher", "aria-haspopup": "dialog", onclick: () => (frame.open ? close() : open()), onpointerenter: load, onfocus: load },
    icon(BUBBLE), look.launcher && el("span", { dir: "auto" }, plain(look.launcher)));
  root.replaceChildren(panel, launcher);
  show();
}
function say(...parts) {
  frame.note.replaceChildren(...parts);
}
// How bright a colour is, near enough for the question below: right for each of the 16.7 million.
const bright = (color) => [0.2126, 0.7152, 0.0722]
  .reduce((sum, part, at) => sum + part * (parseInt(color.slice(at * 2 + 1, at * 2 + 3), 16) / 255) ** 2.2, 0);
function show() {
  const { look, open } = frame;
  const theme = frame.theme = look.theme === "auto" ? (dark.matches ? "dark" : "light") : look.theme;
  root.className = `root ${mode} ${look.position} ${theme} ${open ? "open" : ""}`;
  root.lang = look.language;
  root.dir = look.direction;
  // Through the CSSOM, which no policy forbids. A contrast of 4.5 is reached either way.
  root.style.setProperty("--brand", look.color);
  root.style.setProperty("--on", bright(look.color) > 0.18 ? "#000" : "#fff");
  panel.hidden = !open;
  launcher.setAttribute("aria-expanded", open);
  launcher.setAttribute("aria-label", open ? look.texts.close : plain(look.launcher) || look.texts.open);
  launcher.firstChild.replaceWith(icon(open ? CROSS : BUBBLE));
  if (chat) chat.shown();
}
function open(quiet) {
  if (!frame.look || mode === "page") return;
  frame.open = true;
  show();
  if (!quiet) panel.focus();
  if (chat) chat.opened(quiet); else load();
}
function close() {
  if (!frame.open || mode === "page") return;
  const inside = panel.contains(host.shadowRoot.activeElement);
  frame.open = false;
  show();
  if (inside) launcher.focus();
  if (chat) chat.closed();
}

// --- The chat -----------------------------------------------------------------------------------------------------------

let coming, tries = 0;
const wishes = [];
// What the page asks for, now or as soon as there is a chat.
const wish = (name) => guarded((text) => {
  if (!frame.look) return;
  if (text) open(true);
  wishes.push([name, text]);
  load();
});
const grant = () => { for (const [name, text] of wishes.splice(0)) chat[name](text); };

function load() {
  if (chat) return grant();
  if (coming || frame.refused) return;
  // Browsers may remember a failure under its address, so another try has another.
  const mine = coming = ++tries, from = modules + (mine > 1 ? `.${mine}/` : "/");
  say(el("span", {}, frame.look.texts.loading));
  setTimeout(miss, 2e4, mine);
  // All at once, and not one after the other as they name each other.
  return Promise.all([...names, `words/${frame.look.language}`].map((name) => import(`${from}${name}.js`))).then((found) => {
    if (chat) return;
    chat = found[0].start(frame, found.pop().default);
    show();
    if (frame.open) chat.opened(!panel.contains(host.shadowRoot.activeElement));
    grant();
  }).catch((error) => {
    warn(error.message);
    return pause().then(() => miss(mine));
  });
}
function miss(mine) {
  if (chat || coming !== mine) return;
  coming = 0;
  const { not_loaded, retry } = frame.look.texts;
  warn(policy() || not_loaded);
  say(policy() || not_loaded, el("button", { class: "plain", onclick: () => load(panel.focus()) }, retry));
}
const policy = () => frame.blocked && `This website's Content-Security-Policy keeps the chat from ${base}. Add it: ${frame.blocked} ${base}`;

// --- The beginning ------------------------------------------------------------------------------------------------------

const CSS = `
:host{all:initial!important;display:block!important;height:100%!important}
:host([data-mode=bubble]){position:fixed!important;z-index:2147483000!important;inset:auto!important;width:0!important;height:0!important}
*,*::before{box-sizing:border-box}
[hidden]{display:none!important}
.root{--bg:#fff;--fg:#1a1d21;--mute:#56606b;--line:#d5dae0;color-scheme:light;height:100%;font:15px/1.5 system-ui,sans-serif;color:var(--fg);text-align:start}
.dark{--bg:#15181c;--fg:#eaeef2;--mute:#aab4bf;--line:#3a424c;color-scheme:dark}
button{font:inherit;color:inherit;cursor:pointer;border:0;background:none;padding:0}
:focus-visible{outline:2px solid;outline-offset:2px}
svg{pointer-events:none;width:24px;height:24px;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round;flex:none}
.launcher{position:fixed;bottom:20px;display:flex;align-items:center;justify-content:center;gap:8px;min-width:56px;height:56px;padding:0 16px;border-radius:28px;background:var(--brand);color:var(--on);border:2px solid var(--bg);box-shadow:0 4px 18px rgba(0,0,0,.28);font-weight:600;max-width:calc(100vw - 40px);outline-color:var(--fg)}
.launcher span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.panel{display:flex;flex-direction:column;height:100%;background:var(--bg);overflow:hidden;outline:0}
.bubble .panel{position:fixed;bottom:88px;width:min(400px,calc(100vw - 40px));height:min(640px,calc(100vh - 108px));border:1px solid var(--line);border-radius:16px;box-shadow:0 4px 18px rgba(0,0,0,.28)}
.right>*{right:20px}.left>*{left:20px}
header{display:flex;align-items:center;gap:6px;padding:10px;padding-inline-start:16px;background:var(--brand);color:var(--on)}
h2{flex:1;margin:0;font-size:16px;overflow-wrap:anywhere}
.tool{width:36px;height:36px;display:grid;place-items:center;border-radius:8px}
.page .launcher,.page .tool{display:none}
.note{display:flex;align-items:center;justify-content:center;gap:8px;flex-wrap:wrap;margin:auto;padding:8px 16px;color:var(--mute);overflow-wrap:anywhere}
.plain{padding:8px 16px;border:1px solid;border-radius:16px;color:var(--fg)}
@media (prefers-reduced-motion:no-preference){.note span{color:var(--fg);animation:wait 1.2s infinite}@keyframes wait{50%{opacity:.65}}}
@media (max-width:480px),(max-height:420px){.bubble .panel{inset:0!important;width:100%;height:100vh;height:100dvh;border:0;border-radius:0}.bubble.open .launcher{display:none}}
@media print{:host{display:none!important}}`;

function style(css) {
  const shadow = host.shadowRoot;
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    shadow.adoptedStyleSheets = [...shadow.adoptedStyleSheets, sheet];
  } catch {
    // An older browser; the policy of the page may forbid this one.
    shadow.append(el("style", {}, css));
  }
}
function attach() {
  // Open, so that tools for accessibility can look inside.
  host.attachShadow({ mode: "open" }).append(root);
  style(CSS);
  // Keys pressed in here are no shortcuts of the page.
  root.onkeyup = root.onkeypress = (event) => event.stopPropagation();
  root.onkeydown = (event) => {
    event.stopPropagation();
    if (event.key === "Escape" && !event.isComposing) close();
  };
  document.querySelector(given.target || "body").append(host);
  dark.onchange = guarded(show);
}
// A rare way, so its words are a module too.
async function refuse(problem) {
  await pause();
  if (frame.blocked) warn(policy());
  (await import(`${modules}/refused.js`)).start(frame, problem);
}
function known(look) {
  frame.look = { ...look, position: given.position || look.position, theme: given.theme || look.theme };
  draw();
}
async function begin() {
  if (mode === "preview") return (await import(`${modules}/preview.js`)).start(frame, known, load);
  const asked = new URLSearchParams({ texts: "bubble", language: given.language || navigator.language });
  try {
    const answer = await fetch(`${base}/v1/chat/widget/${bot}?${asked}`, { credentials: "omit" });
    const told = await answer.json();
    if (!answer.ok) return refuse(told);
    known(told);
  } catch {
    addEventListener("online", guarded(begin), { once: true });
    return refuse({});
  }
  if (mode === "page") load();
  else if (read("sessionStorage") && !matchMedia("(max-width:480px),(max-height:420px)").matches) open(true);
  // The talk is to go on, and a person may have answered meanwhile.
  else if (Date.now() - read("localStorage")?.at < 864e5) setTimeout(load, 1e3);
}

if (!bot) return warn("the script lacks data-bot with the id of a bot.");
document.addEventListener("securitypolicyviolation", (event) => {
  if (String(event.blockedURI).startsWith(base)) frame.blocked = event.effectiveDirective.replace("-elem", "");
});
const api = Object.freeze({
  open: guarded(() => open()), close: guarded(close),
  send: wish("send"), reset: wish("reset"),
});
if (!window.Parley) window.Parley = api; else if (mode !== "preview") warn("window.Parley is taken, so this chat has no calls.");
if (document.body) guarded(begin)(); else document.addEventListener("DOMContentLoaded", guarded(begin));
})();
