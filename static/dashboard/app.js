// What every page can do: theme, menu, copying, the reader's time zone. Behaviour hangs on data- attributes alone.

const root = document.documentElement;

function rememberZone() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && !document.cookie.split("; ").includes(`zone=${zone}`)) {
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `zone=${zone}; path=/; max-age=31536000; samesite=lax${secure}`;
  }
}

function showTheme() {
  const chosen = root.dataset.theme ?? "auto";
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === chosen));
  }
}

function chooseTheme(choice) {
  if (choice === "auto") delete root.dataset.theme;
  else root.dataset.theme = choice;
  try {
    localStorage.setItem("parley-theme", choice);
  } catch {
    // Then it holds for this page.
  }
  showTheme();
}

async function copy(button) {
  const source = document.querySelector(button.dataset.copy);
  if (!source) return;
  const text = "value" in source ? source.value : source.textContent;
  const word = button.textContent;
  try {
    await navigator.clipboard.writeText(text.trim());
    button.textContent = button.dataset.copied ?? "✓";
  } catch {
    const range = document.createRange();
    range.selectNodeContents(source);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    return;
  }
  setTimeout(() => { button.textContent = word; }, 1600);
}

function toggleMenu(button) {
  const open = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", String(open));
  document.body.classList.toggle("menu-open", open);
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-theme-choice], [data-copy], [data-menu]");
  if (target?.dataset.themeChoice) chooseTheme(target.dataset.themeChoice);
  else if (target?.dataset.copy) copy(target);
  else if (target?.hasAttribute("data-menu")) toggleMenu(target);
  for (const drop of document.querySelectorAll("details[data-drop][open]")) {
    if (!drop.contains(event.target)) drop.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const drop = document.querySelector("details[data-drop][open]");
  if (drop) {
    drop.open = false;
    drop.querySelector("summary").focus();
  }
  const menu = document.querySelector("[data-menu][aria-expanded='true']");
  if (menu) toggleMenu(menu);
});

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// The tab of this page is in sight, also where the others before it fill a narrow screen.
function showTab() {
  const tab = document.querySelector(".tabs [aria-current]");
  const tabs = tab?.closest(".tabs");
  if (tabs) tabs.scrollLeft = tab.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2;
}

// What scrolls on its own can be scrolled by keys: it has a place in the order of the Tab key while there is more to see.
function reachScrollers() {
  for (const each of document.querySelectorAll(".table-wrap, .scroll, .tabs, pre")) {
    const more = each.scrollWidth > each.clientWidth || each.scrollHeight > each.clientHeight;
    if (more && !each.hasAttribute("tabindex")) each.tabIndex = 0;
  }
}
window.addEventListener("resize", reachScrollers);
document.addEventListener("htmx:afterSettle", reachScrollers);

showTab();
reachScrollers();
rememberZone();
showTheme();
