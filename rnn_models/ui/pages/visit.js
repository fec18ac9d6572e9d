
// What belongs to this visit and goes with the page: the texts that were written, and the states that were kept.
const MAX_TEXTS = 50, MAX_STATES = 20;
const texts = [];
const textsHead = make("summary"), textsList = make("ol", { class: "history" });
const textsHint = make("p", { class: "small" }, say("history_none"));

function remember(writing) {
  if (!writing.text || texts.includes(writing)) return;
  texts.unshift(writing);
  texts.length = Math.min(texts.length, MAX_TEXTS);
  drawTexts();
}

function drawTexts() {
  textsHead.textContent = say("history", { count: texts.length });
  textsHint.hidden = texts.length > 0;
  textsList.replaceChildren(...texts.map((one) => {
    const begin = (one.prompt + one.text).replace(/\s+/g, " ").trim().slice(0, 60);
    const entry = say("history_entry", { model: one.model, seed: one.seed, begin });
    return make("li", {}, make("button", { type: "button", onclick: () => show(one) }, entry));
  }));
}

// The states that were kept, by the names that the visitor gave them.
const states = new Map();
const statesHead = make("summary"), said = make("p", { class: "small", role: "status" });
const name = make("input", { type: "text", maxlength: 60 });
const keepButton = button("state_keep", keepState);
const chosen = make("select", { onchange: () => drawStates() }), other = make("select", { onchange: () => drawShare() });
const share = make("input", { type: "range", min: 0, max: 100, step: 5, value: 50, oninput: drawShare });
const shareSaid = make("span", { class: "small" });
const shareLabel = make("label", { class: "pace" }, share, shareSaid);
const startState = button("state_start", startFrom), saveState = button("state_download", downloadState);
const removeState = button("state_remove", () => { states.delete(chosen.value); drawStates(); });
const file = make("input", { type: "file", accept: ".safetensors", onchange: uploadState });
const report = (sentence) => { said.textContent = sentence; };
const own = () => states.get(chosen.value);
const chosenModel = () => document.querySelector("#generate-model input")?.value ?? value?.model;

function addState(wanted, entry) {
  let free = wanted.trim() || entry.model;
  for (let count = 2; states.has(free); count += 1) free = `${wanted.trim() || entry.model} ${count}`;
  if (states.size >= MAX_STATES) states.delete(states.keys().next().value);
  states.set(free, entry);
  drawStates(free);
  report(say("state_kept", { name: free }));
}

async function keepState() {
  const { again, prompt, text } = value;
  const answer = await ask({ name: "keep", ...again, after: after() });
  if (answer.error) report(answer.error);
  else addState(name.value, { model: again.model, state: answer.state, text: (prompt + text).slice(-40) });
}

async function startFrom() {
  const from = own(), second = states.get(other.value);
  let state = from.state;
  if (second) {
    const answer = await ask({ name: "blend", model: from.model, state, other: second.state, share: share.value / 100 });
    if (answer.error) { report(answer.error); return; }
    state = answer.state;
  }
  report(say("state_started", { name: second ? `${chosen.value} + ${other.value}` : chosen.value }));
  write({ state });
}

function downloadState() {
  const bytes = Uint8Array.from(atob(own().state), (character) => character.charCodeAt(0));
  const link = make("a", { href: URL.createObjectURL(new Blob([bytes])), download: `${chosen.value}.safetensors` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

async function uploadState() {
  const [sent] = file.files;
  if (!sent) return;
  const bytes = new Uint8Array(await sent.slice(0, 2 ** 20 + 1).arrayBuffer());
  file.value = "";
  let state = "";
  for (let begin = 0; begin < bytes.length; begin += 2 ** 15) state += String.fromCharCode(...bytes.subarray(begin, begin + 2 ** 15));
  const model = chosenModel(), answer = await ask({ name: "read", model, state: btoa(state) });
  if (answer.error) report(answer.error);
  else addState(sent.name.replace(/\.safetensors$/, ""), { model, state: btoa(state), text: answer.text });
}

function drawShare() {
  const blended = Boolean(other.value);
  shareLabel.hidden = !blended;
  shareSaid.textContent = blended ? say("state_share", { percent: `${share.value} %`, name: other.value }) : "";
  share.setAttribute("aria-valuetext", shareSaid.textContent);
}

function drawStates(choose = chosen.value) {
  statesHead.textContent = say("states", { count: states.size });
  const entry = ([key, { model, text }]) => make("option", { value: key }, `${key} (${model}): …${text.replace(/\s+/g, " ").slice(-30)}`);
  chosen.replaceChildren(...[...states].map(entry));
  if (states.has(choose)) chosen.value = choose;
  const before = other.value, model = own()?.model;
  const fits = [...states].filter(([key, one]) => key !== chosen.value && one.model === model);
  other.replaceChildren(make("option", { value: "" }, say("state_nothing")), ...fits.map(entry));
  if (fits.some(([key]) => key === before)) other.value = before;
  for (const part of [chosen, other, startState, saveState, removeState]) part.disabled = states.size === 0;
  drawShare();
}

root.append(
  make("details", {}, textsHead, textsHint, textsList),
  window.rnnModels
    ? make("details", { class: "states" }, statesHead, make("p", { class: "small" }, say("states_hint")),
      make("div", { class: "tools" }, make("label", {}, say("state_name"), name), keepButton),
      make("div", { class: "tools" }, make("label", {}, say("state_list"), chosen), make("label", {}, say("state_blend_with"), other), shareLabel),
      make("div", { class: "tools" }, startState, saveState, removeState, make("label", {}, say("state_upload"), file)), said)
    : "",
);
drawTexts();
drawStates();
setPace();
