// What the views share: the reader's choices, questions to the server, and the parts that a view is made of.

const root = element.querySelector(".inside-root");
const models = Object.fromEntries(props.models.map((model) => [model.name, model]));
const VIEWS = [];  // {id, ours, show(place): draws itself into it}
const kept = new Map();
const state = {
  view: "step", model: props.models.find((model) => model.ours)?.name ?? props.models[0].name,
  text: null, position: -1, unit: 0, layer: 0, direction: 0,
};

const language = () => (props.value === "中文" ? 1 : 0);
function say(key, fields = {}) {
  return props.texts[key][language()].replace(/\{(\w+)\}/g, (whole, name) => fields[name] ?? whole);
}
// "gate forget", as the server has it, in the language of the page.
function called(shows) {
  const [kind, ...words] = shows.split(" "), name = words.join(" ");
  return say(`kind_${kind}`, { name: `name_${name}` in props.texts ? say(`name_${name}`) : name });
}
const model = () => models[state.model];
// "gate forget" in its colour, which it has in every view; what is no gate has that of the text.
const gateInk = (shows) => ink(shows.replace(" ", "-")) || "currentColor";
const gateMark = (x, y, shows) => draw("rect", { x, y, width: 9, height: 9, rx: 2, fill: gateInk(shows) });

// A link opens the page again with the same model, text and position. It is behind the #, which no server sees.
function link() {
  const parts = new URLSearchParams({ ...state });
  return `${location.href.split("#")[0]}#inside?${parts}`;
}

let linked = false;  // by a link whose view has not been shown yet
function readLink() {
  const query = location.hash.split("?")[1];
  if (!location.hash.startsWith("#inside") || !query) return;
  linked = true;
  // what it does not name is as at first: a position or a unit that was chosen before may not be in its text or model
  Object.assign(state, settings);
  for (const [key, value] of new URLSearchParams(query)) {
    if (!(key in state) || (key === "model" && !(value in models))) continue;
    if (key === "view" && !VIEWS.some((view) => view.id === value)) continue;
    const number = typeof state[key] === "number";
    if (!number || Number.isFinite(Number(value))) state[key] = number ? Number(value) : value;
  }
}

// Ask an endpoint by name. What was answered once is kept.
async function ask(name, values) {
  const key = JSON.stringify([name, values]);
  if (kept.has(key)) return kept.get(key);
  const answer = JSON.parse(await server.ask({ name, arguments: values }));
  if (answer.error) throw new Refused(answer.error);
  kept.set(key, answer);
  if (kept.size > 60) kept.delete(kept.keys().next().value);
  return answer;
}
class Refused extends Error {}
// What went wrong, in a sentence above the view.
function tell(error) {
  problem.textContent = error instanceof Refused ? error.message : say("no_answer");
  if (!(error instanceof Refused)) console.error(error);
}
const here = () => ({ model: state.model, text: state.text, layer: state.layer, direction: state.direction });

// Only the newest question may draw: an answer that comes late is let go.
const newest = {};
async function latest(what, promise) {
  const mine = (newest[what] = {});
  const answer = await promise;
  return newest[what] === mine ? answer : null;
}

function later(wait, call) {
  let timer;
  return (...values) => { clearTimeout(timer); timer = setTimeout(() => call(...values), wait); };
}

// A token as the page shows it.
const visible = (piece) => piece.replace(/\n/g, "↵").replace(/ /g, "␣").replace(/\t/g, "⇥") || "∅";

function choice(key, names, change, titles = names) {
  const select = make("select", { onchange: () => { state[key] = select.value; change(); } },
    ...names.map((name, index) => make("option", { value: name, selected: name === state[key] }, titles[index])));
  return select;
}

function number(key, low, high, change, step = 1) {
  const input = make("input", {
    type: "number", min: low, max: high, step, value: state[key],
    onchange: () => {
      const value = Math.min(high, Math.max(low, Number(input.value) || 0));
      input.value = state[key] = value;
      change();
    },
  });
  return input;
}

function slider(key, low, high, step, change) {
  const shown = make("output", {}, short(state[key]));
  const input = make("input", {
    type: "range", min: low, max: high, step, value: state[key],
    oninput: () => { state[key] = Number(input.value); shown.textContent = short(state[key]); change(); },
  });
  return [input, shown];
}

const field = (key, ...controls) => make("label", { class: "field" },
  make("span", {}, say(key), ...controls.filter((one) => one.tagName === "OUTPUT").flatMap((one) => [" ", one])),
  ...controls.filter((one) => one.tagName !== "OUTPUT"));
const button = (text, click, more = {}) => make("button", { type: "button", onclick: click, ...more }, text);

// Which layer and direction, for models that have several.
function places(change) {
  const found = [];
  if (model().layers > 1) found.push(field("layer", number("layer", 0, model().layers - 1, change)));
  if (model().directions > 1) found.push(field("direction", number("direction", 0, model().directions - 1, change)));
  return found;
}

let strips = 0;
const REST = 250;  // milliseconds on a token, so that a mouse that crosses the text asks nothing

// The text token by token. `colours(index)` gives a token's rgb, `choose(index)` is called for the one that is chosen; with
// `pointing` also for the one on which a mouse rests.
function strip(tokens, { colours = null, chosen = null, choose = null, pointing = false, name }) {
  const rest = later(REST, (index) => { if (list.isConnected && index !== null && index !== chosen) choose(index); });
  const own = `inside-strip-${strips++}`;  // a view may have several, and an id may occur once on a page
  const items = tokens.map((piece, index) => {
    const rgb = colours ? colours(index) : null;
    const style = rgb ? `background: rgb(${rgb.join(",")}); color: ${inkOn(rgb)}` : null;
    return make("span", {
      role: "option", id: `${own}-${index}`, class: "token", style, "data-index": index,
      "aria-selected": String(index === chosen), "aria-label": `${index}: ${visible(piece)}`,
    }, visible(piece));
  });
  const breaks = items.flatMap((item, index) => (tokens[index].includes("\n") ? [item, make("br")] : [item]));
  const list = make("div", {
    role: "listbox", tabindex: 0, class: "tokens", "aria-label": name,
    "aria-activedescendant": chosen === null ? null : `${own}-${chosen}`,
    onclick: (event) => { if (event.target.dataset.index && choose) choose(Number(event.target.dataset.index)); },
    onpointerover: (event) => { if (pointing && event.pointerType === "mouse") rest(event.target.dataset.index ? Number(event.target.dataset.index) : null); },
    onpointerleave: () => rest(null),
    onkeydown: (event) => {
      const moves = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 10, ArrowUp: -10, Home: -1e6, End: 1e6 };
      if (!choose || !(event.key in moves)) return;
      event.preventDefault();
      choose(Math.min(tokens.length - 1, Math.max(0, (chosen ?? 0) + moves[event.key])));
    },
  }, ...breaks);
  return list;
}

function table(head, rows, caption) {
  return make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption }, make("table", {},
    make("caption", {}, caption),
    make("thead", {}, make("tr", {}, ...head.map((name) => make("th", { scope: "col" }, name)))),
    make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map((cell, index) =>
      make(index ? "td" : "th", index ? {} : { scope: "row" }, typeof cell === "number" ? digits(cell) : String(cell ?? "–"))))))));
}
const digits = (value) => (Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(5))));

// A closed table is filled when it is opened: thousands of cells would slow the page down for nobody.
function numbers(make_rows) {
  const details = make("details", { class: "numbers" }, make("summary", {}, say("as_table")));
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) {
      const { head, rows } = make_rows();
      details.append(table(head, rows.slice(0, 600), say("as_table")));
    }
  });
  return details;
}

// What stands below each view: its numbers as a table and a file, its picture as a file, a link, the code.
function tools(place, view, rows, functions) {
  const name = `inside-${view.id}`;
  const copied = make("span", { role: "status" });
  const copy = async () => {
    history.replaceState(null, "", link());
    try { await navigator.clipboard.writeText(link()); copied.textContent = say("copied"); } catch { copied.textContent = link(); }
  };
  const code = make("details", { class: "code" }, make("summary", {}, `${say("code")}: ${functions.join(", ")}`));
  code.addEventListener("toggle", async () => {
    if (!code.open || code.children.length > 1) return;
    for (const one of functions) {
      const source = await ask("inside_code", { name: one });
      code.append(make("p", {}, say("code_lines", source)), make("pre", { tabindex: 0 }, source.code));
    }
  });
  const linked = functions.filter((one) => props.code[one].link).map((one) => make("a", { href: props.code[one].link, target: "_blank", rel: "noopener" }, one));
  const pictured = place.querySelector("svg[role=img], .tokens") ? [
    button("SVG", () => save(asSvg(place, view).text, "image/svg+xml", `${name}.svg`)),
    button("PNG", () => savePng(place, view, `${name}.png`)),
  ] : [];
  return [
    make("div", { class: "tools" }, make("span", {}, say("save")), ...pictured,
      button("CSV", () => save(asCsv(rows()), "text/csv", `${name}.csv`)), button(say("copy_link"), copy), copied),
    ...(linked.length ? [make("p", { class: "sources" }, `${say("code_on_hub")}:`, ...linked.flatMap((one) => [" ", one]))] : []),
    numbers(rows), code,
  ];
}

const said = (sentence) => make("p", { class: "said", "aria-live": "polite" }, sentence);
const width = (place) => Math.max(280, Math.min(1040, place.clientWidth || root.clientWidth));
