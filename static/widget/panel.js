// The chat, put into the frame that the loader drew. What the loader knows of it is what `start` answers.

import { button, el, guarded, icon, plain, tool } from "./dom.js";
import { link } from "./markdown.js";
import { CSS, readable } from "./style.js";
import { Talk } from "./talk.js";

const coarse = matchMedia("(pointer: coarse)"), small = matchMedia("(max-width: 480px), (max-height: 420px)");

// `words` are the visitor's; a preview brings its own with each look.
export function start(frame, words) {
  let view, talk;
  const draw = () => {
    const T = frame.mode === "preview" ? frame.look.texts : words;
    view = new View(frame, T);
    talk = view.talk = new Talk(frame, T, view);
    view.dress();
  };
  frame.style(CSS);
  frame.redrawn = draw;
  draw();
  small.addEventListener?.("change", guarded(() => view.dress()));
  if (frame.mode !== "preview") {
    talk.restored.then(() => { if (frame.mode === "page" && !coarse.matches) view.input.focus(); }); // to ask is what the page is for
    talk.listen();
  }
  return {
    shown() {
      view.dress();
      view.unread(false);
    },
    opened(quiet) {
      view.toEnd();
      if (!quiet) view.focus();
      talk.opened();
    },
    closed: () => talk.closed(),
    send: (text) => talk.send(text),
    reset: () => talk.reset(),
  };
}

class View {
  constructor(frame, T) {
    Object.assign(this, { frame, T });
    this.live = el("div", { class: "hidden", role: "status", "aria-live": "polite" });
    this.noted = el("div", { class: "note is-line", hidden: true, dir: "auto" });
    this.start = this.greeting();
    this.log = el("div", { class: "log", role: "log", "aria-live": "off", "aria-label": plain(frame.look.title), tabindex: "0" }, this.start);
    this.form = this.form();
    this.fresh = tool("fresh", T.fresh, () => this.talk.reset());
    this.fresh.hidden = true;
    this.person = frame.look.offers_person ? button(T.person, () => this.talk.send(T.ask_person)) : null;
    this.into(frame);
    this.busy(false);
  }

  greeting() {
    const { look } = this.frame;
    const made = el("div", { class: "start" }, el("div", { class: "item other" }, el("div", { class: "text", dir: "auto", text: plain(look.greeting) })));
    if (look.suggestions && look.suggestions.length) {
      this.chips = el("div", { class: "chips", role: "group", "aria-label": this.T.suggestions },
        ...look.suggestions.map((text) => el("button", { type: "button", class: "chip", dir: "auto", text: plain(text), onclick: () => this.talk.send(text) })));
      made.append(this.chips);
    }
    return made;
  }

  form() {
    this.input = el("textarea", {
      rows: 1, dir: "auto", "aria-label": this.T.message, placeholder: plain(this.frame.look.placeholder), oninput: () => this.grow(),
      onkeydown: (event) => {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
        event.preventDefault();
        return this.talk.send();
      },
    });
    this.submit = el("button", { class: "send", type: "submit" });
    return el("form", { class: "ask", onsubmit: (event) => {
      event.preventDefault();
      return this.talk.running ? this.talk.stop() : this.talk.send();
    } }, this.input, this.submit);
  }

  into({ mode, base, look, header, note, panel, launcher }) {
    const close = header.querySelector(".tool");
    const heading = header.querySelector("h2");
    close.title = close.getAttribute("aria-label");
    close.before(this.fresh);
    if (look.logo_url) {
      const src = /^data:image\//.test(look.logo_url) ? look.logo_url : base + look.logo_url;
      const logo = el("img", { src, alt: "", onerror: () => logo.remove() });
      header.prepend(logo);
    }
    if (mode === "page") {
      close.remove();
      launcher.remove();
      heading.setAttribute("aria-level", "1");
      panel.setAttribute("role", "region");
    }
    const { privacy_note: said, privacy_url: address } = look;
    const privacy = address ? link(this.T.privacy, address) : null;
    if (privacy) privacy.replaceChildren(this.T.privacy);
    const footer = el("footer", {}, this.person, said ? el("span", { dir: "auto", text: plain(said) }) : null, privacy);
    note.replaceWith(this.log, this.noted, this.form, footer, this.live);
    panel.addEventListener("keydown", guarded((event) => this.keep(event)));
  }

  // On a small screen the panel is all there is, so the focus stays in it.
  keep(event) {
    if (event.key !== "Tab" || this.frame.mode !== "bubble" || !small.matches) return;
    const { panel, root } = this.frame;
    const all = [...panel.querySelectorAll("button, a[href], input, textarea, summary, [tabindex='0']")].filter((one) => one.offsetParent);
    const [edge, other] = event.shiftKey ? [all[0], all[all.length - 1]] : [all[all.length - 1], all[0]];
    const now = root.getRootNode().activeElement;
    if (now !== edge && !(event.shiftKey && now === panel)) return;
    event.preventDefault();
    other.focus();
  }

  dress() {
    const { root, panel, look, theme, mode } = this.frame;
    root.style.setProperty("--accent", readable(look.color, theme));
    if (mode !== "page") panel.setAttribute("aria-modal", String(small.matches && mode === "bubble"));
  }

  focus() { (coarse.matches || this.form.hidden ? this.frame.panel : this.input).focus(); }

  grow() {
    this.input.style.height = "auto"; // through the CSSOM, which no policy forbids
    this.input.style.height = `${Math.min(this.input.scrollHeight, 140)}px`;
  }

  busy(is) {
    const text = is ? this.T.stop : this.T.send;
    this.submit.setAttribute("aria-label", text);
    this.submit.title = text;
    this.submit.replaceChildren(icon(is ? "stop" : "send"));
  }

  atEnd() { return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 80; }

  toEnd() { this.log.scrollTop = this.log.scrollHeight; }

  announce(text) {
    this.live.textContent = "";
    setTimeout(() => { this.live.textContent = plain(text); }, 60);
  }

  note(text, ...actions) {
    this.noted.textContent = "";
    this.noted.hidden = !text;
    if (text) this.noted.append(el("span", { text }), ...actions);
  }

  // Whether something was said, and whether by the visitor.
  begun(any, asked) {
    this.fresh.hidden = !any;
    if (this.chips) this.chips.hidden = asked;
  }

  // Says that there is something to read, until the panel is open; without `news` it says so if it did before.
  unread(news) {
    const { launcher, open } = this.frame;
    const is = !open && (news || launcher.classList.contains("unread"));
    launcher.classList.toggle("unread", is);
    if (is) launcher.setAttribute("aria-label", `${this.T.open}: ${this.T.unread}`);
  }
}
