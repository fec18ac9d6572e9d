// The text that a model writes. Prompt and continuation look different; a line below says how it went.
const status = make("p", { role: "status", class: "small line" });
const remarks = make("div", { class: "remarks", role: "status" });
const box = make("div", { class: "text", tabindex: 0, role: "region", "aria-label": say("output") });
const told = make("p", { class: "small line", role: "status" });
const whole = () => (props.value ? props.value.prompt + props.value.text : "");
const copy = button("copy", async () => {
  await navigator.clipboard.writeText(whole());
  told.textContent = say("copied");
});
const download = button("download", () => {
  const link = make("a", { href: URL.createObjectURL(new Blob([whole()], { type: "text/plain;charset=utf-8" })), download: `${props.value.model.replace(/[^\w.-]+/g, "-")}-${props.value.seed}.txt` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
});
const link = button("link", async () => {
  await navigator.clipboard.writeText(window.rnnModels.link());
  told.textContent = say("copied");
});
link.hidden = !window.rnnModels;
const sure = make("input", { type: "checkbox", onchange: () => { shown = null; draw(); } });
const sureLabel = make("label", {}, sure, say("sure"));
root.append(make("h2", {}, say("output")), box, status, remarks, make("div", { class: "tools" }, copy, download, link, sureLabel), told);

let shown = null;  // what the box shows of the continuation; null if it has to be drawn anew
let prompt = null;
let at = -1;  // the token that is told about

// From white (certain) to the accent (12 bits or more), with ink that can be read on it.
function colour(bits) {
  const share = Math.min(1, bits / 12), mix = [0, 91, 143].map((end) => Math.round(255 + (end - 255) * share));
  return `background: rgb(${mix.join(",")}); color: ${share > 0.8 ? "#fff" : "#111"}`;
}

const visible = (piece) => piece.replace(/\n/g, "↵").replace(/ /g, "␣");

function tell(index) {
  const { pieces, bits } = props.value;
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

function draw() {
  const value = settled(props.value);
  copy.disabled = download.disabled = !whole();
  const coloured = Boolean(value?.done && value.pieces.length && value.pieces.length === value.bits.length);
  sure.disabled = Boolean(value?.done) && !coloured;
  if (!value) {
    box.replaceChildren(make("p", { class: "small" }, say("output_hint")));
    return;
  }
  if (shown === null || prompt !== value.prompt || !value.text.startsWith(shown)) {
    shown = "";
    prompt = value.prompt;
    at = -1;
    told.textContent = "";
    box.replaceChildren(make("span", { class: "prompt" }, value.prompt), make("span", { class: "continuation" }));
    box.lang = value.language;
    box.classList.toggle("verse", value.language === "zh");
  }
  // only what is new is added, so that a selection in the text lasts
  if (value.text.length > shown.length) {
    const below = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
    box.querySelector(".continuation").append(value.text.slice(shown.length));
    shown = value.text;
    if (below) box.scrollTop = box.scrollHeight;
  }
  if (coloured && sure.checked && !box.querySelector("[data-index]")) {
    drawColoured(value);
    told.textContent = say("scale");
  }
  // said when it begins and when it ends, not ten times a second
  const bits = value.bits.reduce((sum, one) => sum + one, 0) / (value.text.length || 1);
  const line = !value.done ? say("writing") : coloured ? `${value.line} · ${say("bits", { bits: bits.toFixed(2) })}` : value.line;
  if (status.textContent !== line) status.textContent = line;
  const found = value.notes.join("\n");
  if (remarks.dataset.shown !== found) {
    remarks.dataset.shown = found;
    remarks.replaceChildren(...value.notes.map((note) => make("p", {}, note)));
  }
}

draw();
watch("value", draw);
