// The text that a model writes. Prompt and continuation look different; a line below says how it went.
const status = make("p", { role: "status", class: "small line" });
const remarks = make("div", { class: "remarks", role: "status" });
const box = make("div", { class: "text", tabindex: 0, role: "region", "aria-label": say("output") });
const copied = make("span", { class: "small", role: "status" });
const copy = button("copy", async () => {
  await navigator.clipboard.writeText(box.querySelector(".prompt") ? props.value.prompt + props.value.text : "");
  copied.textContent = say("copied");
});
root.append(make("h3", {}, say("output")), box, status, remarks, make("div", { class: "tools" }, copy, copied));

let shown = "";  // what the box shows of the continuation
let going = null;

function draw() {
  const { value } = props;
  copy.disabled = !value?.prompt && !value?.text;
  if (!value) {
    box.replaceChildren(make("p", { class: "small" }, say("output_hint")));
    return;
  }
  const begins = !going || !value.text.startsWith(shown) || !box.querySelector(".prompt") || going.prompt !== value.prompt;
  if (begins) {
    going = { prompt: value.prompt };
    shown = "";
    copied.textContent = "";
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
  // said when it begins and when it ends, not ten times a second
  const line = value.done ? value.line : say("writing");
  if (status.textContent !== line) status.textContent = line;
  const found = value.notes.join("\n");
  if (remarks.dataset.shown !== found) {
    remarks.dataset.shown = found;
    remarks.replaceChildren(...value.notes.map((note) => make("p", {}, note)));
  }
}

draw();
watch("value", draw);
