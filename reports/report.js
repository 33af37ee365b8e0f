
"use strict";
// Drives the evidence explorer and nothing else. Text of the data reaches the page through textContent only.
(() => {
  const PAGE = 5;
  const MOST_CELLS = 4e6; // of the table that aligns two texts; beyond it differences are not marked
  const LEAST_SHARED = 0.15; // of the longer text; below it everything differs and marks would say nothing
  const TOKEN = /<U\+[0-9A-F]{4,6}>/g;
  const WORD = /<U\+[0-9A-F]{4,6}>|\s+|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]|[\p{L}\p{M}\p{N}_]+|./gsu;
  const LABELS = { a: "side a chosen", b: "side b chosen", tie: "tie", both_bad: "both bad", escalate: "escalated", invalid: "invalid label" };
  const host = document.getElementById("explorer");
  const island = document.getElementById("evidence-rows");
  const notice = document.getElementById("explorer-notice");
  if (!host || typeof DecompressionStream === "undefined") return;
  const state = { rule: "", slice: "", annotator: "", search: "", differences: true, page: 0 };
  let rows = [];
  let titles = {};

  function make(name, kind, text) {
    const node = document.createElement(name);
    if (kind) node.className = kind;
    if (text !== undefined) node.textContent = text;
    return node;
  }

  // Text with marks: spans [from, to) of tokens, of search hits and of differences, which may overlap.
  function addText(parent, text, changed, changedName) {
    const marks = [["token", spansOf(text, TOKEN)], ["hit", hitsIn(text)], ["changed", changed]];
    const cuts = new Set([0, text.length]);
    for (const [, spans] of marks) for (const [from, to] of spans) cuts.add(from).add(to);
    const places = [...cuts].sort((x, y) => x - y);
    for (let i = 0; i + 1 < places.length; i++) {
      const inside = marks.filter(([, spans]) => spans.some(([from, to]) => from <= places[i] && places[i] < to)).map(([kind]) => kind);
      let node = document.createTextNode(text.slice(places[i], places[i + 1]));
      for (const [kind, name] of [["token", "span"], ["hit", "mark"], ["changed", changedName]]) {
        if (!inside.includes(kind)) continue;
        const around = make(name, kind === "token" ? "token" : "");
        around.append(node);
        node = around;
      }
      parent.append(node);
    }
  }

  function spansOf(text, pattern) {
    return [...text.matchAll(pattern)].map((found) => [found.index, found.index + found[0].length]);
  }

  function hitsIn(text) {
    const wanted = state.search.toLowerCase();
    const folded = text.toLowerCase();
    const spans = [];
    if (!wanted || folded.length !== text.length) return spans;
    for (let at = folded.indexOf(wanted); at >= 0; at = folded.indexOf(wanted, at + wanted.length)) spans.push([at, at + wanted.length]);
    return spans;
  }

  // The spans of two texts that the other does not have, by words (longest common subsequence); null: not worth marking.
  function differences(left, right) {
    const a = left.match(WORD) || [];
    const b = right.match(WORD) || [];
    let head = 0;
    while (head < a.length && head < b.length && a[head] === b[head]) head++;
    let tail = 0;
    while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
    const n = a.length - head - tail;
    const m = b.length - head - tail;
    if ((n + 1) * (m + 1) > MOST_CELLS) return null;
    const width = m + 1;
    const longest = new Uint16Array((n + 1) * width);
    for (let i = n - 1; i >= 0; i--) {
      for (let j = m - 1; j >= 0; j--) {
        longest[i * width + j] = a[head + i] === b[head + j]
          ? longest[(i + 1) * width + j + 1] + 1
          : Math.max(longest[(i + 1) * width + j], longest[i * width + j + 1]);
      }
    }
    const onlyA = new Array(a.length).fill(false);
    const onlyB = new Array(b.length).fill(false);
    let i = 0;
    let j = 0;
    let shared = head + tail;
    while (i < n || j < m) {
      if (i < n && j < m && a[head + i] === b[head + j]) { i++; j++; shared++; }
      else if (j >= m || (i < n && longest[(i + 1) * width + j] >= longest[i * width + j + 1])) onlyA[head + i++] = true;
      else onlyB[head + j++] = true;
    }
    if (shared < LEAST_SHARED * Math.max(a.length, b.length)) return null;
    return [spansFrom(a, onlyA), spansFrom(b, onlyB)];
  }

  // Runs of words that differ; a blank between two of them belongs to the run.
  function spansFrom(words, differs) {
    const spans = [];
    let at = 0;
    words.forEach((word, index) => {
      const blank = !differs[index] && /^\s+$/.test(word) && differs[index - 1] && differs[index + 1];
      if (differs[index] || blank) {
        const last = spans[spans.length - 1];
        if (last && last[1] === at) last[1] = at + word.length;
        else spans.push([at, at + word.length]);
      }
      at += word.length;
    });
    return spans;
  }

  function side(title, text, kind, length, changed, changedName) {
    const box = make("div", "side " + kind);
    box.append(make("h4", "", title));
    if (text === null) {
      box.append(make("p", "muted", length ? length.toLocaleString("en") + " characters, text withheld" : "no text recorded"));
      return box;
    }
    if (text === "") {
      box.append(make("p", "muted", "empty text"));
      return box;
    }
    const body = make("p", "text");
    body.tabIndex = 0;
    body.setAttribute("role", "group");
    body.setAttribute("aria-label", title);
    const isolated = make("bdi");
    addText(isolated, text, changed || [], changedName);
    body.append(isolated);
    box.append(body);
    return box;
  }

  function sides(row) {
    const box = make("div", "sides");
    const found = state.differences && row.a !== null && row.b !== null ? differences(row.a, row.b) : null;
    const swapped = row.label === "b";
    const words = row.label === "a" || swapped ? ["Chosen: ", "Rejected: "] : ["Shown: ", "Shown: "];
    const letters = swapped ? ["b", "a"] : ["a", "b"];
    letters.forEach((letter, index) => {
      const number = letter === "a" ? 0 : 1;
      const model = row.models[number];
      const title = words[index] + "side " + letter + (model ? ", " + model : "");
      box.append(side(title, row[letter], "side-" + letter, row.lengths[number + 1], found && found[number], index ? "del" : "ins"));
    });
    const same = row.a !== null && row.a === row.b;
    const note = same ? "Both sides are the same text." : "The two texts share too little to mark what differs.";
    const noted = same || (state.differences && row.a && row.b && !found);
    return noted ? [box, make("p", "told muted", note)] : [box];
  }

  function copyButton(row) {
    const button = make("button", "", "Copy reference");
    const said = make("span", "quiet");
    said.setAttribute("role", "status");
    button.type = "button";
    button.setAttribute("aria-label", "Copy reference of " + row.place);
    button.addEventListener("click", async () => {
      const reference = row.place + " " + row.digest;
      try {
        await navigator.clipboard.writeText(reference);
        button.textContent = said.textContent = "Copied";
      } catch {
        const field = make("input", "reference");
        field.readOnly = true;
        field.value = reference;
        field.setAttribute("aria-label", "Reference, to copy");
        button.replaceWith(field);
        field.select();
        field.focus();
      }
    });
    const box = make("span");
    box.append(button, said);
    return box;
  }

  function article(row) {
    const box = make("article", "pair");
    const head = make("header");
    const title = make("h3");
    title.append(make("bdi", "", row.place));
    head.append(title);
    if (row.label) head.append(make("span", "muted", LABELS[row.label] || "label: " + row.label));
    head.append(copyButton(row));
    const why = make("p", "lies", "Behind " + row.rules.map((rule) => rule + (titles[rule] ? " " + titles[rule] : "")).join("; ") + ".");
    const told = make("p", "lies muted");
    if (row.annotators.length) told.append("judged by ", make("bdi", "", row.annotators.join(", ")), row.slices.length ? " · " : "");
    row.slices.forEach((part, index) => told.append(index ? " · " : "", make("bdi", "", part)));
    box.append(head);
    if (row.rules.length) box.append(why);
    if (told.textContent) box.append(told);
    if (row.private.length) box.append(make("p", "lies", "Private data, masked: " + row.private.join("; ") + "."));
    box.append(side("Prompt", row.prompt, "prompt", row.lengths[0]));
    if (row.promptB !== null) box.append(side("Prompt of side b", row.promptB, "prompt"));
    box.append(...sides(row));
    return box;
  }

  function matching() {
    const wanted = state.search.toLowerCase();
    return rows.filter((row) =>
      (!state.rule || row.rules.includes(state.rule)) &&
      (!state.slice || row.slices.includes(state.slice)) &&
      (!state.annotator || row.annotators.includes(state.annotator)) &&
      (!wanted || row.haystack.includes(wanted)));
  }

  function control(name, input, kind) {
    const box = make("div", kind);
    const label = make("label", "", name);
    label.htmlFor = input.id;
    box.append(label, input);
    return box;
  }

  function counted(field) {
    const counts = new Map();
    for (const row of rows) for (const name of row[field]) counts.set(name, (counts.get(name) || 0) + 1);
    return counts;
  }

  function filter(name, key, field, every, told) {
    const counts = counted(field);
    const select = make("select");
    select.id = "explorer-" + key;
    select.append(new Option(every, ""));
    for (const value of [...counts.keys()].sort()) select.append(new Option(told(value) + " (" + counts.get(value) + ")", value));
    return { key, counts, select, box: counts.size ? control(name, select) : null };
  }

  function build() {
    const filters = [
      filter("Rule", "rule", "rules", "all rules (" + rows.length + ")", (rule) => rule + " " + (titles[rule] || "")),
      filter("Slice", "slice", "slices", "all slices", (part) => part),
      filter("Annotator", "annotator", "annotators", "all annotators", (name) => name),
    ];
    const search = make("input");
    search.id = "explorer-search";
    search.type = "search";
    search.autocomplete = "off";
    const marks = make("input");
    marks.id = "explorer-differences";
    marks.type = "checkbox";
    marks.checked = true;
    const clear = make("button", "", "Show all");
    const told = make("p", "muted");
    told.setAttribute("role", "status");
    const list = make("div");
    const pager = make("div", "pager");
    const back = make("button", "", "Previous");
    const next = make("button", "", "Next");
    clear.type = back.type = next.type = "button";
    pager.append(back, next);

    function show() {
      const found = matching();
      const pages = Math.max(1, Math.ceil(found.length / PAGE));
      state.page = Math.min(state.page, pages - 1);
      const from = state.page * PAGE;
      list.replaceChildren(...found.slice(from, from + PAGE).map(article));
      back.disabled = state.page === 0;
      next.disabled = state.page >= pages - 1;
      clear.disabled = !(state.rule || state.slice || state.annotator || state.search);
      told.textContent = found.length
        ? "Rows " + (from + 1) + " to " + Math.min(from + PAGE, found.length) + " of " + found.length
        : "No row matches";
    }
    function restart(changes) {
      Object.assign(state, changes, { page: 0 });
      for (const { key, select } of filters) select.value = state[key];
      if (search.value !== state.search) search.value = state.search;
      show();
    }
    function turn(by) {
      state.page += by;
      show();
      told.scrollIntoView({ block: "nearest" });
    }
    for (const { key, select } of filters) select.addEventListener("change", () => restart({ [key]: select.value }));
    let pause = 0;
    search.addEventListener("input", () => {
      clearTimeout(pause);
      pause = setTimeout(() => restart({ search: search.value }), 120);
    });
    marks.addEventListener("change", () => { state.differences = marks.checked; show(); });
    clear.addEventListener("click", () => { restart({ rule: "", slice: "", annotator: "", search: "" }); search.focus(); });
    back.addEventListener("click", () => turn(-1));
    next.addEventListener("click", () => turn(1));
    for (const link of document.querySelectorAll(".to-explorer")) {
      const rule = link.dataset.rule;
      link.addEventListener("click", () => restart({ rule: filters[0].counts.has(rule) ? rule : "", slice: "", annotator: "", search: "" }));
    }
    const controls = make("div", "controls");
    for (const { box } of filters) if (box) controls.append(box);
    controls.append(control("Search in texts, places and slices", search), clear);
    if (rows.some((row) => row.a !== null && row.b !== null)) controls.append(control("Mark what differs", marks, "check"));
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
