// The texts of several networks on one prompt and seed, side by side.
const list = make("div", { class: "networks" });
const said = make("p", { class: "spoken", role: "status" });  // what it says stands under each text already
root.append(list, said);

function draw() {
  const networks = props.value?.networks ?? [];
  list.replaceChildren(...networks.map((one) => {
    const bits = one.bits_per_character === null ? say("writing") : say("compared_bits", { bits: one.bits_per_character.toFixed(2) });
    return make("section", {},
      make("h3", {}, `${one.cell} · ${one.model}`),
      make("div", { class: "text", tabindex: 0, role: "region", "aria-label": one.model }, make("span", { class: "prompt" }, one.prompt), make("span", {}, one.text)),
      make("p", { class: "small" }, one.done && one.bits_per_character !== null ? `${bits} · ${say("compared_seconds", { seconds: one.seconds.toFixed(2) })}` : bits));
  }));
  const done = networks.length > 0 && networks.every((one) => one.done);
  const line = done ? networks.map((one) => `${one.model}: ${one.bits_per_character === null ? "" : say("compared_bits", { bits: one.bits_per_character.toFixed(2) })}`).join("; ") : "";
  if (said.dataset.said !== line) { said.dataset.said = line; said.textContent = line; }
}

draw();
watch("value", draw);
