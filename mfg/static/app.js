// What script adds to pages that work without it: scans caught anywhere, timers that run, one press per button,
// typed values kept on this screen. It decides nothing and talks to no one: the server judges everything again.
"use strict";

(function () {
  const body = document.body;
  const say = (text) => { document.querySelector("[data-say]").textContent = text; };

  // ---- the clock: the server's, not this workstation's ----
  const ahead = body.dataset.now ? Date.parse(body.dataset.now) - Date.now() : 0;
  const now = () => Date.now() + ahead;
  const two = (n) => String(n).padStart(2, "0");

  function runClock() {
    const clock = document.querySelector("[data-clock]");
    if (!clock || !body.dataset.now) return;
    const at = new Date(now());
    clock.textContent = two(at.getUTCHours()) + ":" + two(at.getUTCMinutes()) + " UTC";
  }

  // ---- timers: time left beside the deadline, which stays as it was printed ----
  const SOON = 10 * 60;
  const TOLD = [600, 300, 60, 0];

  function leftInWords(seconds) {
    const s = Math.abs(seconds), hours = Math.floor(s / 3600), minutes = Math.floor(s / 60) % 60;
    if (hours >= 48) return Math.floor(hours / 24) + " d " + (hours % 24) + " h";
    if (hours) return hours + " h " + two(minutes) + " min";
    return two(minutes) + ":" + two(s % 60);
  }

  function runTimer(tile) {
    const until = Date.parse(tile.dataset.until);
    const words = tile.querySelector("[data-left]");
    if (Number.isNaN(until) || !words) return;
    const seconds = Math.round((until - now()) / 1000);
    const over = seconds < 0;
    const warn = Date.parse(tile.dataset.warn); // NaN where nothing says when to warn
    const soon = !over && (Number.isNaN(warn) ? seconds <= SOON : now() >= warn);
    words.textContent = over ? "OVER by " + leftInWords(seconds) : (soon ? "soon: " : "") + leftInWords(seconds) + " left";
    tile.dataset.state = over ? "over" : soon ? "soon" : "ok";
    const use = tile.querySelector("use");
    if (use) use.setAttribute("href", over ? "#i-fail" : soon ? "#i-open" : "#i-clock");
    if (TOLD.includes(seconds)) {
      const what = tile.querySelector("dt");
      say((what ? what.textContent + ": " : "") + (seconds ? words.textContent : "time is over now"));
    }
  }

  function everySecond() {
    runClock();
    document.querySelectorAll("[data-until]").forEach(runTimer);
  }
  everySecond();
  setInterval(everySecond, 1000);

  // ---- the scanner of this workstation is tried: every sign is kept as it came, and what ended the scan ----
  const trial = document.querySelector("form[data-calibrate] input[data-scan]");
  const DEAD = "\u25cc"; // a key that waits for the next one
  if (trial) tryScanner(trial);

  function tryScanner(field) {
    const PAUSE_BETWEEN = 400;
    let last = 0;
    document.addEventListener("keydown", (event) => {
      if (event.isComposing || document.activeElement !== field) return;
      const ended = event.key === "Enter" || event.key === "Tab" ? event.key : "";
      const sign = event.key === "Dead" ? DEAD : character(event);
      if (!ended && !sign || ended && field.value.length < FEWEST) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (ended) { field.form.elements.suffix.value = ended; field.form.requestSubmit(); return; }
      field.value = (event.timeStamp - last > PAUSE_BETWEEN ? "" : field.value) + sign;
      field.form.elements.suffix.value = "none";
      last = event.timeStamp;
    }, true);
  }

  // ---- scans: from "]" (the scanner's AIM identifier) to Enter, wherever the focus is ----
  const PAUSE = 150; // milliseconds; a scanner is faster, a person typing "]" is slower
  const AIM = /^\][A-Za-z][0-9A-Za-z]./;
  let caught = null, giveUp = null;

  const scanFields = () => Array.from(document.querySelectorAll("input[data-scan], [data-scan-list]")).filter((f) => !f.disabled);
  const locked = (field) => field.readOnly && !field.dataset.byScan;
  const listed = (field) => field.hasAttribute("data-scan-list"); // takes scan after scan, one a line

  function fieldForScan() {
    const open = scanFields().filter((field) => !locked(field));
    const again = document.querySelector("[data-refused]") && open.length === 1 ? open[0] : null; // instead of what was refused
    return open.find((field) => field === document.activeElement) || open.find((field) => !field.value) || again || open.find(listed);
  }

  function badge(field, icon, word, mark) {
    const shown = field.parentElement.querySelector("[data-badge]");
    field.classList.remove("scanned", "hand");
    if (mark) field.classList.add(mark);
    if (!shown) return;
    shown.querySelector("use").setAttribute("href", "#i-" + icon);
    shown.lastChild.textContent = word;
  }

  const nameOf = (field) => {
    const label = document.querySelector("label[for='" + field.id + "']");
    return label ? label.textContent.trim() : field.name;
  };

  function take(code, how) {
    const field = fieldForScan();
    if (!field) { openScan(code); return; }
    if (listed(field)) { takeOneMore(field, code); return; }
    field.value = code;
    lock(field, how || "scanned");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    say("Scanned into " + nameOf(field) + ". To replace it, go to the field and scan again.");
    focusAfter(field);
  }

  function lock(field, how) { // a scanned value is not edited by hand; scan again or press Backspace
    field.readOnly = true;
    field.dataset.byScan = "yes";
    badge(field, "pass", how, "scanned");
  }

  function takeOneMore(field, code) {
    const lines = field.value.split("\n").filter((line) => line.trim());
    lines.push(code);
    field.value = lines.join("\n") + "\n";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    say("Scanned into " + nameOf(field) + ": " + lines.length + " in all. Scan the next one, or go on to the next field.");
    field.focus(); // the next scan belongs here too
  }

  function openScan(code) {
    say("Opening what was scanned");
    location.assign(body.dataset.scanUrl + "?code=" + encodeURIComponent(code));
  }

  function focusAfter(field) {
    const all = Array.from(field.form ? field.form.elements : []).filter((e) => e.offsetParent && e.tagName !== "FIELDSET");
    const next = all.slice(all.indexOf(field) + 1).find((e) => !e.readOnly && !e.disabled && !e.value);
    (next || field).focus();
  }

  function handBack() { // it was a person after all: what they typed goes where they typed it
    const text = caught, field = document.activeElement;
    caught = null;
    if (!text || !field || field.readOnly || typeof field.setRangeText !== "function") return;
    try { field.setRangeText(text, field.selectionStart, field.selectionEnd, "end"); } catch (e) { field.value += text; }
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function ends() {
    const code = caught;
    clearTimeout(giveUp);
    if (AIM.test(code)) { caught = null; take(code); } else { handBack(); }
  }

  function character(event) {
    if (event.ctrlKey && (event.key === "]" || event.code === "BracketRight")) return "\x1d"; // GS between GS1 elements
    if (event.ctrlKey && !event.altKey || event.metaKey) return "";
    return event.key.length === 1 ? event.key : "";
  }

  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const secret = document.activeElement && document.activeElement.type === "password";
    if (caught === null) {
      if (secret || event.key !== "]" || event.ctrlKey || event.metaKey) return;
      caught = "";
    } else if (event.key === "Enter" || event.key === "Tab") {
      event.preventDefault();
      ends();
      return;
    }
    const typed = character(event);
    if (!typed) return;
    event.preventDefault();
    caught += typed;
    clearTimeout(giveUp);
    giveUp = setTimeout(handBack, PAUSE);
  }, true);

  // ---- scanners that send no identifier: known by their speed, and shown so; the server takes what they send as typed,
  // so it has to carry its check character ----
  const FAST = 35, FEWEST = 6; // milliseconds between two characters; characters
  let quick = null;

  function quickCharacter(event) {
    const typed = character(event), field = document.activeElement;
    if (!typed) return; // Shift and its like come between characters
    if (quick && quick.field === field && event.timeStamp - quick.last < FAST) quick.text += typed;
    else quick = { text: typed, field: field, was: field && "value" in field ? field.value : null, last: 0 };
    quick.last = event.timeStamp;
  }

  function quickEnds(event) {
    const scan = quick;
    quick = null;
    if (!scan || scan.text.length < FEWEST || event.timeStamp - scan.last >= FAST) return;
    event.preventDefault(); // its Enter sends no form and presses no button
    event.stopPropagation();
    if (scan.was !== null && !scan.field.readOnly) scan.field.value = scan.was; // it went where the focus happened to be
    take(scan.text, "scanned, no prefix");
  }

  document.addEventListener("keydown", (event) => {
    const field = document.activeElement;
    if (caught !== null || event.isComposing || (field && field.type === "password")) { quick = null; return; }
    if (event.key === "Enter" || event.key === "Tab") quickEnds(event);
    else quickCharacter(event);
  }, true);

  // ---- a code read with the camera comes back in the address of the form; it is locked as a scanned one is ----
  const asked = new URLSearchParams(location.search);
  scanFields().filter((field) => !listed(field) && !field.readOnly && AIM.test(field.value)).forEach((field) => {
    lock(field, asked.get(field.name) === field.value ? "camera" : "scanned");
  });

  // A scan field filled by hand says so; Enter moves on instead of sending a half-filled form.
  document.addEventListener("keydown", (event) => {
    const field = event.target;
    if (!field.matches || !field.matches("input[data-scan]")) return;
    if ((event.key === "Backspace" || event.key === "Delete") && field.dataset.byScan) {
      delete field.dataset.byScan;
      field.readOnly = false;
      field.value = "";
      badge(field, "scan", "scan", "");
      event.preventDefault();
    } else if (event.key === "Enter") {
      event.preventDefault();
      focusAfter(field);
    }
  });
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (!field.matches || !field.matches("input[data-scan]") || field.dataset.byScan) return;
    badge(field, field.value ? "keys" : "scan", field.value ? "typed" : "scan", field.value ? "hand" : "");
  });

  // ---- one press: the main button rests until the server has answered ----
  const buttonsOf = (form) => Array.from(form.elements).filter((e) => e.tagName === "BUTTON" && e.type === "submit");

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    setTimeout(() => buttonsOf(form).forEach((b) => { b.disabled = true; b.dataset.rested = "yes"; }), 0);
    if (form.method === "post") say("Sent. Waiting for the answer.");
    if (form.id === "act") markSent(form);
  });
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    document.querySelectorAll("form").forEach((form) => { delete form.dataset.sent; });
    document.querySelectorAll("button[data-rested]").forEach((b) => { b.disabled = false; });
    say("This page is from before. If you had sent it, look at the record first.");
  });

  // ---- drafts: typed values of this person, this form, this tab; no password, no signature, no file ----
  const KEPT = 12 * 3600 * 1000;
  const PREFIX = "draft ";
  const keyOf = (form) => PREFIX + body.dataset.who + " " + new URL(form.action, location.href).pathname;
  const keeps = (e) => e.name && !e.hasAttribute("data-no-draft") && !/^(hidden|password|file|submit|button)$/.test(e.type)
    && !/(sign_user_id|sign_password)$/.test(e.name) && (!e.readOnly || e.dataset.byScan);

  function stored(key) {
    try { return JSON.parse(sessionStorage.getItem(key)); } catch (e) { return null; }
  }
  function store(key, draft) {
    try { sessionStorage.setItem(key, JSON.stringify(draft)); return true; } catch (e) { return false; }
  }
  const forget = (key) => { try { sessionStorage.removeItem(key); } catch (e) { /* nothing was kept */ } };

  function valuesOf(form) {
    const kept = {};
    Array.from(form.elements).filter(keeps).forEach((e) => {
      if (/^(radio|checkbox)$/.test(e.type)) { if (e.checked) kept[e.id] = true; }
      else if (e.value) kept[e.id] = e.value;
    });
    return kept;
  }

  function noteDraft(at, words) {
    const note = document.querySelector("[data-draft-note]");
    if (!note) return;
    let line = note.querySelector("[data-draft-line]");
    if (!line) {
      line = document.createElement("p");
      line.setAttribute("data-draft-line", "");
      note.append(line);
    }
    const t = new Date(at);
    line.textContent = words + " " + two(t.getUTCHours()) + ":" + two(t.getUTCMinutes()) + ":" + two(t.getUTCSeconds()) + " UTC";
  }

  function putBack(form, draft) {
    let any = false;
    Array.from(form.elements).filter(keeps).forEach((e) => {
      const was = draft.values[e.id];
      if (was === undefined) return;
      if (was === true) {
        if (!form.querySelector("input[name='" + CSS.escape(e.name) + "']:checked")) { e.checked = true; any = true; }
      } else if (!e.value) {
        e.value = was;
        any = true;
        e.dispatchEvent(new Event("input", { bubbles: true }));
      }
    });
    return any;
  }

  function markSent(form) {
    const draft = stored(keyOf(form));
    if (draft) store(keyOf(form), Object.assign(draft, { sent: true }));
  }

  // A draft that was sent is over, unless this very page is the server refusing it: then the server has the values.
  function dropSent() {
    let names = [];
    try { names = Object.keys(sessionStorage); } catch (e) { return; }
    names.filter((key) => key.startsWith(PREFIX)).forEach((key) => {
      const draft = stored(key);
      if (!draft || draft.sent || Date.now() - draft.at > KEPT) forget(key);
    });
  }

  function keepDrafts(form) {
    const key = keyOf(form);
    const draft = stored(key);
    if (draft && !document.querySelector("[data-refused]") && putBack(form, draft)) noteDraft(draft.at, "Draft brought back, kept on this screen");
    form.addEventListener("input", () => {
      const at = Date.now();
      if (store(key, { at: at, values: valuesOf(form) })) noteDraft(at + ahead, "Draft kept on this screen");
    });
  }

  dropSent();
  const act = document.querySelector("form#act");
  if (act) keepDrafts(act);

  // ---- small helps ----
  document.querySelectorAll("[data-time-now]").forEach((field) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "unit";
    button.textContent = "Now";
    button.setAttribute("aria-label", "Now, into " + field.getAttribute("data-time-now"));
    button.addEventListener("click", () => {
      field.value = new Date(now()).toISOString().slice(0, 16).replace("T", " ") + "Z";
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
    field.parentElement.append(button);
  });

  document.querySelectorAll("[data-several]").forEach((group) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn side";
    button.textContent = "One more";
    button.setAttribute("aria-label", "One more box for " + group.getAttribute("data-several"));
    button.addEventListener("click", () => {
      const boxes = group.querySelectorAll("div:has(> label)");
      const last = boxes[boxes.length - 1], box = last.cloneNode(true), n = boxes.length + 1;
      const input = box.querySelector("input"), label = box.querySelector("label");
      input.id = input.id.replace(/-\d+$/, "-" + n);
      input.value = "";
      label.htmlFor = input.id;
      label.textContent = String(n);
      last.after(box);
      input.focus();
    });
    if (!group.querySelector("input[readonly]")) group.append(button);
  });

  const refused = document.querySelector("[data-refused]");
  if (refused) refused.focus();

  // A list that refreshes itself asks first whether the server answers, so it never turns into an empty page.
  const list = document.querySelector("[data-refresh]");
  if (list) {
    setInterval(() => {
      if (document.activeElement && document.activeElement.matches("input, textarea, select") && document.activeElement.value) return;
      const probe = new Image();
      probe.onload = () => location.reload();
      probe.onerror = () => say("The server does not answer. What you see is as it was at " + list.dataset.asOf + "; it is not newer than that.");
      probe.src = list.dataset.probe + "?" + Date.now();
    }, Number(list.dataset.refresh) * 1000);
  }
})();
