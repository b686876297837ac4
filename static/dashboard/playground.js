// A talk with a bot: asks by fetch, reads the answer as it is said, and keeps the talk in this tab.
// A talk that arrives later (in a part that htmx brings) is made alive the same way.

const KEPT = 20;

class Talk {
  constructor(root) {
    this.root = root;
    this.form = root.querySelector("[data-ask]");
    this.turns = root.querySelector("[data-turns]");
    this.question = this.form.elements.question;
    this.send = this.form.querySelector("[data-send]");
    this.stop = this.form.querySelector("[data-stop]");
    this.key = `parley-talk-${root.dataset.keep}`;
    this.kept = [];
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.ask(this.question.value); });
    this.question.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.form.requestSubmit(); }
    });
    root.addEventListener("click", (event) => this.clicked(event));
    if (!this.turns.querySelector(".play-turn")) this.restore();
    if (root.dataset.first && !this.kept.length) this.ask(root.dataset.first);
  }

  clicked(event) {
    const target = event.target.closest("[data-suggest], [data-new], [data-stop], a.cite");
    if (!target) return;
    if (target.hasAttribute("data-suggest")) { event.preventDefault(); this.ask(target.value); }
    else if (target.hasAttribute("data-new")) { event.preventDefault(); this.renew(); }
    else if (target.hasAttribute("data-stop")) this.asking?.abort();
    else {
      const quote = document.getElementById(target.hash.slice(1))?.querySelector("details");
      if (quote) quote.open = true;
    }
  }

  renew() {
    this.asking?.abort();
    this.kept = [];
    this.remember();
    this.turns.replaceChildren();
    this.form.elements.talk.value = "[]";
    this.root.querySelector("[data-start]").classList.remove("is-begun");
    this.question.focus();
  }

  async ask(text) {
    const question = text.trim();
    if (!question || this.asking) return;
    const body = new FormData(this.form);
    body.set("question", question);
    this.question.value = "";
    const turn = this.begin(question);
    this.asking = new AbortController();
    this.busy(true);
    try {
      const end = await this.hear(body, turn);
      this.drawn(turn, end.html);
      if (end.text) this.said(end);
    } catch (error) {
      this.failed(turn, error, question);
    } finally {
      this.asking = null;
      this.busy(false);
    }
  }

  begin(question) {
    const turn = this.root.querySelector("template[data-asked]").content.firstElementChild.cloneNode(true);
    turn.querySelector("[data-question]").textContent = question;
    this.turns.append(turn);
    this.root.querySelector("[data-start]").classList.add("is-begun");
    turn.scrollIntoView({ block: "nearest" });
    return turn;
  }

  async hear(body, turn) {
    const answer = await fetch(this.root.dataset.speak, {
      method: "POST", body, signal: this.asking.signal, credentials: "same-origin",
      headers: { "X-CSRFToken": body.get("csrfmiddlewaretoken") },
    });
    if (!answer.ok) throw new Told([422, 429].includes(answer.status) ? await answer.text() : "");
    if (!answer.headers.get("content-type")?.startsWith("text/event-stream")) throw new Told("");
    const live = turn.querySelector("[data-live]");
    let words = "";
    for await (const { name, data } of events(answer.body)) {
      if (name === "token") {
        words += data.text;
        live.textContent = words;
        this.follow();
      } else if (name === "end") return data;
    }
    throw new Told("");
  }

  drawn(turn, html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const fresh = page.querySelector("[data-turn]");
    for (const token of fresh.querySelectorAll("[name=csrfmiddlewaretoken]")) token.value = this.form.elements.csrfmiddlewaretoken.value;
    turn.replaceWith(fresh);
    window.htmx?.process(fresh);
    if (this.asking) fresh.scrollIntoView({ block: this.root.dataset.first ? "nearest" : "start" });
    this.root.dispatchEvent(new CustomEvent("talk:answered", { bubbles: true }));
  }

  said({ question, text, html }) {
    this.kept.push({ question, text, html });
    this.kept = this.kept.slice(-KEPT);
    this.remember();
  }

  remember() {
    const talk = this.kept.flatMap(({ question, text }) => [{ role: "user", content: question }, { role: "assistant", content: text }]);
    this.form.elements.talk.value = JSON.stringify(talk);
    try {
      sessionStorage.setItem(this.key, JSON.stringify(this.kept));
    } catch {
      // Then the talk lasts as long as this page.
    }
  }

  restore() {
    try {
      this.kept = JSON.parse(sessionStorage.getItem(this.key) ?? "[]");
    } catch {
      this.kept = [];
    }
    for (const { question, html } of this.kept) this.drawn(this.begin(question), html);
    if (this.kept.length) this.remember();
  }

  failed(turn, error, question) {
    const live = turn.querySelector("[data-live]");
    if (!live) return;
    const stopped = error.name === "AbortError";
    live.classList.add("is-refuse");
    live.textContent = stopped ? this.root.dataset.stopped : (error instanceof Told && error.message) || this.root.dataset.failed;
    if (!stopped) this.question.value = question;
  }

  busy(yes) {
    this.send.hidden = yes;
    this.stop.hidden = !yes;
    this.root.toggleAttribute("aria-busy", yes);
    if (!yes && !this.root.dataset.first) this.question.focus({ preventScroll: true });
  }

  follow() {
    const last = this.turns.lastElementChild?.querySelector(".bubble:last-of-type");
    last?.scrollIntoView({ block: "nearest" });
  }
}

class Told extends Error {}

async function* events(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  while (true) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    const blocks = rest.split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const lines = block.split("\n");
      const name = lines.find((line) => line.startsWith("event: "))?.slice(7);
      const data = lines.find((line) => line.startsWith("data: "))?.slice(6);
      if (name && data) yield { name, data: JSON.parse(data) };
    }
  }
}

function wake(within) {
  const found = [...within.querySelectorAll("[data-play]:not([data-awake])")];
  if (within.matches?.("[data-play]:not([data-awake])")) found.push(within);
  for (const root of found) {
    root.dataset.awake = "yes";
    new Talk(root);
  }
}

wake(document);
document.addEventListener("htmx:load", (event) => wake(event.detail.elt));
