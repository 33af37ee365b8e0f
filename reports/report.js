
"use strict";
// Drives the evidence explorer and nothing else. Text of the data reaches the page through textContent only.
(() => {
  const PAGE = 5;
  const TOKEN = /(<U\+[0-9A-F]{4,6}>)/;
  const LABELS = { a: "side a chosen", b: "side b chosen", tie: "tie", both_bad: "both bad", escalate: "escalated", invalid: "invalid label" };
  const host = document.getElementById("explorer");
  const island = document.getElementById("evidence-rows");
  const notice = document.getElementById("explorer-notice");
  if (!host || typeof DecompressionStream === "undefined") return;
  const state = { rule: "", search: "", page: 0 };
  let rows = [];
  let titles = {};

  function make(name, kind, text) {
    const node = document.createElement(name);
    if (kind) node.className = kind;
    if (text !== undefined) node.textContent = text;
    return node;
  }

  function addText(parent, text) {
    text.split(TOKEN).forEach((part, index) => {
      if (part === "") return;
      if (index % 2) parent.append(make("span", "token", part));
      else addHits(parent, part);
    });
  }

  function addHits(parent, text) {
    const wanted = state.search.toLowerCase();
    const folded = text.toLowerCase();
    let from = 0;
    if (wanted && folded.length === text.length) {
      for (let at = folded.indexOf(wanted); at >= 0; at = folded.indexOf(wanted, from)) {
        parent.append(text.slice(from, at), make("mark", "", text.slice(at, at + wanted.length)));
        from = at + wanted.length;
      }
    }
    parent.append(text.slice(from));
  }

  function side(title, text, kind) {
    const box = make("div", "side " + kind);
    box.append(make("h4", "", title));
    if (text === null) {
      box.append(make("p", "muted", "no text recorded"));
      return box;
    }
    const body = make("p", "text");
    body.tabIndex = 0;
    body.setAttribute("role", "group");
    body.setAttribute("aria-label", title);
    const isolated = make("bdi");
    addText(isolated, text);
    body.append(isolated);
    box.append(body);
    return box;
  }

  function sides(row) {
    const box = make("div", "sides");
    const named = (letter, model) => "side " + letter + (model ? ", " + model : "");
    const a = (word) => side(word + named("a", row.models[0]), row.a, "side-a");
    const b = (word) => side(word + named("b", row.models[1]), row.b, "side-b");
    if (row.label === "a") box.append(a("Chosen: "), b("Rejected: "));
    else if (row.label === "b") box.append(b("Chosen: "), a("Rejected: "));
    else box.append(a("Shown: "), b("Shown: "));
    return box;
  }

  function copyButton(row) {
    const button = make("button", "", "Copy reference");
    button.type = "button";
    button.setAttribute("aria-label", "Copy reference of " + row.place);
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(row.place + " " + row.digest);
        button.textContent = "Copied";
      } catch {
        button.textContent = row.digest;
      }
      button.setAttribute("aria-label", button.textContent + " " + row.place);
    });
    return button;
  }

  function article(row) {
    const box = make("article", "pair");
    const head = make("header");
    const title = make("h3");
    title.append(make("bdi", "", row.place));
    head.append(title);
    for (const rule of row.rules) head.append(make("span", "tag", rule));
    if (row.label) head.append(make("span", "muted", LABELS[row.label] || "label: " + row.label));
    if (row.annotators.length) head.append(make("bdi", "muted", "by " + row.annotators.join(", ")));
    for (const part of row.slices) head.append(make("bdi", "muted", part));
    head.append(copyButton(row));
    box.append(head, side("Prompt", row.prompt, "prompt"));
    if (row.promptB !== null) box.append(side("Prompt of side b", row.promptB, "prompt"));
    box.append(sides(row));
    return box;
  }

  function matching() {
    const wanted = state.search.toLowerCase();
    return rows.filter((row) =>
      (!state.rule || row.rules.includes(state.rule)) && (!wanted || row.haystack.includes(wanted)));
  }

  function control(name, input) {
    const box = make("div");
    const label = make("label", "", name);
    label.htmlFor = input.id;
    box.append(label, input);
    return box;
  }

  function build() {
    const select = make("select");
    select.id = "explorer-rule";
    select.append(new Option("all rules (" + rows.length + ")", ""));
    const counts = new Map();
    for (const row of rows) for (const rule of row.rules) counts.set(rule, (counts.get(rule) || 0) + 1);
    for (const [rule, count] of [...counts].sort()) select.append(new Option(rule + " " + (titles[rule] || "") + " (" + count + ")", rule));
    const search = make("input");
    search.id = "explorer-search";
    search.type = "search";
    search.autocomplete = "off";
    const told = make("p", "muted");
    told.setAttribute("role", "status");
    const list = make("div");
    const pager = make("div", "pager");
    const back = make("button", "", "Previous");
    const next = make("button", "", "Next");
    back.type = next.type = "button";
    pager.append(back, next);

    function show() {
      const found = matching();
      const pages = Math.max(1, Math.ceil(found.length / PAGE));
      state.page = Math.min(state.page, pages - 1);
      const from = state.page * PAGE;
      list.replaceChildren(...found.slice(from, from + PAGE).map(article));
      back.disabled = state.page === 0;
      next.disabled = state.page >= pages - 1;
      told.textContent = found.length
        ? "Rows " + (from + 1) + " to " + Math.min(from + PAGE, found.length) + " of " + found.length
        : "No row matches";
    }
    function turn(by) {
      state.page += by;
      show();
      told.scrollIntoView({ block: "nearest" });
    }
    select.addEventListener("change", () => { state.rule = select.value; state.page = 0; show(); });
    let pause = 0;
    search.addEventListener("input", () => {
      clearTimeout(pause);
      pause = setTimeout(() => { state.search = search.value; state.page = 0; show(); }, 120);
    });
    back.addEventListener("click", () => turn(-1));
    next.addEventListener("click", () => turn(1));
    for (const link of document.querySelectorAll(".to-explorer")) {
      link.addEventListener("click", () => {
        state.rule = counts.has(link.dataset.rule) ? link.dataset.rule : "";
        select.value = state.rule;
        state.page = 0;
        show();
      });
    }
    const controls = make("div", "controls");
    controls.append(control("Rule", select), control("Search in texts, places and slices", search));
    host.append(controls, told, list, pager);
    host.hidden = false;
    if (notice) notice.remove();
    show();
  }

  async function open() {
    const packed = Uint8Array.from(atob(island.textContent), (char) => char.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    const content = JSON.parse(await new Response(stream).text());
    titles = content.titles;
    rows = content.rows;
    for (const row of rows) {
      row.haystack = [row.place, row.digest, row.promptB, ...row.models, ...row.annotators, ...row.slices, row.prompt, row.a, row.b].join("\n").toLowerCase();
    }
    if (rows.length) build();
  }

  open().catch((fault) => { if (notice) notice.textContent = "The evidence in this file could not be opened: " + fault.message; });
})();
