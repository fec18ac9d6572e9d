// The text that a model writes. Prompt and continuation look different; a line below says how it went.
const status = make("p", { role: "status", class: "small line" });
const remarks = make("div", { class: "remarks", role: "status" });
const box = make("div", { class: "text", tabindex: 0, role: "region", "aria-label": say("output") });
const told = make("p", { class: "small line", role: "status" });
let value = props.value;  // the text that is shown: the last one, or an earlier one of this visit
const whole = () => (value ? value.prompt + value.text : "");
const copy = button("copy", async () => {
  await navigator.clipboard.writeText(whole());
  told.textContent = say("copied");
});
const download = button("download", () => {
  const link = make("a", { href: URL.createObjectURL(new Blob([whole()], { type: "text/plain;charset=utf-8" })), download: `${value.model.replace(/[^\w.-]+/g, "-")}-${value.seed}.txt` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
});
const link = button("link", async () => {
  await navigator.clipboard.writeText(window.rnnModels.link());
  told.textContent = say("copied");
});
link.hidden = !window.rnnModels;
// Gradio sends what the fields of the page hold, and the server takes what is asked for here in place of it.
function write(asked) {
  if (value && !value.done) return;  // Gradio would drop the event, and the next text would take what is asked for
  window.rnnModels.asked = asked;
  trigger("submit");
}
const after = () => (value.tokens.length ? value.tokens : value.text);  // the tokens of a stopped text are not known
const goOn = button("go_on", () => write({ ...value.again, after: after() }));
const again = button("again", () => write({ ...value.again, seed: null }));
goOn.hidden = again.hidden = !window.rnnModels;
const sure = make("input", { type: "checkbox", onchange: () => { shown = null; closeChoices(); draw(); } });
const sureLabel = make("label", {}, sure, say("sure"));
const PACES = [5, 10, 20, 40, 80, Infinity];  // characters a second
const pace = make("input", { type: "range", min: 0, max: PACES.length - 1, value: PACES.length - 1, oninput: setPace });
const paceSaid = make("span", { class: "small" });
const paceLabel = make("label", { class: "pace" }, say("pace"), pace, paceSaid);
root.append(
  make("h2", {}, say("output")), box, status, remarks,
  make("div", { class: "tools" }, goOn, again, copy, download, link),
  make("div", { class: "tools" }, sureLabel, paceLabel), told,
);

let shown = null;  // what the box shows of the continuation; null if it has to be drawn anew
let prompt = null;
let at = -1;  // the token that is told about
let allowed = Infinity;  // how many characters the speed of writing allows
let ticking = null;

// From white (certain) to the accent (12 bits or more), with ink that can be read on it.
function colour(bits) {
  const share = Math.min(1, bits / 12), mix = [0, 91, 143].map((end) => Math.round(255 + (end - 255) * share));
  return `background: rgb(${mix.join(",")}); color: ${share > 0.8 ? "#fff" : "#111"}`;
}

const visible = (piece) => piece.replace(/\n/g, "↵").replace(/ /g, "␣");

function tell(index) {
  const { pieces, bits } = value;
  box.querySelectorAll(".told").forEach((one) => one.classList.remove("told"));
  at = Math.max(0, Math.min(pieces.length - 1, index));
  const token = box.querySelector(`[data-index="${at}"]`);
  token?.classList.add("told");
  token?.scrollIntoView({ block: "nearest" });
  told.textContent = say("token", { piece: visible(pieces[at]), percent: `${(100 * 2 ** -bits[at]).toFixed(1)} %`, bits: bits[at].toFixed(1) });
}

box.addEventListener("pointerover", ({ target }) => { if (target.dataset.index) tell(Number(target.dataset.index)); });
box.addEventListener("keydown", (event) => {
  const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!move || !box.querySelector("[data-index]")) return;
  event.preventDefault();
  tell(at + move);
});

function drawColoured({ pieces, bits }) {
  box.querySelector(".continuation").replaceChildren(...pieces.map((piece, index) => make("span", { "data-index": index, style: colour(bits[index]) }, piece)));
}

// What was under way when the visitor stopped a text arrives later: it does not go on.
let stopped = null;
function settled(value) {
  if (value?.stopped) stopped = value;
  const late = stopped && value && ["model", "prompt", "seed"].every((name) => value[name] === stopped[name]) && value.seconds >= stopped.seconds;
  if (!late) stopped = null;
  return late ? { ...value, done: true } : value;
}

function setPace() {
  const speed = PACES[pace.value];
  paceSaid.textContent = speed === Infinity ? say("pace_most") : say("pace_some", { speed });
  pace.setAttribute("aria-valuetext", paceSaid.textContent);
  if (speed === Infinity) allowed = Infinity;  // the rest at once
  draw();
}

const isComplete = () => Boolean(value?.done) && allowed >= value.text.length;

function tick() {
  allowed = Math.min(allowed + PACES[pace.value] / 20, value.text.length + 1);
  if (isComplete()) {
    clearInterval(ticking);
    ticking = null;
  }
  draw();
}

// What may be shown of the text; no half of a character.
function visibleText() {
  const end = Math.floor(Math.min(allowed, value.text.length));
  return value.text.slice(0, /[\ud800-\udbff]/.test(value.text[end - 1] ?? "") ? end + 1 : end);
}

function draw() {
  const complete = isComplete();
  copy.disabled = download.disabled = !whole();
  goOn.disabled = again.disabled = !complete || !value.again;
  const coloured = Boolean(complete && value.pieces.length && value.pieces.length === value.bits.length);
  sure.disabled = complete && !coloured;
  if (!value) {
    box.replaceChildren(make("p", { class: "small" }, say("output_hint")));
    return;
  }
  const text = visibleText();
  if (shown === null || prompt !== value.prompt || !text.startsWith(shown)) {
    shown = "";
    prompt = value.prompt;
    at = -1;
    told.textContent = "";
    closeChoices();
    box.replaceChildren(make("span", { class: "prompt" }, value.prompt), make("span", { class: "continuation" }));
    box.lang = value.language;
    box.classList.toggle("verse", value.language === "zh");
  }
  // only what is new is added, so that a selection in the text lasts
  if (text.length > shown.length) {
    const below = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
    box.querySelector(".continuation").append(text.slice(shown.length));
    shown = text;
    if (below) box.scrollTop = box.scrollHeight;
  }
  if (coloured && sure.checked && !box.querySelector("[data-index]")) {
    drawColoured(value);
    told.textContent = `${say("scale")} ${say("alternatives_hint")}`;
  }
  // said when it begins and when it ends, not ten times a second
  const bits = value.bits.reduce((sum, one) => sum + one, 0) / (value.text.length || 1);
  const said = [value.line, say("speed", { speed: Math.round(value.speed).toLocaleString() })];
  if (coloured) said.push(say("bits", { bits: bits.toFixed(2) }));
  const line = complete ? said.join(" · ") : say("writing");
  if (status.textContent !== line) status.textContent = line;
  const notes = value.notes.join("\n");
  if (remarks.dataset.shown !== notes) {
    remarks.dataset.shown = notes;
    remarks.replaceChildren(...value.notes.map((note) => make("p", {}, note)));
  }
}

function show(other) {
  value = other;
  shown = null;
  allowed = Infinity;
  draw();
}

watch("value", () => {
  const next = settled(props.value), begins = next && !next.done && (!value || value.done || !next.text.startsWith(value.text));
  value = next;
  if (begins) {
    shown = null;
    allowed = PACES[pace.value] === Infinity ? Infinity : next.text.length;
    if (allowed !== Infinity && ticking === null) ticking = setInterval(tick, 50);
  }
  draw();
  if (next?.done) remember(next);
});
