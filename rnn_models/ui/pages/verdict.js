// The verdict on a text: a bar for each label.
const spoken = make("p", { role: "status", class: "spoken" });
const bars = make("div", { class: "bars" });
root.append(make("h2", {}, say("sentiment")), bars, spoken);
const percent = (share) => `${(100 * share).toFixed(1)} %`;
let waiting;

function draw() {
  const { value } = props;
  clearTimeout(waiting);
  if (!value?.labels) {
    const problem = value?.problem;
    bars.replaceChildren(make("p", problem ? { class: "problem", role: "alert" } : { class: "small" }, problem ?? say("sentiment_hint")));
    spoken.textContent = "";
    return;
  }
  const best = value.labels.reduce((one, other) => (other[2] > one[2] ? other : one));
  bars.replaceChildren(
    make("p", { class: `best ${best[0]}` }, best[1]),
    ...value.labels.map(([label, name, share]) => make("div", { class: `row ${label}`, "data-label": label },
      make("span", {}, name), make("span", { class: "share" }, percent(share)),
      make("span", { class: "track" }, make("span", { class: "bar", style: `width: ${100 * share}%` })))),
    ...value.notes.map((note) => make("p", { class: "note" }, note)));
  // said when the typing pauses, not at each letter
  waiting = setTimeout(() => { spoken.textContent = say("verdict", { label: best[1], percent: percent(best[2]) }); }, 800);
}

draw();
watch("value", draw);
