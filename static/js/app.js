// What script adds to pages that already work without it. No words live here: they come from the page.
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const one = (selector, root = document) => root.querySelector(selector);
const store = {
  get(key) {
    try { return JSON.parse(localStorage.getItem(key)); } catch { return null; }
  },
  set(key, value) {
    try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* full or closed: the page itself still holds it */ }
  },
  drop(key) {
    try { localStorage.removeItem(key); } catch { /* nothing to drop */ }
  },
  keys() {
    try { return Object.keys(localStorage); } catch { return []; }
  },
};

for (const box of all("[data-needs-script]")) box.hidden = false;

// Plus and minus beside a number.
for (const box of all("[data-stepper]")) {
  const input = one("input", box);
  for (const button of all("[data-step]", box)) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const low = Number(input.min || 0), high = Number(input.max || 1e6);
      const next = (Number.parseInt(input.value, 10) || 0) + Number(button.dataset.step);
      input.value = Math.max(low, Math.min(next, high));
      input.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
}

// What only a group needs stays away while there is one person.
const capture = one("[data-capture]");
const people = capture?.elements.people;
if (people) {
  const show = () => {
    const many = Number(people.value) > 1;
    for (const box of all("[data-group],[data-many]", capture)) {
      box.hidden = !many && !one(".group-error", box) && !one("input", box)?.value;
    }
  };
  people.addEventListener("input", show);
  show();
}

// The note of what was saved floats for ten seconds, longer while a finger or the focus is on it.
const toast = one("[data-toast]");
if (toast) {
  one(".undo", toast).classList.add("is-toast");
  let timer;
  const wait = () => { timer = setTimeout(() => toast.remove(), 10000); };
  const stay = () => clearTimeout(timer);
  for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, stay);
  for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, () => { stay(); wait(); });
  wait();
  const url = new URL(location);
  url.searchParams.delete("saved");
  history.replaceState(null, "", url);
}

// Counting on a market day: each press counts here at once and survives a reload until it is saved.
const saved = one("[data-saved]")?.dataset.saved;
for (const key of store.keys()) {
  if (saved && key.startsWith("count ") && store.get(key)?.id === saved) store.drop(key);
}
const clicker = one("[data-clicker]");
if (clicker) startClicker(clicker);

function startClicker(form) {
  const fields = form.elements;
  const key = ["count", form.dataset.clicker, fields.village.value, fields.visited_on.value].join(" ");
  const counts = () => all("input[name^=count-]", form);
  const taps = () => fields.taps.value.split(",").filter(Boolean);
  const kept = store.get(key);
  const fresh = counts().every((input) => input.value === "0") && !fields.taps.value;
  if (kept && fresh && kept.id !== fields.id.value) {
    const shown = form.dataset.types.split(",");
    if (kept.types.some((type) => !shown.includes(type))) {
      const url = new URL(location.pathname, location);
      for (const type of new Set([...kept.types, ...shown])) url.searchParams.append("type", type);
      for (const [name, from] of [["village", "village"], ["on", "visited_on"], ["at", "place_kind"]]) {
        url.searchParams.set(name, fields[from].value);
      }
      if (kept.types.length <= 12) { location.replace(url); return; }
    }
    fields.id.value = kept.id;
    fields.taps.value = kept.taps;
    for (const input of counts()) input.value = kept.counts[input.name] || 0;
  }
  const draw = (at) => {
    let total = 0;
    for (const input of counts()) {
      total += Number(input.value);
      const shown = one(`[data-count="${input.name.slice(6)}"]`, form);
      if (shown) shown.textContent = input.value;
    }
    const sum = one("[data-total]");
    if (sum) sum.textContent = total.toLocaleString("vi-VN");
    const last = taps().at(-1);
    const button = last && one(`.plus[value="${last}"]`, form);
    const box = one("[data-last]", form);
    if (!box) return;
    box.hidden = !button;
    if (!button) return;
    one("[data-what]", box).textContent = `${one("h2", button.closest(".counter")).textContent.trim()} +1`;
    const word = button.lastElementChild.lastChild.textContent.trim();
    one("[data-end]", box).textContent = at ? `${word} · ${at}` : word;
  };
  const keep = () => {
    const values = Object.fromEntries(counts().map((input) => [input.name, input.value]));
    const types = form.dataset.types.split(",");
    store.set(key, { id: fields.id.value, taps: fields.taps.value, counts: values, types });
  };
  const add = (value, step) => {
    const input = fields[`count-${value}`];
    if (input) input.value = Math.max(0, Math.min(1000, Number(input.value) + step));
  };
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const less = button?.value === "less";
    if (!button || (button.name !== "plus" && !less)) return;
    event.preventDefault();
    const list = taps();
    if (less) add(list.pop(), -1);
    else { add(button.value, 1); list.push(button.value); }
    fields.taps.value = list.slice(-200).join(",");
    keep();
    const now = new Date();
    draw(less ? "" : `${now.getHours()}:${String(now.getMinutes()).padStart(2, "0")}`);
  });
  if (!fresh) keep();
  draw("");
}

// Copy and print.
for (const button of all("[data-copy]")) {
  button.addEventListener("click", async () => {
    const source = one(button.dataset.copy);
    const text = source ? (source.value ?? source.textContent).trim() : button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      source?.select?.();
      if (!document.execCommand("copy")) return;
    }
    const words = one("span", button) ?? button;
    if (button.dataset.copied) words.textContent = button.dataset.copied;
  });
}
for (const button of all("[data-print]")) button.addEventListener("click", () => print());

// A second tap within two seconds is the same tap; after that it is a new try.
const sent = new WeakMap();
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  const before = sent.get(event.target);
  if (before && Date.now() - before < 2000) event.preventDefault();
  else sent.set(event.target, Date.now());
});

one("#error-summary")?.focus();
