// The look's form beside the widget: what is typed is seen at once. `data-look` is where the texts of a language come from.

const form = document.querySelector("form[data-look]");
const told = JSON.parse(document.querySelector("#look").textContent);
let logo = told.logo_url;

const value = (name) => form.elements[name].value.trim();

function shown() {
  return {
    ...told,
    title: value("title") || told.name,
    greeting: value("greeting") || told.texts.greeting,
    placeholder: value("placeholder") || told.texts.placeholder,
    launcher: value("launcher"),
    suggestions: value("suggestions").split("\n").map((line) => line.trim()).filter(Boolean).slice(0, 6),
    color: value("color"),
    position: value("position"),
    theme: value("theme"),
    privacy_note: value("privacy_note"),
    privacy_url: value("privacy_url"),
    offers_person: form.elements.offers_person.checked,
    logo_url: form.elements.drop_logo?.checked ? null : logo,
  };
}

function show() {
  document.dispatchEvent(new CustomEvent("parley:look", { detail: shown() }));
}

async function speak(language) {
  const answer = await fetch(`${form.dataset.look}?language=${encodeURIComponent(language)}`);
  if (!answer.ok) return;
  const { title, ...words } = await answer.json();
  Object.assign(told, words, { name: title });
  show();
}

function read(file) {
  if (!file) return;
  const reader = new FileReader();
  reader.addEventListener("load", () => { logo = reader.result; show(); });
  reader.readAsDataURL(file);
}

if (form) {
  form.addEventListener("input", show);
  document.addEventListener("parley:shown", show);
  form.elements.language.addEventListener("change", () => speak(value("language")));
  form.elements.logo.addEventListener("change", () => read(form.elements.logo.files[0]));
  speak(value("language"));
}
