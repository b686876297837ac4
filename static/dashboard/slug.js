// A short name that follows the name until somebody types one of their own.

for (const form of document.querySelectorAll("[data-slug-from]")) {
  const from = document.getElementById(form.dataset.slugFrom);
  const to = document.getElementById(form.dataset.slugTo);
  let follows = to.value === "";
  to.addEventListener("input", () => { follows = to.value === ""; });
  from.addEventListener("input", () => {
    if (!follows) return;
    const plain = from.value.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
    to.value = plain.replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-+|-+$/g, "").slice(0, 50);
  });
}
