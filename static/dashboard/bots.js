// What the pages of a bot do more where scripts run: examples to take, sliders, rows of topics, a hint of what is unsaved.

function enhance(root) {
  for (const part of root.querySelectorAll("[data-fill], [data-mirrors], [data-row-add], [data-row-remove]")) {
    part.hidden = false;
  }
  for (const slider of root.querySelectorAll("[data-mirrors]")) {
    const field = document.querySelector(slider.dataset.mirrors);
    if (!field) continue;
    slider.value = field.value;
    slider.disabled = field.disabled;
  }
}

function fill(field, text) {
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

function addRow(button) {
  const rows = button.closest("[data-rows]");
  const all = rows.querySelectorAll("[data-row]");
  const row = all[all.length - 1].cloneNode(true);
  for (const field of row.querySelectorAll("input, textarea")) field.value = "";
  for (const badge of row.querySelectorAll(".badge")) badge.remove();
  row.querySelector("details").open = false;
  all[all.length - 1].after(row);
  row.querySelector("input").focus();
}

function removeRow(button) {
  const rows = button.closest("[data-rows]");
  const row = button.closest("[data-row]");
  if (rows.querySelectorAll("[data-row]").length === 1) {
    for (const field of row.querySelectorAll("input, textarea")) field.value = "";
  } else {
    (row.nextElementSibling?.querySelector("input") ?? rows.querySelector("[data-row-add]"))?.focus();
    row.remove();
  }
  noteUnsaved(rows);
}

function noteUnsaved(within) {
  const note = within.closest("form")?.querySelector("[data-unsaved]");
  if (note) note.hidden = false;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-fill], [data-row-add], [data-row-remove]");
  if (!button) return;
  if (button.dataset.fill) fill(document.querySelector(button.dataset.fill), document.querySelector(button.dataset.from).textContent);
  else if (button.hasAttribute("data-row-add")) addRow(button);
  else removeRow(button);
});

document.addEventListener("input", (event) => {
  const field = event.target;
  if (field.dataset.mirrors) {
    const number = document.querySelector(field.dataset.mirrors);
    if (number) number.value = field.value;
  } else if (field.id) {
    const slider = document.querySelector(`[data-mirrors="#${CSS.escape(field.id)}"]`);
    if (slider) slider.value = field.value;
  }
  if (!field.closest("[data-apart]")) noteUnsaved(field);
});

// Enter in a row of topics makes the next row, and beside a button of its own presses that; neither saves the form.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.dataset?.enter) {
    event.preventDefault();
    document.querySelector(event.target.dataset.enter).click();
    return;
  }
  const row = event.target.closest?.("[data-row]");
  if (event.key !== "Enter" || !row || event.target.tagName !== "INPUT") return;
  event.preventDefault();
  if (event.target.value.trim()) addRow(row.closest("[data-rows]").querySelector("[data-row-add]"));
});

document.addEventListener("htmx:load", (event) => enhance(event.target));
enhance(document);
