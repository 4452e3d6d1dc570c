/* The issue list as people use it: cursor, selection, actions, live figures. Needs app.js.
   Hooks: #rows (the form), .row[id] with input[name=issue], .r-link and .c-peek, #fresh, #stale. */
(() => {
  "use strict";
  const { $, $$, on, acts, keys, openMenu } = window.errtrack;

  // Cursor: a row, kept by the id, so that swapped rows keep it.
  let cursor;
  const rows = () => $$(".row[id]");
  const cur = () => document.getElementById(cursor);
  const link = (row) => $(".r-link", row);
  const show = (row) => { cur()?.classList.remove("cursor"); cursor = row.id; row.classList.add("cursor"); };
  const move = (d, extend) => {
    const all = rows(), i = all.indexOf(cur());
    const next = all[Math.max(0, Math.min(all.length - 1, i < 0 ? 0 : i + d))];
    if (!next) return false;
    if (extend) { if (cur()) check(cur(), true); check(next, true); }
    show(next);
    link(next).focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  };
  const peekOf = (a) => { const u = new URL(a.href); return `${u.pathname}peek/${u.search}`; };
  const peek = () => {
    const row = cur(), p = row && $(".peek", row);
    if (!row) return false;
    if (p) p.hidden = !p.hidden;
    else htmx.ajax("GET", peekOf(link(row)), { target: $(".c-peek", row), swap: "innerHTML" });
  };

  // Selection: boxes of the form; with Shift, all from the last box that was pressed.
  const box = (row) => $("input[name=issue]", row);
  const picked = () => rows().filter((r) => box(r)?.checked);
  // All that match, on other pages too. Ticking the box has the server keep the set of that
  // moment, and its exact number: what arrives until something is done is not in it.
  const every = () => $("[name=everything]");
  const setEverything = async (v) => {
    const b = every(); if (!b) return;
    b.checked = v; b.value = "1"; delete b.dataset.count;
    if (!v) return;
    const asked = new FormData(b.form); asked.set("do", "keep");
    try {
      const kept = await (await fetch(b.form.action, { method: "POST", body: asked })).json();
      if (!b.checked) return;
      b.value = kept.set; b.dataset.count = kept.count; b.nextElementSibling.textContent = kept.label;
      paint();
    } catch { /* What is asked next keeps the set of its own moment. */ }
  };
  let anchor;
  const paint = () => {
    const all = rows(), n = picked().length, a = $("#all"), b = every();
    all.forEach((r) => r.classList.toggle("sel", !!box(r)?.checked));
    if (a) { a.checked = n > 0 && n === all.length; a.indeterminate = n > 0 && n < all.length; }
    if (b?.checked && n < all.length) setEverything(false);
    $$("[data-n]").forEach((x) => { x.textContent = b?.dataset.count ?? n; });
    $("#rows")?.classList.toggle("has-sel", n > 0);
  };
  const check = (row, v) => { const b = box(row); if (b) { b.checked = v ?? !b.checked; anchor = row.id; paint(); } };
  const checkAll = (v) => { rows().forEach((r) => { if (box(r)) box(r).checked = v; }); paint(); };
  const checkRange = (from, to, v) => {
    const all = rows(), ends = [all.indexOf(from), all.indexOf(to)].sort((a, b) => a - b);
    all.slice(Math.max(0, ends[0]), ends[1] + 1).forEach((r) => { box(r).checked = v; });
  };
  acts.clear = () => checkAll(false);
  on("click", (e) => {
    if (e.target.name !== "issue") return;
    const row = e.target.closest(".row"), from = document.getElementById(anchor);
    if (e.shiftKey && from) checkRange(from, row, e.target.checked);
    anchor = row.id;
    show(row);
    paint();
  });
  // Shift would mark the text between two clicks.
  on("mousedown", (e) => { if (e.shiftKey && e.target.closest(".c-check")) e.preventDefault(); });
  on("change", (e) => {
    if (e.target.id === "all") checkAll(e.target.checked);
    if (e.target.name === "everything") { if (e.target.checked) checkAll(true); setEverything(e.target.checked); paint(); }
  });

  // Actions take the selection, else the row under the cursor.
  const act = (value) => {
    if (!picked().length && cur()) check(cur(), true);
    if (picked().length) $(`#rows [name=do][value=${value}]`)?.click();
  };

  // A row's menu of people is of that row.
  const assign = () => {
    const menu = picked().length ? $("#assign") : cur() && $(".c-who .menu", cur());
    if (menu) openMenu(menu);
  };
  on("click", (e) => {
    const row = e.target.closest(".c-who .pop button")?.closest(".row");
    if (row) { checkAll(false); check(row, true); }
  });

  // After a swap: when the row under the cursor is gone, it goes to what stands in its place.
  let place = -1;
  on("htmx:beforeSwap", () => { if (rows().length) place = rows().indexOf(cur()); });
  on("htmx:afterSettle", (e) => {
    if (e.target.closest?.(".c-peek")) return;
    const all = rows();
    const next = cur() ?? (place >= 0 ? all[Math.min(place, all.length - 1)] : null);
    if (next) { show(next); if (place >= 0) link(next).focus({ preventScroll: true }); }
    paint();
    listen();
  });

  // Live: asks every 10 s in a tab that is looked at. What has changed is put into its row in
  // place; what is new waits in #fresh. Where the server is away it asks ever more rarely.
  // A stream tells when there is something to ask for; nothing depends on it.
  const EVERY_MS = 10000, LONGEST_MS = 160000, SOONEST_MS = 2000, LINGER_MS = 300, PATIENCE = 2;
  let timer, due = Infinity, asked = 0, isAsking = false, failures = 0;
  let source, refusals = 0, hearAt = 0, ticket = $("#stream")?.dataset.ticket;
  const slower = (n) => Math.min(LONGEST_MS, EVERY_MS * 2 ** n);
  const isPaused = () => sessionStorage.getItem("live") === "off";
  const isLive = () => !isPaused() && $("#stream[data-since]") != null;
  const listen = () => {
    $("[data-act=live]")?.setAttribute("aria-pressed", String(!isPaused()));
    if (isLive() && !document.hidden) { askBy(Date.now() + slower(failures)); hear(); } else { stop(); hush(); }
  };
  const stop = () => { clearTimeout(timer); due = Infinity; };
  const askBy = (at) => {
    if (at >= due) return;
    clearTimeout(timer); due = at;
    timer = setTimeout(() => { due = Infinity; if (isAsking) askBy(Date.now() + SOONEST_MS); else ask(); }, at - Date.now());
  };
  const hush = () => { source?.close(); source = null; };
  const hear = () => {
    if (source || !ticket || Date.now() < hearAt) return;
    source = new EventSource(`/live/?ticket=${encodeURIComponent(ticket)}`);
    source.onopen = () => { refusals = 0; };
    // Many pages are told at once; within that time they ask one after the other.
    source.onmessage = (e) => {
      const within = +e.data;
      askBy(Math.max(Date.now() + LINGER_MS + Math.random() * within, asked + Math.max(SOONEST_MS, within)));
    };
    // Another one is opened after the next answer, which brings a ticket for it.
    source.onerror = () => { hush(); hearAt = Date.now() + (refusals ? slower(refusals) : 0); refusals += 1; };
  };
  const ask = async () => {
    stop(); isAsking = true;
    const list = $("#stream"), url = new URL(location.href);
    url.searchParams.set("since", list.dataset.since);
    url.searchParams.set("on", rows().map((r) => r.id.slice(2)).join("."));
    try {
      const answer = await fetch(url, { cache: "no-store" });
      if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
      const text = await answer.text();
      ticket = answer.headers.get("Errtrack-Ticket");
      // A list that has been swapped meanwhile has newer figures than these.
      if (text && list === $("#stream")) take(new DOMParser().parseFromString(text, "text/html").body);
      failures = 0;
    } catch { failures += 1; }
    $("#stale").hidden = failures < PATIENCE;
    asked = Date.now(); isAsking = false;
    listen();
  };
  const take = (news) => {
    $("#stream").dataset.since = $("#news", news).dataset.since;
    const now = new Map($$(".row", news).map((r) => [r.id, r]));
    rows().forEach((r) => { const next = now.get(r.id); if (next) update(r, next); r.classList.toggle("gone", !next); });
    replace($("#fresh"), $("#news-fresh", news), true);
    replace($("#views .count"), $("#news-total", news));
    const tab = $("#unresolved"), left = $("#news-unresolved", news);
    if (tab && left) { tab.hidden = left.hidden; replace(tab, left); }
  };
  // Replaces what is in the element if it differs; says whether it did.
  const replace = (el, next, process) => {
    if (!el || !next || el.innerHTML === next.innerHTML) return false;
    el.replaceChildren(...next.cloneNode(true).childNodes);
    if (process) htmx.process(el);
    return true;
  };
  const update = (row, next) => {
    row.classList.toggle("unseen", next.classList.contains("unseen"));
    for (const part of [".c-seen", ".c-graph", ".n-events", ".n-users", ".r-sub", ".c-who:not(:has([open]))"]) replace($(part, row), $(part.split(":")[0], next));
    const had = document.activeElement === link(row);
    // Its place in the list stays the one that it was shown at.
    link(next).setAttribute("href", link(row).getAttribute("href"));
    if (replace($(".r-title", row), $(".r-title", next)) && had) link(row).focus({ preventScroll: true });
  };
  acts.live = () => { sessionStorage.setItem("live", isPaused() ? "on" : "off"); failures = 0; if (isLive()) ask(); else listen(); };
  acts.retry = () => { failures = 0; ask(); };
  on("visibilitychange", () => { if (isLive() && !document.hidden) ask(); else listen(); });

  Object.assign(keys, {
    j: () => move(1), k: () => move(-1), J: () => move(1, true), K: () => move(-1, true),
    ArrowDown: () => move(1), ArrowUp: () => move(-1),
    o: () => cur() && link(cur()).click(), x: () => cur() && check(cur()), " ": peek,
    r: () => act("resolve"), i: () => act("ignore"), b: () => act("bookmark"), a: assign, m: () => act("merge"),
    p: () => acts.live(),
    Escape: () => picked().length > 0 && acts.clear(),
  });
  // Who comes back from an issue finds the cursor on its row, or where it stood when the list
  // was left. Going to the row takes the focus from everything, which the browser does when all
  // has loaded.
  addEventListener("pagehide", () => { if (rows().length) sessionStorage.setItem("rows", rows().map((r) => r.id).join()); });
  const rowAt = (id) => {
    const left = (sessionStorage.getItem("rows") ?? "").split(","), i = left.indexOf(id);
    const near = i < 0 ? [] : [...left.slice(i), ...left.slice(0, i).reverse()];
    return [id, ...near].map((x) => document.getElementById(x)).find((r) => r?.matches(".row"));
  };
  const came = location.hash.startsWith("#i-") ? rowAt(location.hash.slice(1)) : null;
  if (came) {
    show(came);
    addEventListener("load", () => setTimeout(() => link(cur() ?? came).focus({ preventScroll: true })));
  }
  paint();
  listen();
})();
