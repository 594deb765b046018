// The portal's one script. Every page works without it; it only makes pages pleasanter.
// Saves as one types, shows what others typed, warns before the session ends, guards unsaved forms.

const DRAFTS = "portal-draft:";
const QUIET_BEFORE_SAVING = 1200;
const RETRY_AFTER = 5000;
const WARN_BEFORE_END = 120;
const body = document.body;

function clearDrafts() {
  for (const name of Object.keys(localStorage)) {
    if (name.startsWith(DRAFTS)) localStorage.removeItem(name);
  }
}

function clock(when) {
  return when.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

function inBackground(url, options = {}) {
  const headers = { "X-Background": "1", ...options.headers };
  return fetch(url, { credentials: "same-origin", redirect: "manual", cache: "no-store", ...options, headers });
}

// ---- GOV.UK Frontend ----------------------------------------------------------------------------------------

body.classList.add("js-enabled");
if ("noModule" in HTMLScriptElement.prototype) body.classList.add("govuk-frontend-supported");
const frontend = document.documentElement.dataset.frontend;
if (frontend) import(frontend).then(({ initAll }) => initAll()).catch(() => body.classList.remove("govuk-frontend-supported"));

// ---- Unsent typing, kept in this browser under a key that lives in the server's session alone -----------------

class Drafts {
  constructor(name, keyText) {
    this.name = DRAFTS + name;
    this.usable = Boolean(keyText && window.crypto?.subtle);
    this.turn = 0;
    if (this.usable) {
      const bytes = Uint8Array.from(atob(keyText), (c) => c.charCodeAt(0));
      this.key = crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
    }
  }

  async keep(values) {
    if (!this.usable) return;
    const turn = ++this.turn;
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const plain = new TextEncoder().encode(JSON.stringify(values));
    const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await this.key, plain));
    const text = btoa(Array.from([...iv, ...sealed], (b) => String.fromCharCode(b)).join(""));
    // A slower, older text must never replace a newer one, nor come back after it was forgotten.
    if (turn === this.turn) localStorage.setItem(this.name, text);
  }

  async read() {
    const kept = localStorage.getItem(this.name);
    if (!this.usable || !kept) return null;
    try {
      const bytes = Uint8Array.from(atob(kept), (c) => c.charCodeAt(0));
      const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes.slice(0, 12) }, await this.key, bytes.slice(12));
      return JSON.parse(new TextDecoder().decode(plain));
    } catch {
      localStorage.removeItem(this.name); // sealed in another session: nobody can read it any more
      return null;
    }
  }

  forget() {
    this.turn += 1;
    localStorage.removeItem(this.name);
  }
}

// ---- Saving as one types ------------------------------------------------------------------------------------

// The one stretch in which `text` differs from `began`: [from, to in began, what stands there now].
function change(began, text) {
  let start = 0;
  while (start < began.length && start < text.length && began[start] === text[start]) start += 1;
  let end = 0;
  while (end < began.length - start && end < text.length - start && began.at(-1 - end) === text.at(-1 - end)) end += 1;
  return [start, began.length - end, text.slice(start, text.length - end)];
}

// Both changes of one text, or null where they touch.
function bothChanges(began, mine, theirs) {
  const [myStart, myEnd, myText] = change(began, mine);
  const [theirStart, theirEnd, theirText] = change(began, theirs);
  if (myEnd < theirStart) return began.slice(0, myStart) + myText + began.slice(myEnd, theirStart) + theirText + began.slice(theirEnd);
  if (theirEnd < myStart) return began.slice(0, theirStart) + theirText + began.slice(theirEnd, myStart) + myText + began.slice(myEnd);
  return null;
}

function placeText(box, text) {
  if (box.value === text) return;
  const [start, end, put] = change(box.value, text);
  const moved = (at) => (at <= start ? at : at >= end ? at + put.length - (end - start) : start + put.length);
  const active = document.activeElement === box;
  const caret = active ? [moved(box.selectionStart), moved(box.selectionEnd)] : null;
  const scroll = box.scrollTop;
  box.value = text;
  if (caret) box.setSelectionRange(...caret);
  box.scrollTop = scroll;
}

class Autosave {
  constructor(form) {
    this.form = form;
    this.address = form.dataset.autosave || form.action;
    this.drafts = new Drafts(new URL(this.address, location.href).pathname, body.dataset.draftKey);
    this.status = form.querySelector("[data-save-status]") || this.addStatus();
    this.saved = this.read();
    this.timer = 0;
    this.sending = false;
    form.addEventListener("input", () => this.typed());
    form.addEventListener("change", () => this.typed());
    form.addEventListener("submit", () => { this.submitted = true; this.drafts.forget(); });
    addEventListener("online", () => this.send());
    addEventListener("pagehide", () => this.lastChance());
    document.addEventListener("visibilitychange", () => document.hidden && this.send());
    this.ready = this.restore();
    if (form.dataset.poll) setInterval(() => this.lookForOthers(), 1000 * Number(form.dataset.pollSeconds || 10));
  }

  addStatus() {
    const status = document.createElement("p");
    status.className = "portal-save__status";
    status.setAttribute("role", "status");
    this.form.append(status);
    return status;
  }

  boxes(name) {
    return [...this.form.elements].filter((box) => box.name === name);
  }

  // What is typed now: {name: [values]}; fields that say nothing (no tick) have an empty list.
  read() {
    const values = {};
    for (const box of this.form.elements) {
      if (!box.name || box.type === "hidden" || box.type === "file" || box.type === "submit" || box.disabled) continue;
      values[box.name] ||= [];
      if (box.type === "checkbox" || box.type === "radio") {
        if (box.checked) values[box.name].push(box.value);
      } else if (box.type === "select-multiple") {
        values[box.name].push(...[...box.selectedOptions].map((option) => option.value));
      } else {
        values[box.name].push(box.value);
      }
    }
    return values;
  }

  changed(now = this.read()) {
    return Object.keys(now).filter((name) => JSON.stringify(now[name]) !== JSON.stringify(this.saved[name]));
  }

  began(name) {
    return this.boxes(`began__${name}`).map((box) => box.value);
  }

  setBegan(name, values) {
    const old = this.boxes(`began__${name}`);
    let last = old.at(-1);
    for (const value of values) {
      const box = document.createElement("input");
      Object.assign(box, { type: "hidden", name: `began__${name}`, value });
      if (last) last.after(box);
      else this.form.append(box);
      last = box;
    }
    old.forEach((box) => box.remove());
  }

  say(words, wrong = false) {
    this.status.textContent = words;
    this.status.classList.toggle("portal-save__status--wrong", wrong);
  }

  typed() {
    const now = this.read();
    const names = this.changed(now);
    if (names.length) {
      this.drafts.keep(Object.fromEntries(names.map((name) => [name, { value: now[name], began: this.began(name) }])));
      this.say("Saving…");
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), QUIET_BEFORE_SAVING);
  }

  async restore() {
    const kept = await this.drafts.read();
    if (!kept) return;
    for (const [name, { value, began }] of Object.entries(kept)) {
      if (!this.boxes(name).length) continue;
      this.put(name, value);
      this.setBegan(name, began);
    }
    this.say("Typing that had not reached us was put back");
    this.send();
  }

  payload(now, names) {
    const data = new FormData();
    for (const box of this.form.elements) {
      if (box.type === "hidden" && box.name && !box.name.startsWith("began__")) data.append(box.name, box.value);
    }
    data.append("autosave", "1");
    for (const name of names) {
      data.append("changed", name);
      now[name].forEach((value) => data.append(name, value));
      this.began(name).forEach((value) => data.append(`began__${name}`, value));
    }
    return data;
  }

  async send() {
    await this.ready;
    const now = this.read();
    const names = this.changed(now);
    if (!names.length || this.sending || this.submitted) return;
    clearTimeout(this.timer);
    this.sending = true;
    try {
      const answer = await fetch(this.address, {
        method: "POST", body: this.payload(now, names), credentials: "same-origin", redirect: "manual",
        headers: { Accept: "application/json", "X-Requested-With": "fetch" },
      });
      if (!answer.ok) throw new Error(String(answer.status));
      this.take(await answer.json(), now, names);
    } catch (error) {
      this.refused(error);
    } finally {
      this.sending = false;
    }
  }

  refused(error) {
    const final = ["400", "403", "404", "409"].includes(error.message);
    this.say(final ? "Not saved – use the save button to see why" : "Not saved – trying again", true);
    if (!final) this.timer = setTimeout(() => this.send(), RETRY_AFTER);
  }

  take(answer, sent, names) {
    for (const name of names) {
      this.saved[name] = sent[name];
      // Until what came back stands in the form, the next save begins from what was sent.
      this.setBegan(name, sent[name]);
    }
    this.merge(answer.fields || {}, sent);
    idle?.typed(true);
    if (this.changed().length) {
      this.typed();
    } else {
      this.drafts.forget();
      const when = answer.saved_at ? new Date(answer.saved_at) : new Date();
      this.say(`Saved ${clock(isNaN(when) ? new Date() : when)}`);
    }
  }

  // The server's texts into the form, except where someone is typing over the same words.
  merge(fields, base) {
    for (const [name, { value, began, note, added }] of Object.entries(fields)) {
      if (!this.boxes(name).length) {
        if (added) this.announce(added);
        continue;
      }
      const theirs = [value ?? ""].flat().map(String);
      const mine = this.read()[name];
      const from = base[name] ?? mine;
      let result = JSON.stringify(mine) === JSON.stringify(from) ? theirs : null;
      if (!result && mine.length === 1 && theirs.length === 1 && from.length === 1) {
        const both = bothChanges(from[0], mine[0], theirs[0]);
        result = both === null ? null : [both];
      }
      if (result) {
        this.put(name, result);
        this.saved[name] = this.boxes(name).length ? this.settled(name, theirs) : theirs;
        this.setBegan(name, [began ?? value ?? ""].flat().map(String));
      }
      this.tell(name, note);
    }
  }

  settled(name, values) {
    const ticks = this.boxes(name).some((box) => box.type === "checkbox" || box.type === "radio");
    return ticks ? values.filter((value) => value !== "") : values;
  }

  put(name, values) {
    for (const box of this.boxes(name)) {
      if (box.type === "checkbox" || box.type === "radio") box.checked = values.includes(box.value);
      else if (box.tagName === "TEXTAREA" || /^(text|search|url|tel)$/.test(box.type)) placeText(box, values[0] ?? "");
      else if (box.type === "select-multiple") [...box.options].forEach((option) => { option.selected = values.includes(option.value); });
      else box.value = values[0] ?? "";
    }
  }

  tell(name, note) {
    const box = this.boxes(name)[0];
    const group = box.closest(".govuk-form-group") || box.parentElement;
    let place = group.querySelector(":scope > .portal-note");
    if (!note) { place?.remove(); return; }
    if (!place) {
      place = document.createElement("p");
      place.className = "portal-note";
      place.setAttribute("role", "status");
      group.append(place);
    }
    if (place.textContent !== note) place.textContent = note;
  }

  // What somebody else added has no place on this page yet.
  announce(words) {
    const news = this.form.querySelector("[data-added]");
    if (!news) return;
    const place = news.querySelector("[role=status]");
    news.hidden = false;
    if (place.textContent !== words) place.textContent = words;
  }

  async lookForOthers() {
    if (document.hidden || this.sending || this.submitted) return;
    const before = JSON.stringify(this.saved);
    try {
      const answer = await inBackground(this.form.dataset.poll, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      const { fields } = await answer.json();
      // A save that ended meanwhile knows more than this answer.
      if (fields && !this.sending && before === JSON.stringify(this.saved)) this.merge(fields, this.saved);
    } catch { /* the next look will tell */ }
  }

  lastChance() {
    const now = this.read();
    const names = this.changed(now);
    if (names.length && !this.submitted) navigator.sendBeacon(this.address, this.payload(now, names));
  }
}

// ---- Parts of a page that change by themselves, such as the progress of an upload ----------------------------

async function pollPart(part) {
  const { poll, pollSeconds } = part.dataset;
  setTimeout(async () => {
    if (!part.isConnected) return;
    if (document.hidden) { pollPart(part); return; }
    try {
      const answer = await inBackground(poll, { headers: { Accept: "text/html" } });
      if (answer.type === "opaqueredirect") { location.reload(); return; }
      if (!answer.ok) throw new Error(String(answer.status));
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
      if (!fresh) { location.reload(); return; }
      // The last answer asks for no more: the page itself then shows what came of it.
      if (!fresh.dataset.poll) { location.reload(); return; }
      part.replaceChildren(...fresh.childNodes);
      part.dataset.poll = fresh.dataset.poll;
    } catch { /* try again at the next turn */ }
    pollPart(part);
  }, 1000 * Number(pollSeconds || 5));
}

// ---- The session's end ----------------------------------------------------------------------------------------

class Idle {
  constructor(seconds, keepAlive, dialog) {
    Object.assign(this, { seconds, keepAlive, dialog, last: Date.now(), told: Date.now() });
    addEventListener("input", () => this.typed(false));
    dialog?.querySelector("[data-idle-stay]")?.addEventListener("click", () => this.stay());
    dialog?.addEventListener("cancel", () => this.stay());
    setInterval(() => this.tick(), 5000);
  }

  // Typing in a form that is not saved by itself tells the server about once a minute.
  typed(serverKnows) {
    this.last = Date.now();
    if (serverKnows) this.told = this.last;
    else if (this.last - this.told > 60000) this.tellServer();
  }

  tellServer() {
    this.told = Date.now();
    if (this.keepAlive) fetch(this.keepAlive, { credentials: "same-origin", redirect: "manual" }).catch(() => { this.told = 0; });
  }

  stay() {
    this.last = Date.now();
    this.tellServer();
    this.dialog?.close();
  }

  tick() {
    const left = this.seconds - (Date.now() - this.last) / 1000;
    if (left <= 0) { clearDrafts(); location.reload(); return; }
    if (left > WARN_BEFORE_END || !this.dialog) { if (this.dialog?.open) this.dialog.close(); return; }
    if (!this.dialog.open) this.dialog.showModal();
    const minutes = Math.ceil(left / 60);
    this.dialog.querySelector("[data-idle-left]").textContent = minutes === 1 ? "a minute" : `${minutes} minutes`;
  }
}

// ---- Forms with something typed that was not saved -----------------------------------------------------------

function guard(form) {
  const contents = () => new URLSearchParams(new FormData(form)).toString();
  const atFirst = contents();
  let leaving = false;
  form.addEventListener("submit", () => { leaving = true; });
  addEventListener("beforeunload", (event) => { if (!leaving && contents() !== atFirst) event.preventDefault(); });
}

// ---- Start ------------------------------------------------------------------------------------------------------

const idleSeconds = Number(body.dataset.idleSeconds || 0);
const idle = idleSeconds ? new Idle(idleSeconds, body.dataset.keepAlive, document.getElementById("idle-warning")) : null;
if (!("signedIn" in body.dataset)) clearDrafts();
document.querySelectorAll("form[data-clears-drafts]").forEach((form) => form.addEventListener("submit", clearDrafts));
document.querySelectorAll("form[data-autosave]").forEach((form) => new Autosave(form));
document.querySelectorAll("form[data-guard]").forEach(guard);
document.querySelectorAll("[data-poll]:not(form)").forEach(pollPart);
document.querySelectorAll("select[data-goes]").forEach((select) => select.addEventListener("change", () => select.form.requestSubmit()));
document.querySelectorAll("[data-print]").forEach((button) => { button.hidden = false; button.addEventListener("click", () => window.print()); });
// An account menu that is open closes with Escape or a click beside it.
document.querySelectorAll("details.portal-account").forEach((menu) => {
  document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
  menu.addEventListener("keydown", (event) => { if (event.key === "Escape") { menu.open = false; menu.querySelector("summary").focus(); } });
});
