/* The query box as a combobox (ARIA APG): rows come from the server, which knows the keys and
   counts the values; the searches made last in this tab stand at the end. Without it the box is
   an input of a form. */
(() => {
  "use strict";
  const q = document.getElementById("q"), list = document.getElementById("suggest");
  if (!q || !list) return;
  const options = () => [...list.querySelectorAll("[role=option]")];
  const active = () => list.querySelector("[aria-selected=true]");
  const RECENT = "searches", WAIT_MS = 150;
  let timer, asking, wanted = false;

  const recent = () => { try { return JSON.parse(sessionStorage.getItem(RECENT)) || []; } catch { return []; } };
  const remember = (text) => {
    if (!text.trim()) return;
    try { sessionStorage.setItem(RECENT, JSON.stringify([text, ...recent().filter((x) => x !== text)].slice(0, 5))); } catch { /* Storage may be off. */ }
  };
  const addRecent = () => {
    const fit = recent().filter((x) => x !== q.value && x.startsWith(q.value.trim())).slice(0, 10 - options().length);
    if (!fit.length) return;
    const head = document.createElement("div");
    head.className = "sug-h"; head.textContent = list.dataset.recent; list.append(head);
    for (const text of fit) {
      const row = document.createElement("div"), code = document.createElement("code");
      row.setAttribute("role", "option"); row.setAttribute("aria-selected", "false");
      row.id = `sug-${options().length}`; row.dataset.insert = text; row.dataset.start = 0; row.dataset.end = 9999; row.dataset.whole = "";
      code.textContent = text; row.append(code); list.append(row);
    }
  };
  const close = () => {
    wanted = false; clearTimeout(timer); asking?.abort();
    list.hidden = true; q.setAttribute("aria-expanded", "false"); q.removeAttribute("aria-activedescendant");
  };
  const mark = (row) => {
    options().forEach((x) => x.setAttribute("aria-selected", String(x === row)));
    if (row) { q.setAttribute("aria-activedescendant", row.id); row.scrollIntoView({ block: "nearest" }); } else q.removeAttribute("aria-activedescendant");
  };
  const ask = async () => {
    asking?.abort(); asking = new AbortController();
    const url = `${list.dataset.url}?${new URLSearchParams({ q: q.value, at: q.selectionStart })}`;
    try {
      const answer = await fetch(url, { signal: asking.signal });
      const html = answer.ok ? await answer.text() : "";
      if (!wanted) return;
      list.innerHTML = html; addRecent();
      const any = options().length > 0;
      list.hidden = !any; q.setAttribute("aria-expanded", String(any)); mark(null);
    } catch { /* Newer keys have come, or the server is away: the box still searches. */ }
  };
  const soon = () => { wanted = true; clearTimeout(timer); timer = setTimeout(ask, WAIT_MS); };
  const take = (row) => {
    const end = Math.min(Number(row.dataset.end), q.value.length), start = Number(row.dataset.start);
    const rest = q.value.slice(end), insert = row.dataset.insert;
    const text = rest.startsWith(" ") || /^[\],]/.test(rest) ? insert.trimEnd() : insert;
    q.setRangeText(text, start, end, "end");
    if ("whole" in row.dataset) { close(); q.form.requestSubmit(); } else { q.focus(); soon(); }
  };

  q.addEventListener("input", soon);
  q.addEventListener("click", soon);
  q.addEventListener("blur", () => setTimeout(close, 100));
  q.form.addEventListener("submit", () => { remember(q.value); close(); });
  list.addEventListener("mousedown", (e) => { e.preventDefault(); const row = e.target.closest("[role=option]"); if (row) take(row); });
  q.addEventListener("keydown", (e) => {
    if (e.isComposing || e.ctrlKey || e.metaKey || e.altKey) return;
    const rows = options(), i = rows.indexOf(active());
    if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      e.preventDefault();
      if (list.hidden) { soon(); return; }
      const n = rows.length, next = e.key === "ArrowDown" ? i + 1 : (i < 0 ? n : i) - 1;
      mark(next < 0 || next >= n ? null : rows[next]);
    } else if (!list.hidden && e.key === "Tab" && !e.shiftKey && (active() || q.selectionStart > 0) && q.value) {
      e.preventDefault(); take(active() ?? rows[0]);
    } else if (!list.hidden && e.key === "Enter" && active()) {
      e.preventDefault(); take(active());
    } else if (!list.hidden && e.key === "Escape") {
      e.preventDefault(); e.stopPropagation(); close();
    }
  });
})();
