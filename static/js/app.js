// What script adds to pages that work without it. No words live here: they come from the page.
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const one = (selector, root = document) => root.querySelector(selector);
// Storage may be full or closed: then the page itself still holds everything.
const attempt = (act) => {
  try { return act(); } catch { return null; }
};

for (const box of all("[data-needs-script]")) box.hidden = false;

// Once a day, say that this phone is alive: silent villages are told from silent phones by it.
const token = one("[name=csrf_token]")?.value;
const day = new Date().toDateString();
if (one("nav.places") && token && attempt(() => localStorage.getItem("heard")) !== day) {
  const body = new URLSearchParams({ csrf_token: token });
  fetch("/heard", { method: "POST", body, keepalive: true })
    .then((answer) => answer.status === 204 && attempt(() => localStorage.setItem("heard", day)))
    .catch(() => null);
}

// Plus and minus beside a number.
for (const box of all("[data-stepper]")) {
  const input = one("input", box);
  for (const button of all("[data-step]", box)) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const next = (parseInt(input.value, 10) || 0) + Number(button.dataset.step);
      input.value = Math.max(input.min || 0, Math.min(next, input.max || 1e6));
      input.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
}

// What only a group needs stays away while there is one person.
const capture = one("[data-capture]");
if (capture) {
  const people = capture.elements.people;
  const show = () => {
    for (const box of all("[data-group],[data-many]")) {
      box.hidden = people.value <= 1 && !one("input", box)?.value;
    }
  };
  const assumed = one(".box > summary .sub", capture)?.firstChild;
  const tell = () => { if (assumed) assumed.data = assumed.data.replace(/\d+/, people.value || 1); };
  people.addEventListener("input", show);
  people.addEventListener("input", tell);
  show();
}

// What was just saved floats for ten seconds, longer while a finger or the focus is on it.
const toast = one("[data-toast]");
if (toast) {
  one(".undo", toast).classList.add("is-toast");
  let timer;
  const stay = () => clearTimeout(timer);
  const wait = () => {
    stay();
    timer = setTimeout(() => toast.remove(), 10000);
  };
  for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, stay);
  for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, wait);
  wait();
  const url = new URL(location);
  url.searchParams.delete("saved");
  history.replaceState(null, "", url);
  attempt(() => {
    for (const [key, value] of Object.entries(localStorage)) {
      if (key.startsWith("count ") && JSON.parse(value).id === toast.dataset.saved) localStorage.removeItem(key);
    }
  });
}

// Counting on a market day: a press counts at once and survives a reload until it is saved.
const clicker = one("[data-clicker]");
if (clicker) startClicker(clicker);

function startClicker(form) {
  const fields = form.elements;
  const types = form.dataset.types.split(",");
  const key = ["count", form.dataset.clicker, fields.village.value, fields.visited_on.value].join(" ");
  const counts = all("input[name^=count-]", form);
  const taps = () => fields.taps.value.split(",").filter(Boolean);
  const sum = () => counts.reduce((total, input) => total + Number(input.value), 0);
  const draw = (time) => {
    for (const input of counts) {
      const shown = one(`[data-count="${input.name.slice(6)}"]`);
      if (shown) shown.textContent = input.value;
    }
    const total = one("[data-total]");
    if (total) total.textContent = sum().toLocaleString("vi-VN");
    const last = one("[data-last]");
    const button = one(`.plus[value="${taps().at(-1)}"]`);
    if (!last) return;
    last.hidden = !button;
    if (!button) return;
    const words = [button.lastElementChild.lastChild.textContent.trim(), time];
    one("[data-what]").textContent = `${one("h2", button.closest(".counter")).textContent.trim()} +1`;
    one("[data-end]").textContent = words.filter(Boolean).join(" · ");
  };
  const keep = () => attempt(() => {
    const numbers = Object.fromEntries(counts.map((input) => [input.name, input.value]));
    localStorage.setItem(key, JSON.stringify({ id: fields.id.value, taps: fields.taps.value, types, numbers }));
  });
  const add = (value, step) => {
    const input = fields[`count-${value}`];
    if (input) input.value = Math.max(0, Math.min(1000, Number(input.value) + step));
  };
  const kept = attempt(() => JSON.parse(localStorage.getItem(key)));
  if (sum() || fields.taps.value) {
    keep();
  } else if (kept && kept.id !== fields.id.value) {
    const wanted = [...new Set([...kept.types, ...types])];
    if (wanted.length > types.length && wanted.length <= 12) {
      const query = new URLSearchParams(wanted.map((type) => ["type", type]));
      query.set("village", fields.village.value);
      query.set("on", fields.visited_on.value);
      query.set("at", fields.place_kind.value);
      location.replace(`?${query}`);
      return;
    }
    fields.id.value = kept.id;
    fields.taps.value = kept.taps;
    for (const input of counts) input.value = kept.numbers[input.name] || 0;
  }
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const less = button?.value === "less";
    if (button?.name !== "plus" && !less) return;
    event.preventDefault();
    const list = taps();
    if (less) {
      add(list.pop(), -1);
    } else {
      add(button.value, 1);
      list.push(button.value);
    }
    fields.taps.value = list.slice(-200).join(",");
    keep();
    draw(less ? "" : new Date().toTimeString().slice(0, 5).replace(/^0/, ""));
  });
  draw();
}

// Copy and print.
for (const button of all("[data-copy]")) {
  button.addEventListener("click", async () => {
    const source = one(button.dataset.copy);
    try {
      await navigator.clipboard.writeText((source.value ?? source.textContent).trim());
    } catch {
      getSelection().selectAllChildren(source);
      source.select?.();
      if (!document.execCommand("copy")) return;
    }
    if (button.dataset.copied) (one("span", button) ?? button).textContent = button.dataset.copied;
  });
}
for (const button of all("[data-print]")) button.addEventListener("click", () => print());

// A second tap within two seconds is the same tap; after that it is a new try.
const sent = new WeakMap();
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (Date.now() - (sent.get(form) ?? 0) < 2000) event.preventDefault();
  else sent.set(form, Date.now());
  comeBack();
});
document.addEventListener("click", (event) => event.target.closest("a[href]:not([href^='#'])") && comeBack());

// A page that answered a form cannot be gone back to: the browser would ask to send the form again.
// So on leaving it takes the address of its first step, which also tells whether the visit was saved.
function comeBack() {
  const url = new URL(location);
  const type = one("form [name=lines-0-support_type]");
  if (type && url.pathname === "/visits/new" && !url.searchParams.has("type")) {
    url.searchParams.set("type", type.value);
    for (const [name, key] of [["id", "id"], ["village", "village"], ["visited_on", "on"], ["place_kind", "at"]]) {
      const value = type.form.elements[name]?.value;
      if (value) url.searchParams.set(key, value);
    }
  }
  history.replaceState(history.state, "", url);
}

one("#error-summary")?.focus();
