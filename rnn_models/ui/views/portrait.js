// View 5: a unit over many texts, and the search for units that tell something.

Object.assign(state, { part: "hidden", tells: "line_position", texts: "" });

VIEWS.push({ id: "portrait", ours: true, functions: ["dossier", "units_that_tell", "read_corpus"], show: showPortrait });

async function showPortrait(place, view) {
  if (!model().states.includes(state.part)) state.part = model().states[0];
  const own = make("textarea", { rows: 3, maxlength: 20000, spellcheck: "false", onchange: () => { state.texts = own.value; refresh(); } });
  own.value = state.texts;
  const told = ["quotation", "line_position", "negation", "capital", "line_end", "sentiment"];
  const results = make("div"), body = make("div");
  const asked = (more) => ({ model: state.model, layer: state.layer, direction: state.direction, state: state.part, texts: state.texts, ...more });
  const search = async () => {
    try {
      const found = await latest("search", ask("inside_search", asked({ tells: state.tells })));
      if (!found || !place.contains(results)) return;
      results.replaceChildren(said(found.sentence), make("div", { class: "controls" }, ...found.scores.map((score) =>
        button(`${score.unit}: ${short(score.value)}`, () => { state.unit = score.unit; refresh(); }, { "aria-label": `${say("unit")} ${score.unit}, ${measure(score)} ${short(score.value)}` }))));
    } catch (error) {
      if (!(error instanceof Refused)) return tell(error);
      results.replaceChildren(make("p", { class: "problem", role: "alert" }, error.message));
    }
  };
  place.replaceChildren(
    make("div", { class: "controls" }, field("unit", number("unit", 0, model().units - 1, () => refresh())),
      field("state_of", choice("part", model().states, () => refresh(), model().states.map((name) => called(`state ${name}`)))), ...places(() => refresh()),
      field("tells", choice("tells", told, search, told.map((one) => say(`told_${one}`)))), button(say("search"), search)),
    results, field("texts", own), body);
  let found;
  try { found = await latest("view", ask("inside_dossier", asked({ unit: state.unit }))); } catch (error) {
    // the fields stay: what is wrong is mended in them
    if (!(error instanceof Refused)) throw error;
    body.replaceChildren(make("p", { class: "problem", role: "alert" }, error.message));
  }
  if (!found) return;
  const lists = (key) => make("section", { class: "one-cell" }, make("h3", {}, say(key)), make("ol", {}, ...found[key].map((one) =>
    make("li", { class: "passage" }, `${short(one.value)}: `, `…${one.before}`, make("mark", {}, visible(one.piece)), `${one.after}…`))));
  const scores = () => found.scores.map((one) => [one.name, measure(one), one.value, one.total]);
  body.replaceChildren(
    said(found.sentence),
    make("p", { class: "hint" }, say(`corpus_${found.of}`, found)),
    histogram(found, place),
    table([say("told"), say("measure"), say("value"), say("places")], scores(), say("scores")),
    make("div", { class: "cells" }, lists("highest"), lists("lowest")));
  body.append(...tools(body, view, () => ({
      head: [say("unit"), say("quantity"), say("value"), say("places")],
      rows: [
        ...found.counts.map((count, bin) => [found.unit, say("histogram", { unit: found.unit }), found.edges[bin], count]),
        ...found.scores.map((one) => [found.unit, `${one.name} (${measure(one)})`, one.value, one.total]),
        ...["highest", "lowest"].flatMap((key) => found[key].map((one) => [found.unit, `${say(key)}: ${one.before}[${one.piece}]${one.after}`, one.value, 1])),
      ],
    }), view.functions));
}

const measure = (score) => say(score.measure === "rank correlation" ? "measure_correlation" : "measure_accuracy");

function histogram(found, place) {
  const wide = Math.min(640, width(place)), high = 170, bars = found.counts.length, most = Math.max(...found.counts);
  const colours = signedScale(found.edges), step = (wide - 20) / bars;
  return picture(wide, high + 24, say("histogram", { unit: found.unit }),
    ...found.counts.map((count, bin) => draw("rect", {
      x: 10 + step * bin, y: high - (150 * count) / most, width: Math.max(1, step - 1), height: (150 * count) / most,
      fill: colours.css((found.edges[bin] + found.edges[bin + 1]) / 2), stroke: "currentColor", "stroke-opacity": 0.35,
    })),
    label(10, 12, say("largest_count", { count: most })), label(10, high + 16, short(found.edges[0])), label(wide - 10, high + 16, short(found.edges[bars]), { "text-anchor": "end" }),
    label(wide / 2, high + 16, say("histogram", { unit: found.unit }), { "text-anchor": "middle" }));
}
