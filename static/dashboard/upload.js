// Files are sent one by one, each with its own progress and its own outcome; further pairs of question and answer.
// Words come translated from the form's data- attributes. Without this script the same forms are sent as they are.

const AT_ONCE = 2;

function sizeInWords(bytes) {
  const units = ["B", "KB", "MB", "GB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit && value < 100 ? 1 : 0;
  const shown = value.toLocaleString(document.documentElement.lang, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${shown} ${units[unit]}`;
}

class Upload {
  constructor(file, words, row) {
    this.file = file;
    this.words = words;
    this.row = row;
    this.state = "waits";
    this.part("name").textContent = file.name;
    this.part("size").textContent = sizeInWords(file.size);
    this.show("waits");
  }

  part(name) {
    return this.row.querySelector(`[data-${name}]`);
  }

  show(state, said = "", mayRetry = false) {
    const tones = { added: "is-good", known: "is-info", refused: "is-bad", sending: "is-info", checking: "is-info" };
    const word = `word${state[0].toUpperCase()}${state.slice(1)}`;
    this.state = state;
    this.part("badge").className = `badge ${tones[state] ?? ""}`;
    this.part("badge").textContent = this.words[word];
    this.part("said").textContent = said;
    this.part("said").hidden = !said;
    this.part("progress").hidden = !["sending", "checking"].includes(state);
    this.part("again").hidden = !mayRetry;
    this.part("remove").hidden = !["waits", "refused"].includes(state);
  }

  link(address) {
    const link = document.createElement("a");
    link.href = address;
    link.textContent = this.file.name;
    this.part("name").replaceChildren(link);
  }

  send(form) {
    this.show("sending");
    const data = new FormData(form);
    data.delete("files");
    data.append("files", this.file, this.file.name);
    const request = new XMLHttpRequest();
    const progress = this.part("progress");
    progress.value = 0;
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) progress.value = (event.loaded / event.total) * 100;
    });
    request.upload.addEventListener("load", () => {
      progress.removeAttribute("value");
      if (this.state === "sending") this.show("checking");
    });
    return new Promise((resolve) => {
      request.addEventListener("loadend", () => {
        this.settle(request);
        resolve();
      });
      request.send(data);
    });
  }

  settle(request) {
    if (request.status === 0) {
      this.show("refused", this.words.wordNetwork, true);
      return;
    }
    let answer;
    try {
      answer = JSON.parse(request.responseText);
    } catch {
      this.show("refused", this.words.wordSession, true);
      return;
    }
    const known = ["added", "known", "refused"].includes(answer.outcome);
    this.show(known ? answer.outcome : "refused", answer.outcome === "refused" ? answer.said : "", answer.outcome === "refused");
    if (answer.address) this.link(answer.address);
  }
}

class Uploader {
  constructor(form) {
    this.form = form;
    this.words = form.dataset;
    this.input = form.querySelector("input[type=file]");
    this.zone = form.querySelector("[data-drop-zone]");
    this.list = form.querySelector("[data-uploads]");
    this.status = form.querySelector("[data-upload-status]");
    this.done = form.querySelector("[data-upload-done]");
    this.button = form.querySelector(".form-actions [type=submit]");
    this.template = document.querySelector("[data-upload-row]");
    this.uploads = [];
    this.isSending = false;
    this.prepare();
  }

  prepare() {
    for (const part of this.form.querySelectorAll("[data-with-script]")) part.hidden = false;
    for (const part of this.form.querySelectorAll("[data-without-script]")) part.hidden = true;
    this.input.required = false;
    this.input.classList.add("visually-hidden");
    this.input.addEventListener("change", () => {
      this.add(this.input.files);
      this.input.value = "";
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.sendAll();
    });
    // Dropped beside the zone, a file would otherwise replace the page.
    for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());
    addEventListener("beforeunload", (event) => {
      if (this.isSending) event.preventDefault();
    });
    this.zone.addEventListener("dragover", () => this.zone.classList.add("is-over"));
    this.zone.addEventListener("dragleave", (event) => {
      if (!this.zone.contains(event.relatedTarget)) this.zone.classList.remove("is-over");
    });
    this.zone.addEventListener("drop", (event) => {
      event.preventDefault();
      this.zone.classList.remove("is-over");
      this.add(event.dataTransfer.files);
    });
    this.tell();
  }

  add(files) {
    for (const file of files) {
      const same = this.uploads.some((one) => one.file.name === file.name && one.file.size === file.size && one.file.lastModified === file.lastModified);
      if (same) continue;
      const row = this.template.content.firstElementChild.cloneNode(true);
      const upload = new Upload(file, this.words, row);
      const wrong = this.wrong(file);
      if (wrong) upload.show("refused", wrong);
      upload.part("remove").addEventListener("click", () => this.remove(upload));
      upload.part("again").addEventListener("click", () => {
        upload.show("waits");
        this.sendAll();
      });
      this.uploads.push(upload);
      this.list.append(row);
    }
    this.tell();
  }

  wrong(file) {
    const end = file.name.slice(file.name.lastIndexOf(".")).toLowerCase();
    if (!this.words.endings.split(" ").includes(end)) return this.words.wordType;
    if (file.size === 0) return this.words.wordEmpty;
    return file.size > Number(this.words.mostBytes) ? this.words.wordLarge : "";
  }

  remove(upload) {
    this.uploads = this.uploads.filter((one) => one !== upload);
    upload.row.remove();
    this.tell();
    this.input.focus();
  }

  async sendAll() {
    if (this.isSending) return;
    this.isSending = true;
    this.tell();
    const next = () => this.uploads.find((one) => one.state === "waits");
    const worker = async () => {
      for (let upload = next(); upload; upload = next()) {
        await upload.send(this.form);
        this.tell();
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    this.isSending = false;
    this.tell();
    const isTaken = this.uploads.every((one) => ["added", "known"].includes(one.state));
    if (this.words.then && this.uploads.length && isTaken) location.assign(this.words.then);
  }

  tell() {
    const count = (state) => this.uploads.filter((one) => one.state === state).length;
    const waiting = count("waits");
    const settled = count("added") + count("known");
    this.list.hidden = !this.uploads.length;
    this.button.disabled = this.isSending || !waiting;
    this.button.hidden = !waiting && settled > 0;
    this.button.textContent = waiting === 1 ? this.words.wordButtonOne : this.words.wordButton.replace("%n", waiting || "");
    const isOver = !this.isSending && settled > 0 && !waiting;
    this.done.hidden = !isOver;
    this.status.hidden = !isOver;
    this.status.textContent = isOver
      ? this.words.wordDone.replace("%a", count("added")).replace("%k", count("known")).replace("%r", count("refused"))
      : "";
  }
}

function addPair(button) {
  const list = button.form.querySelector("[data-pairs]");
  const pair = list.lastElementChild.cloneNode(true);
  const number = list.children.length + 1;
  for (const label of pair.querySelectorAll("label")) {
    const field = pair.querySelector(`#${label.htmlFor}`);
    field.id = field.id.replace(/\d+$/, number);
    field.value = "";
    label.htmlFor = field.id;
  }
  const legend = pair.querySelector("legend");
  legend.textContent = legend.textContent.replace(/\d+/, number);
  list.append(pair);
  pair.querySelector("input").focus();
}

for (const form of document.querySelectorAll("form[data-upload]")) new Uploader(form);
for (const button of document.querySelectorAll("[data-more-pairs]")) {
  button.addEventListener("click", (event) => {
    event.preventDefault();
    addPair(button);
  });
}
