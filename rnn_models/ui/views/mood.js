// View 6: the direction that tells praise from blame, over the reader's text, and writing with it held.

Object.assign(state, { holds: "direction", held: NaN, prompt: "The film" });  // NaN: nobody has chosen yet

VIEWS.push({ id: "mood", ours: true, functions: ["find_sentiment", "write_clamped"], show: showMood });

async function showMood(place, view) {
  let found = null, refusal = null;
  try { found = await ask("inside_mood", { model: state.model, text: state.text }); } catch (error) {
    if (!(error instanceof Refused) || !model().writes) throw error;
    refusal = error.message;
  }
  if (!found) state.holds = "unit";
  const wrote = make("div", { class: "cells", "aria-live": "polite" }), texts = [];
  const write = async () => {
    const values = { model: state.model, prompt: state.prompt, value: state.held, unit: state.unit, holds: state.holds, state: found?.state ?? "hidden" };
    try {
      const both = await latest("write", Promise.all([ask("inside_write", { ...values, holds: "nothing", value: 0 }), ask("inside_write", values)]));
      if (!both) return;
      texts.splice(0, 2, ...both);
      wrote.replaceChildren(...both.map((one, index) => make("section", { class: "one-cell written" },
        make("h3", {}, index ? say("wrote_held", { value: short(one.value) }) : say("wrote_free")), make("p", {}, make("strong", {}, state.prompt), one.text))));
    } catch (error) {
      wrote.replaceChildren(make("p", { class: "problem", role: "alert" }, error instanceof Refused ? error.message : say("no_answer")));
    }
  };
  const beginning = make("input", { type: "text", maxlength: props.limit, value: state.prompt, onchange: () => { state.prompt = beginning.value; write(); } });
  const holds = found ? ["direction", "unit"] : ["unit"];
  // measured: within a tenth of this, what is written hardly changes its mood
  const far = Math.max(found && state.holds === "direction" ? 2 : 1, largest(found?.unit_values ?? []));
  const middle = found && state.holds === "direction" ? found.threshold : 0;
  if (state.held < middle - far || state.held > middle + far || Number.isNaN(state.held)) state.held = Number((middle + far).toPrecision(2));
  const colours = found ? scale(found.threshold - largest(found.along.map((value) => value - found.threshold)), found.threshold + largest(found.along.map((value) => value - found.threshold)), DIVERGING) : null;
  const lines = found ? [
    { name: say("along"), points: found.along.map((value, index) => [index, value]) },
    { name: say("running_mean"), points: found.running.map((value, index) => [index, value]) },
    { name: say("dividing"), points: found.along.map((_, index) => [index, found.threshold]) },
  ] : [];
  place.replaceChildren(
    ...(found ? [
      said(found.sentence), make("p", { class: "hint" }, say("strip_mood")),
      strip(found.tokens, { colours: (index) => colours.rgb(found.along[index]), chosen: state.position < 0 ? null : state.position, choose: (index) => { state.position = index; refresh(); }, name: say("tokens") }),
      lineNames(lines), lineChart(width(place), say("mood_picture"), lines, { xLabel: say("token"), yLabel: say("along"), height: 240 }),
    ] : [make("p", { class: "problem" }, refusal)]),
    make("div", { class: "controls" }, field("prompt", beginning), field("holds", choice("holds", holds, () => { state.unit = found?.unit ?? state.unit; state.held = NaN; refresh(); }, holds.map((one) => say(`holds_${one}`)))),
      state.holds === "unit" ? field("unit", number("unit", 0, model().units - 1, write)) : null,
      field("held_at", ...slider("held", Number((middle - far).toPrecision(2)), Number((middle + far).toPrecision(2)), far / 50, later(300, write))), button(say("write"), write)),
    wrote);
  place.append(...tools(place, view, () => ({
    head: [say("position"), say("token"), say("along"), say("running_mean"), say("unit")],
    rows: found ? found.tokens.map((piece, index) => [index, visible(piece), found.along[index], found.running[index], found.unit_values[index]])
      : texts.map((one, index) => [index, one.text, one.value, "", state.unit]),
  }), view.functions));
  write();
}
