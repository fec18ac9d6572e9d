// Seven steps for somebody who is new to all this; each sets the page up and says what to look at.

const preferred = (names, fits) => names.find((name) => name in models) ?? props.models.find((one) => one.ours && fits(one))?.name ?? state.model;
const writer = () => preferred(["shakespeare-lstm"], (one) => one.writes);
const TOUR = [
  () => ({ view: "step", model: writer(), position: 8, unit: 7, compare: "no" }),
  () => ({ view: "heat_map", model: writer(), shows: `state ${models[writer()].states.at(-1)}`, sort: "variance", first: 0 }),
  () => ({ view: "step", model: writer(), position: 20, unit: 7, compare: "yes" }),
  () => ({ view: "reach", model: writer(), position: 40, method: "gradient" }),
  () => ({ view: "flow", weights: "fresh", length: 100, weight_scale: 1 }),
  () => ({ view: "portrait", model: writer(), tells: "line_position", part: models[writer()].states.at(-1), texts: "" }),
  () => ({ view: "mood", model: preferred(["film-reviews"], (one) => one.writes), holds: "direction", held: NaN }),
];
let tourAt = -1;

function tourStep(step) {
  tourAt = step;
  if (step >= 0) {
    const set = TOUR[step]();
    if ((set.model && set.model !== state.model) || !models[state.model].examples.includes(state.text)) {
      state.text = models[set.model ?? state.model].examples[0];
    }
    Object.assign(state, { layer: 0, direction: 0 }, set);
  }
  build();
  refresh();
  root.querySelector(".tour button")?.focus();
}

function tourCard() {
  if (tourAt < 0) return make("div", { class: "tour" }, button(say("tour"), () => tourStep(0)));
  return make("div", { class: "tour card", role: "group", "aria-label": say("tour") },
    make("p", { "aria-live": "polite" }, make("strong", {}, `${say("tour_at", { step: tourAt + 1 })}. `), say(`tour_${tourAt + 1}`)),
    make("div", { class: "controls" },
      tourAt < TOUR.length - 1 ? button(say("tour_next"), () => tourStep(tourAt + 1)) : null,
      tourAt > 0 ? button(say("tour_back"), () => tourStep(tourAt - 1)) : null,
      button(say("tour_end"), () => tourStep(-1))));
}
