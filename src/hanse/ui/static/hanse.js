// What pages do by themselves: keys, copying, dialogs, the pane, fresh times.
// Everything works without it except copying, dialogs and the pane. No framework;
// elements say by data-* what they want, so pages need no script of their own.
"use strict";
(() => {
  const language = document.documentElement.lang;
  const said = document.getElementById("said");
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // --- saying something in passing ---
  let silence;
  function say(text) {
    said.textContent = text;
    clearTimeout(silence);
    silence = setTimeout(() => { said.textContent = ""; }, 2500);
  }

  // --- preferences the server reads ---
  function remember(name, value) {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${name}=${value}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  }
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && !document.cookie.includes(`hanse_zone=${zone}`)) remember("hanse_zone", zone);

  function foldRail() {
    const isFolded = document.documentElement.dataset.rail === "folded";
    if (isFolded) delete document.documentElement.dataset.rail;
    else document.documentElement.dataset.rail = "folded";
    remember("hanse_rail", isFolded ? "open" : "folded");
    all("[data-fold]").forEach((b) => b.setAttribute("aria-expanded", String(isFolded)));
  }

  // --- relative times, in the words the server words them with (Tongue.ago) ---
  const words = JSON.parse(said.dataset.times);
  const fill = (pattern, value) => pattern.replace("{}", value);
  function ago(seconds) {
    const away = Math.abs(seconds);
    if (away < 1) return words.now;
    const [n, unit] =
      away < 60 ? [away, words.s] :
      away < 3600 ? [away / 60, words.min] :
      away < 172800 ? [away / 3600, words.h] : [away / 86400, words.d];
    return fill(seconds > 0 ? words.ago : words.in, fill(unit, Math.floor(n)));
  }
  function freshenTimes() {
    const now = Date.now();
    all("time[data-ago]").forEach((time) => {
      const text = ago((now - Date.parse(time.dateTime)) / 1000);
      if (time.textContent !== text) time.textContent = text;
    });
  }
  setInterval(() => { if (!document.hidden) freshenTimes(); }, 5000);

  // --- dialogs ---
  function openDialog(dialog) {
    if (dialog.id === "key-help") listPageKeys(dialog);
    dialog.showModal();
    const typed = dialog.querySelector("[data-expected]");
    if (typed) { arm(typed); typed.focus(); }
  }
  function arm(typed) {
    const button = typed.form.querySelector("[data-armed]");
    button.disabled = typed.value.trim() !== typed.dataset.expected;
  }
  function listPageKeys(dialog) {
    const place = dialog.querySelector("[data-page-keys]");
    const keyed = all("[data-key]");
    place.replaceChildren();
    if (!keyed.length) return;
    const heading = document.createElement("h3");
    heading.textContent = place.dataset.heading;
    const list = document.createElement("dl");
    for (const element of keyed) {
      const line = document.createElement("div");
      const key = document.createElement("kbd");
      key.textContent = element.dataset.key;
      const words = element.cloneNode(true);
      words.querySelectorAll("kbd").forEach((k) => k.remove());
      line.append(document.createElement("dt"), document.createElement("dd"));
      line.firstChild.append(key);
      line.lastChild.textContent = words.textContent.trim();
      list.append(line);
    }
    place.append(heading, list);
  }

  // --- rows and the pane ---
  const rows = () => all("tr[data-row]").filter((row) => row.offsetParent);
  const focusedRow = () => document.activeElement?.closest?.("tr[data-row]");
  function prepareRows(within) {
    all("tr[data-row]", within).forEach((row) => { row.tabIndex = -1; });
    const first = within.querySelector("tr[data-row]");
    if (first) first.tabIndex = 0;
  }
  function move(step) {
    const list = rows();
    if (!list.length) return;
    const current = focusedRow() || list.find((r) => r.ariaSelected === "true");
    const next = current ? list[list.indexOf(current) + step] : list[step > 0 ? 0 : list.length - 1];
    if (!next) return;
    next.focus();
    next.scrollIntoView({ block: "nearest" });
    if (current && current.ariaSelected === "true" && next.dataset.pane) openInPane(next);
  }
  function openInPane(row) {
    rows().forEach((r) => r.removeAttribute("aria-selected"));
    row.setAttribute("aria-selected", "true");
    htmx.ajax("GET", row.dataset.pane, { target: "#pane", swap: "innerHTML" }).then(() => {
      const pane = document.getElementById("pane");
      if (getComputedStyle(pane).position === "static") pane.scrollIntoView({ block: "nearest" });
    });
    const address = new URL(location.href);
    address.searchParams.set("open", new URL(row.dataset.pane, location.href).pathname);
    history.replaceState(history.state, "", address);
  }
  function openRow(row, elsewhere) {
    if (elsewhere) window.open(row.dataset.href, "_blank", "noopener");
    else if (row.dataset.pane && row.ariaSelected !== "true") openInPane(row);
    else location.href = row.dataset.href;
  }
  function closePane() {
    const chosen = rows().find((r) => r.ariaSelected === "true");
    if (!chosen) return false;
    chosen.removeAttribute("aria-selected");
    document.getElementById("pane").replaceChildren();
    const address = new URL(location.href);
    address.searchParams.delete("open");
    history.replaceState(history.state, "", address);
    chosen.focus();
    return true;
  }

  // --- clicks ---
  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest(selector);
    all("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
    const rail = document.getElementById("rail");
    if (rail?.classList.contains("is-open") && !at("#rail")) rail.classList.remove("is-open");
    const copy = at("[data-copy]");
    if (copy) {
      navigator.clipboard.writeText(copy.dataset.copy).then(() => {
        copy.classList.add("is-done");
        setTimeout(() => copy.classList.remove("is-done"), 1500);
        say(said.dataset.copied);
      });
      return;
    }
    if (at("[data-fold]")) return foldRail();
    if (at("[data-rail-open]")) { rail.classList.add("is-open"); rail.querySelector("li a").focus(); return; }
    const opener = at("[data-dialog]");
    if (opener) return openDialog(document.getElementById(opener.dataset.dialog));
    if (at("[data-close]")) return at("dialog").close();
    if (event.target.matches?.("dialog.ask")) return event.target.close();
    const row = at("tr[data-row]");
    if (row && !at("a, button, input, select, label, summary") && !String(getSelection())) {
      row.focus();
      openRow(row, event.ctrlKey || event.metaKey);
    }
  });
  document.addEventListener("auxclick", (event) => {
    const row = event.target.closest("tr[data-row]");
    if (row && event.button === 1 && !event.target.closest("a, button")) openRow(row, true);
  });
  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-expected]")) arm(event.target);
  });
  document.addEventListener("change", (event) => {
    if (!event.target.matches("select[data-filter]")) return;
    const address = new URL(location.href);
    address.searchParams.delete("cursor");
    if (event.target.value) address.searchParams.set(event.target.name, event.target.value);
    else address.searchParams.delete(event.target.name);
    location.href = address;
  });

  // --- keys ---
  let isGoing = false;
  function isTyping(target) {
    return target.matches?.("input, textarea, select, [contenteditable]");
  }
  const deeds = {
    "/": () => { const search = document.getElementById("search"); search?.focus(); search?.select(); },
    "j": () => move(1),
    "k": () => move(-1),
    "?": () => openDialog(document.getElementById("key-help")),
    "[": () => foldRail(),
    "Enter": () => { const row = focusedRow(); if (row) openRow(row, false); return Boolean(row); },
    "Escape": () => closePane(),
    "g": () => { isGoing = true; setTimeout(() => { isGoing = false; }, 1200); },
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (isTyping(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "Enter" && event.target.closest("a, button, summary")) return;
    if (isGoing) {
      isGoing = false;
      const entry = all("[data-go]").find((a) => a.dataset.go === event.key);
      if (entry) { event.preventDefault(); location.href = entry.href; }
      return;
    }
    const keyed = all("[data-key]").find((e) => e.dataset.key === event.key && e.offsetParent);
    if (keyed) { event.preventDefault(); keyed.click(); return; }
    const deed = Object.hasOwn(deeds, event.key) ? deeds[event.key] : null;
    if (deed && document.getElementById("rail") && deed() !== false) event.preventDefault();
  });

  // --- libraries for figures: after the first paint, and only if there is a figure ---
  const brought = new Set();
  function bringLibraries(within) {
    for (const [selector, kind] of [[".chart", "charts"], [".graph", "graph"]]) {
      if (brought.has(kind) || !within.querySelector(selector)) continue;
      brought.add(kind);
      for (const address of document.body.dataset[kind].split(" ")) {
        const script = document.createElement("script");
        script.src = address;
        script.async = false; // the library first, then what draws with it
        document.head.append(script);
      }
    }
  }
  requestAnimationFrame(() => setTimeout(() => bringLibraries(document)));

  // --- htmx ---
  document.addEventListener("htmx:afterSettle", (event) => {
    prepareRows(event.target);
    freshenTimes();
    bringLibraries(event.target);
    event.target.dispatchEvent(new CustomEvent("hanse:arrived", { bubbles: true }));
  });
  for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    document.addEventListener(failure, () => say(said.dataset.failed));
  }

  prepareRows(document);
  freshenTimes();
  all("dialog[data-open]").forEach(openDialog);
})();
