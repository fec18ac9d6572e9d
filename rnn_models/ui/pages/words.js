// What each word of a text did to the verdict. A click on a word takes it out or replaces it: the changed text stands
// beside the first, with its own verdict.
const WAIT = 400;  // ms after the last letter: the verdict itself comes first
const shown = make("div", { class: "columns" }), tools = make("div", { class: "tools" });
root.append(make("h2", {}, say("words")), make("p", { class: "small" }, say("words_hint")), shown, tools);
const percent = (share) => `${Math.round(100 * share)} %`;
const signed = (score) => `${score < 0 ? "−" : "+"}${Math.abs(score).toFixed(2)}`.replace(/^[−+](0\.00)$/, "$1");
const colour = (label, index) => (["negative", "neutral", "positive"].includes(label) ? `var(--rnn-${label})` : `var(--rnn-line-${1 + (index % 4)})`);

// A column: a text and what was answered for it. `own` is false of the example that stands there at first.
const column = (text, own) => ({ text, own, found: null, problem: "", at: -1, open: false, asked: 0 });
let columns = [column(props.examples[chinese() ? 1 : 0], false)];
let seen = false, timer;

function choose(text) {
  const blank = !text?.trim();
  if (!blank && text !== columns[0].text) columns[0] = column(text, true);
  else if (blank && columns[0].own) columns = [column(props.examples[chinese() ? 1 : 0], false)];
  else columns[0].own ||= !blank;
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(() => columns.forEach((one) => { if (!one.found && !one.problem) ask(one); }), WAIT);
}

async function ask(one) {
  const mine = ++one.asked, text = one.text;
  if (!seen || !text.trim()) return draw();
  if ([...text].length > props.limit) {
    one.problem = say("words_too_long", { limit: props.limit });
    return draw();
  }
  try {
    const answer = JSON.parse(await server.ask({ name: "explain", arguments: { text, model: one.own ? props.value?.model ?? "auto" : "auto" } }));
    if (one.asked !== mine || one.text !== text) return;
    one.problem = answer.error ?? "";
    one.found = answer.error ? null : answer;
  } catch { one.problem = say("words_no_answer"); }
  draw();
}

function second(text) {
  columns[1] = Object.assign(column(text, columns[0].own), { asked: columns[1]?.asked ?? 0 });
  draw();
  ask(columns[1]);
}

const joined = (found, at, word) => found.words.map((one, index) => (index === at ? word : one.text)).join("");

// What a word did, said in words and read by screen readers.
function told(one, index) {
  const { words, names, labels, label } = one.found, word = words[index];
  const shares = names.map((name, row) => `${name} ${percent(word.probabilities[row])}`).join(", ");
  return say("words_told", { word: word.text.trim() || "␣", shares, score: signed(word.score), label: names[labels.indexOf(label)] });
}

function point(place, one, index) {
  one.at = index;
  place.querySelectorAll(".word").forEach((word, other) => {
    word.tabIndex = other === index ? 0 : -1;
    word.classList.toggle("told", other === index);
  });
  place.querySelector(".told-line").textContent = told(one, index);
}

function drawWords(place, one, which) {
  const { words, labels, label } = one.found, most = Math.max(0.5, ...words.map((word) => Math.abs(word.score)));
  const row = labels.indexOf(label);
  const buttons = words.flatMap((word, index) => {
    const [, blank, rest] = word.text.match(/^(\s*)([^]*)$/), share = Math.abs(word.score) / most;
    let from = 0;
    const stack = labels.map((name, each) => `${colour(name, each)} 0 ${100 * (from += word.probabilities[each])}%`);
    const made = make("button", {
      type: "button", class: `word${word.score < -most / 10 ? " against" : ""}`, "data-index": index, tabindex: index === Math.max(0, one.at) ? 0 : -1,
      "aria-label": told(one, index), "aria-expanded": one.open && one.at === index ? "true" : "false",
      style: `--tint: ${Math.round(55 * share)}%; --label: ${colour(label, row)}`,
      onclick: () => { one.open = !(one.open && one.at === index); one.at = index; draw(); if (one.open) root.querySelector(`.column[data-which="${which}"] .editor button`)?.focus(); },
    }, make("span", { class: "ink", "aria-hidden": "true" }, blank.replace(/\n/g, "") + rest),
      make("span", { class: "after", "aria-hidden": "true", style: `background: linear-gradient(to top, ${stack.join(", ")})` }));
    return blank.includes("\n") ? [make("br"), made] : [made];
  });
  // a line does not begin with a full stop
  for (let index = buttons.length - 1; index > 0; index -= 1) {
    const [one, mark] = buttons.slice(index - 1, index + 1);
    if (one.matches(".word") && /^\p{P}+$/u.test(mark.textContent)) buttons.splice(index - 1, 2, make("span", { class: "together" }, one, mark));
  }
  const box = make("div", { class: "words", role: "group", "aria-label": say("words_group") }, ...buttons);
  box.addEventListener("pointerover", ({ target }) => { const word = target.closest(".word"); if (word) point(place, one, Number(word.dataset.index)); });
  box.addEventListener("focusin", ({ target }) => { if (target.dataset.index) point(place, one, Number(target.dataset.index)); });
  box.addEventListener("keydown", (event) => {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!move) return;
    event.preventDefault();
    box.querySelector(`[data-index="${Math.max(0, Math.min(words.length - 1, one.at + move))}"]`).focus();
  });
  return box;
}

function editor(one) {
  const word = one.found.words[one.at], [, blank] = word.text.match(/^(\s*)/), core = word.text.trim();
  const other = make("input", { type: "text", maxlength: 100, "aria-label": say("words_other", { word: core }) });
  const change = (text) => { one.open = false; second(joined(one.found, one.at, text)); };
  other.addEventListener("keydown", (event) => { if (event.key === "Enter" && !event.isComposing) change(blank + other.value); });
  return make("div", { class: "editor tools" },
    make("button", { type: "button", onclick: () => change("") }, say("words_remove", { word: core })),
    other, button("words_replace", () => change(blank + other.value)));
}

function table({ words, names, labels, label }) {
  const head = [say("words_word"), say("words_score", { label: names[labels.indexOf(label)] }), ...names.map((name) => say("words_after", { label: name }))];
  return make("details", {}, make("summary", {}, say("words_table")), make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": say("words_table") }, make("table", {},
    make("thead", {}, make("tr", {}, ...head.map((name) => make("th", { scope: "col" }, name)))),
    make("tbody", {}, ...words.map((word) => make("tr", {}, make("th", { scope: "row" }, word.text.trim() || "␣"), make("td", {}, signed(word.score)),
      ...word.probabilities.map((share) => make("td", {}, `${(100 * share).toFixed(1)} %`))))))));
}

// The verdict on the complete text, and how it differs from that of the first text.
function outcome(one, which) {
  const last = one.found.words.at(-1).probabilities, first = columns[0].found?.words.at(-1).probabilities;
  return one.found.names.map((name, row) => `${name} ${which && first ? `${percent(first[row])} → ` : ""}${percent(last[row])}`).join(" · ");
}

function drawColumn(one, which) {
  const place = make("section", { class: "column", "data-which": which, "aria-label": which ? say("words_second") : one.own ? say("words_first") : say("words_example") });
  place.append(make("h3", {}, place.getAttribute("aria-label")));
  if (which) {
    const box = make("textarea", { rows: 2, maxlength: 50000, "aria-label": say("words_second"), oninput: () => { one.text = box.value; one.found = null; one.problem = ""; one.open = false; later(); } });
    box.value = one.text;
    place.append(box);
  }
  if (one.problem) place.append(make("p", { class: "problem", role: "alert" }, one.problem));
  if (!one.found) return place;
  const { names, labels, label } = one.found;
  place.append(make("p", { class: "outcome", role: "status" }, outcome(one, which)), drawWords(place, one, which),
    make("p", { class: "small told-line", role: "status" }, one.at >= 0 ? told(one, one.at) : say("words_scale", { label: names[labels.indexOf(label)] })));
  if (one.open) place.append(editor(one));
  place.append(table(one.found));
  return place;
}

function draw() {
  const active = document.activeElement, typing = root.contains(active) && active.tagName === "TEXTAREA" && [active.selectionStart, active.selectionEnd];
  const open = [...shown.querySelectorAll("details")].map((one) => one.open);
  shown.replaceChildren(...columns.map(drawColumn));
  shown.querySelectorAll("details").forEach((one, index) => { one.open = open[index] ?? false; });
  shown.classList.toggle("two", columns.length > 1);
  if (typing) {
    const box = shown.querySelector("textarea");
    box?.focus({ preventScroll: true });
    box?.setSelectionRange(...typing);
  }
  tools.replaceChildren(columns.length > 1
    ? button("words_close", () => { columns.length = 1; draw(); })
    : button("words_compare", () => second(columns[0].text)));
}

draw();
watch("value", () => {
  const before = columns[0];
  choose(props.value?.text ?? "");
  if (columns[0] === before && before.found?.model !== props.value?.model) before.found = null;  // another model
  if (columns[0] !== before) draw();
  later();
});
// Nobody waits for what they do not see: the other tabs, and the part of a page below the fold.
new IntersectionObserver((entries) => {
  if (seen || !entries.some((entry) => entry.isIntersecting)) return;
  seen = true;
  later();
}).observe(root);
