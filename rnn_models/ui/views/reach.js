// View 3: what a prediction depends on, and how far back a token is felt. Of a classifier: what its verdict depends on.

state.method = "gradient";

VIEWS.push({
  id: "reach", ours: true, functions: ["Influences", "running_verdict", "attribute_by_occlusion"],
  show: (place, view) => (model().writes ? showReach : showVerdict)(place, view),
});

async function showReach(place, view) {
  const asked = { model: state.model, text: state.text };
  const found = await latest("view", ask("inside_influence", { ...asked, position: state.position, method: state.method }));
  if (!found) return;
  state.position = found.position;
  const methods = ["gradient", "occlusion"];
  const curve = make("div"), below = make("div");
  const strips = found.models.flatMap((one) => {
    const earlier = one.loss, colours = signedScale(earlier);
    return [
      make("p", { class: "hint" }, say("strip_influence", { model: one.model, target: visible(one.target), probability: `${short(100 * one.probability)} %` })),
      strip(found.tokens, {
        colours: (index) => (index < earlier.length ? colours.rgb(earlier[index]) : null), chosen: found.position,
        choose: (index) => { state.position = index; refresh(); }, pointing: true, name: `${one.model}: ${say("tokens")}`,
      }),
    ];
  });
  place.replaceChildren(
    said(found.sentence),
    make("div", { class: "controls" }, field("method", choice("method", methods, () => refresh(), methods.map((method) => say(`method_${method}`))))),
    ...strips, curve, below);
  const rows = () => ({
    head: [say("model"), say("position"), say("token"), say("loss"), say("logit")],
    rows: found.models.flatMap((one) => one.loss.map((loss, index) => [one.model, index, visible(found.tokens[index]), loss, one.logit[index]])),
  });
  below.append(...tools(place, view, rows, view.functions.slice(0, 1)));
  const reach = await latest("reach", ask("inside_reach", asked).catch((error) => {
    if (!(error instanceof Refused)) throw error;
    curve.replaceChildren(make("p", { class: "hint" }, error.message));
    return null;
  }));
  if (!reach || !place.contains(curve)) return;
  const lines = reach.models.map((one) => ({ name: `${models[one.model].cell} · ${one.model}`, points: one.distance.map((distance, index) => [distance, one.loss[index]]) }));
  curve.replaceChildren(said(reach.sentence), lineNames(lines), lineChart(width(place), say("reach_picture"), lines, { xLabel: say("distance"), yLabel: say("mean_change"), log: true }));
  below.replaceChildren(...tools(place, view, () => {
    const both = rows();
    return {
      head: both.head, rows: [...both.rows, [say("model"), say("distance"), "", say("mean_change"), ""],
        ...reach.models.flatMap((one) => one.distance.map((distance, index) => [one.model, distance, "", one.loss[index], ""]))],
    };
  }, view.functions.slice(0, 1)));
}

async function showVerdict(place, view) {
  const found = await latest("view", ask("inside_verdict", { model: state.model, text: state.text }));
  if (!found) return;
  const colours = signedScale(found.scores);
  const lines = found.labels.map((name, row) => ({ name, color: ink(found.kinds[row]) || undefined, points: found.probabilities[row].map((value, index) => [index, value]) }));
  place.replaceChildren(
    said(found.sentence), make("p", { class: "hint" }, say("strip_verdict", { label: found.label })),
    strip(found.tokens, { colours: (index) => colours.rgb(found.scores[index]), chosen: state.position < 0 ? null : state.position, choose: (index) => { state.position = index; refresh(); }, name: say("tokens") }),
    make("p", { class: "hint" }, say("running")), lineNames(lines),
    lineChart(width(place), say("running"), lines, { xLabel: say("token"), yLabel: say("probability"), low: 0, high: 1 }));
  place.append(...tools(place, view, () => ({
    head: [say("position"), say("token"), say("logit"), ...found.labels],
    rows: found.tokens.map((piece, index) => [index, visible(piece), found.scores[index], ...found.probabilities.map((row) => row[index])]),
  }), view.functions.slice(1)));
}
