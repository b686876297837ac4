// The first run's small conveniences: fields that belong to a choice, and files that are dropped.

for (const form of document.querySelectorAll("[data-choice]")) {
  const show = () => {
    const chosen = new FormData(form).get(form.dataset.choice);
    for (const part of form.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== chosen;
    for (const part of form.querySelectorAll("[data-unless]")) part.hidden = part.dataset.unless === chosen;
  };
  form.addEventListener("change", show);
  show();
}

for (const zone of document.querySelectorAll("[data-dropzone]")) {
  const input = zone.querySelector("input[type=file]");
  const button = zone.querySelector("[data-upload]");
  button.hidden = true;
  const send = () => { if (input.files.length) zone.requestSubmit(); };
  input.addEventListener("change", send);
  zone.addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("is-over"); });
  zone.addEventListener("dragleave", () => zone.classList.remove("is-over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("is-over");
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    send();
  });
}
