// The talk: what was said, what is being said, and who answers. It knows the server and the browser's memory; how things
// look is the view's (panel.js).

import { button, el, filled, guarded, plain } from "./dom.js";
import { draw, writing } from "./message.js";
import { Refused, call, events, excuse, random } from "./server.js";

const DAY = 864e5, LONGEST = 4000, FASTEST = 4e3, SLOWEST = 3e4, REMEMBERED = 10;
const UNANSWERED = ["nothing_found", "off_topic"]; // why a bot has nothing to say that a person may know

export class Talk {
  session = null;
  status = "open";
  running = null; // what stops the answer that is being written
  shown = []; // what stands in the log: { role, id, content }
  latest = -1; // the place of the last message that the server told of
  pace = FASTEST;
  timer = 0;
  ready = false;

  constructor(frame, T, view) {
    Object.assign(this, { frame, T, view });
    this.restored = frame.mode === "preview" ? Promise.resolve() : this.restore();
  }

  // --- What stays in the browser: { session, at, seen } for a day, and whether the chat is open ---

  read() {
    try { return JSON.parse(localStorage.getItem(this.frame.key)); } catch { return null; }
  }

  keep(store, value) { // a browser may refuse; then the talk lasts as long as the page
    try { value == null ? window[store].removeItem(this.frame.key) : window[store].setItem(this.frame.key, JSON.stringify(value)); } catch { /* as said */ }
  }

  remembered() {
    const found = this.read();
    return found && Date.now() - found.at < DAY ? found : null;
  }

  remember(session) {
    this.session = session;
    this.keep("localStorage", session && { session, at: Date.now(), seen: this.latest });
  }

  seen() {
    const found = this.read();
    if (found && found.session === this.session && this.frame.open) this.keep("localStorage", { ...found, seen: this.latest });
  }

  opened() {
    if (this.frame.mode === "bubble") this.keep("sessionStorage", true);
    this.seen();
    this.watch(true);
  }

  closed() {
    this.keep("sessionStorage", null);
    this.watch();
  }

  // --- What the server knows of it ---

  listen() {
    addEventListener("online", guarded(() => { if (this.view.noted.textContent === this.T.offline) this.view.note(""); this.watch(true); }));
    addEventListener("offline", guarded(() => this.view.note(this.T.offline)));
    if (navigator.onLine === false) this.view.note(this.T.offline); // since before the chat was there
    document.addEventListener("visibilitychange", guarded(() => this.watch(true)));
    addEventListener("storage", guarded((event) => { // another tab goes on with the talk, or begins a new one
      if (event.key !== this.frame.key || this.running || (this.remembered()?.session || null) === this.session) return;
      this.empty();
      this.restored = this.restore();
    }));
  }

  address(session) { return `${this.frame.base}/v1/chat/sessions/${session}`; }

  async restore() {
    const found = this.remembered();
    this.session = found && String(found.session);
    if (found) {
      try { this.take(await (await call(this.address(this.session))).json(), found.seen); } catch (error) {
        if (error.code === "session_not_found") this.remember(null);
      }
    }
    this.ready = true;
    this.view.toEnd();
  }

  // Takes over what is not shown yet. A person's words that nobody saw are unread: those after `seen`, and whatever
  // comes while the chat is there.
  take(told, seen = Infinity) {
    const follow = this.view.atEnd();
    const known = new Set(this.shown.map((one) => one.id).filter(Boolean));
    for (const message of told.messages || []) {
      this.latest = Math.max(this.latest, message.position ?? -1);
      if (known.has(message.id) || !plain(message.content).trim()) continue;
      const ours = message.role === "user" && this.shown.find((one) => one.role === "user" && !one.id);
      if (ours) { ours.id = message.id; continue; }
      this.put({ ...message, author: message.author && (message.author.name || message.author) });
      if (message.role === "user") continue;
      this.pace = FASTEST;
      if (this.ready) this.view.announce(message.content);
      if (this.ready || (message.role === "person" && message.position > seen)) this.view.unread(true);
    }
    if (follow) this.view.toEnd();
    this.left = told.has_contact;
    this.settle(told.status);
    this.seen();
  }

  settle(next) {
    const { T, view } = this, before = this.status;
    this.status = next || "open";
    view.form.hidden = this.status === "closed";
    if (this.status === "closed") view.note(T.ended, button(T.fresh, () => this.reset()));
    else if (this.status === "escalated") view.note(T.waiting);
    else if (this.status === "with_person") view.note(T.with_person);
    else if (before !== "open") view.note(before === "with_person" ? T.with_bot : "");
    if (this.status !== before && view.noted.textContent) view.announce(view.noted.firstChild.textContent);
    if (view.person) view.person.hidden = this.status !== "open";
    if (this.status !== "open") this.offered?.remove();
    guarded(() => this.reach())();
    this.watch();
  }

  expected() { return this.status === "escalated" || this.status === "with_person"; }

  // Few are asked, so it is a module of its own.
  async reach() {
    if (!this.expected()) this.contact?.remove();
    else if (this.session && !this.left) (await import("./contact.js")).ask(this);
  }

  // Asks again and again while a person is expected.
  watch(soon) {
    clearTimeout(this.timer);
    if (soon) this.pace = FASTEST;
    if (this.session && this.expected() && !document.hidden) this.timer = setTimeout(guarded(() => this.again()), this.pace);
  }

  async again() {
    this.pace = Math.min(this.pace * (this.frame.open ? 1.15 : 1.5), SLOWEST);
    if (!this.running) {
      try { this.take(await (await call(`${this.address(this.session)}?after=${this.latest}`)).json()); } catch (error) {
        if (error.code === "session_not_found") return;
      }
    }
    this.watch();
  }

  put(message, into) {
    const item = draw(this, message, into);
    this.offer(item, message.guardrail);
    this.shown.push({ role: message.role, id: message.id, content: plain(message.content).trim() });
    if (!into) this.view.log.append(item);
    this.view.begun(true, this.shown.some((one) => one.role === "user"));
  }

  // Where the bot had no answer a person may have one. It stands under the last message alone.
  offer(item, guardrail) {
    const { view, T } = this;
    this.offered?.remove();
    this.offered = null;
    if (!view.person || this.status !== "open" || !guardrail || !UNANSWERED.includes(guardrail.reason)) return;
    this.offered = el("div", { class: "offer" }, button(T.person, () => {
      view.focus(); // the button goes
      return this.send(T.ask_person);
    }));
    item.append(this.offered);
  }

  empty() {
    if (this.running) this.running.abort();
    this.shown = [];
    this.latest = -1;
    this.left = this.contact = null;
    this.view.log.replaceChildren(this.view.start);
    this.view.begun(false, false);
    this.view.note("");
    this.status = "open";
    this.settle("open");
  }

  reset() {
    this.remember(null);
    this.empty();
    this.view.input.focus();
  }

  // --- A question and its answer ---

  // Without words it is what stands in the field.
  async send(words) {
    if (!this.ready) await this.restored;
    const { T, view } = this;
    const text = String(words ?? view.input.value).trim();
    if (!text || this.running) return;
    if (this.frame.mode === "preview") return view.note(T.preview);
    if (text.length > LONGEST) return view.note(filled(T.too_long, LONGEST));
    if (navigator.onLine === false) return view.note(T.offline);
    if (words == null) { view.input.value = ""; view.grow(); }
    if (this.status === "open") view.note("");
    this.put({ role: "user", content: text });
    return this.ask(text, random());
  }

  stop() { if (this.running) this.running.abort(); }

  // `key` lets the same question be sent again without being answered twice.
  async ask(text, key, again) {
    const { T, view } = this;
    const item = el("div", { class: "item other writing" }, el("span", { class: "hidden", text: T.writing }), el("span", { class: "dots", "aria-hidden": "true" }));
    const controller = new AbortController();
    let said = "", drawing = 0;
    const redraw = () => {
      drawing = 0;
      const follow = view.atEnd();
      item.replaceChildren(writing(this, said));
      if (follow) view.toEnd();
    };
    this.running = controller;
    view.busy(true);
    view.log.append(item);
    view.toEnd();
    view.announce(T.writing);
    try {
      const answer = await this.hear(text, key, again, controller.signal, (piece) => {
        said += piece;
        drawing = drawing || requestAnimationFrame(guarded(redraw));
      });
      cancelAnimationFrame(drawing);
      this.finish(item, answer, said);
    } catch (error) {
      cancelAnimationFrame(drawing);
      await this.fail(item, error, said, text, key);
    } finally {
      if (this.running === controller) {
        this.running = null;
        view.busy(false);
      }
      this.watch(true);
    }
  }

  async hear(text, key, again, signal, say) {
    const { mode, bot, base, look } = this.frame;
    const earlier = again ? this.shown.slice(0, -1).filter((one) => one.content).slice(-REMEMBERED) : [];
    const messages = [...earlier.map(({ role, content }) => ({ role: role === "user" ? role : "assistant", content: content.slice(0, LONGEST) })), { role: "user", content: text }];
    const metadata = { source: mode === "page" ? "page" : "widget", page: (location.origin + location.pathname).slice(0, 500), language: look.language };
    const answer = await call(`${base}/v1/chat/public`, {
      method: "POST", signal, headers: { "Idempotency-Key": key },
      body: JSON.stringify({ bot_id: bot, session_id: this.session, messages, metadata, stream: true }),
    });
    for await (const [name, data] of events(answer.body)) {
      if (name === "start" && data.session_id) this.remember(data.session_id);
      else if (name === "token") say(data.text || "");
      else if (name === "error") throw new Refused(data);
      else if (name === "end") return data;
    }
    throw new Refused({ code: "broken" });
  }

  finish(item, answer, said) {
    const { view } = this, follow = view.atEnd();
    const content = answer.message ? answer.message.content : said;
    const next = answer.status || (answer.escalation ? answer.escalation.status || "escalated" : null);
    if (content && next !== "with_person") {
      this.put({ role: "assistant", id: answer.id, content, citations: answer.citations, guardrail: answer.guardrail }, item);
      view.announce(content);
    } else { // a person answers; the id is that of the question
      item.remove();
      const asked = this.shown[this.shown.length - 1];
      if (next === "with_person" && asked) asked.id = answer.id;
    }
    if (next) this.settle(next);
    if (follow) view.toEnd();
    view.unread(true);
  }

  fail(item, error, said, text, key) {
    const { T, view } = this;
    if (error.code === "session_not_found" && this.session) { // what was said is not kept there; we still know it
      this.remember(null);
      item.remove();
      return this.ask(text, random(), true);
    }
    if (said.trim()) this.put({ role: "assistant", content: said }, item);
    else item.textContent = "";
    item.classList.remove("writing");
    if (error.name === "AbortError") return item.append(el("span", { class: "said", text: T.stopped }));
    if (error.code === "session_ended") { item.remove(); return this.settle("closed"); }
    const words = excuse(error, said, this);
    const fresh = error.code && /^(idempotency|broken|invalid)/.test(error.code);
    item.classList.add("failed");
    item.append(el("p", { class: "error", text: words }), button(T.retry, () => { item.remove(); return this.ask(text, fresh ? random() : key); }));
    view.announce(words);
    view.toEnd();
  }
}
