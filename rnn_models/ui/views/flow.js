// View 4: the gradient on its way back, with sliders, and a small task that is trained while one watches.

Object.assign(state, { weights: "fresh", length: 100, weight_scale: 1, forget_bias: 1, nonlinearity: "tanh", clip: 1 });
const memory = { run: "", going: false, reports: [], sentence: "" };

VIEWS.push({ id: "flow", ours: false, functions: ["fresh_gradient_flow", "gradient_flow", "train_memory"], show: showFlow, general: () => state.weights === "fresh" });

async function showFlow(place, view) {
  const drawing = make("div"), below = make("div"), learning = make("section", { "aria-label": say("memory_title") });
  const redraw = later(120, () => drawFlow(drawing, below, place, view).catch(tell));
  const weights = ["fresh", "trained"];
  const fresh = state.weights === "fresh" ? [
    field("weight_scale", ...slider("weight_scale", 0, 3, 0.05, redraw)), field("forget_bias", ...slider("forget_bias", -5, 5, 0.5, redraw)),
    field("nonlinearity", choice("nonlinearity", ["tanh", "relu"], redraw)),
  ] : [];
  place.replaceChildren(
    make("div", { class: "controls" },
      field("weights", choice("weights", weights, () => refresh(), weights.map((one) => say(`weights_${one}`)))),
      field("length", ...slider("length", 10, props.limit, 10, redraw)), ...fresh, field("clip", ...slider("clip", 0.05, 10, 0.05, redraw))),
    drawing, learning, below);
  drawMemory(learning, place);
  await drawFlow(drawing, below, place, view);
}

async function drawFlow(drawing, below, place, view) {
  const trained = state.weights === "trained";
  const values = { weights: state.weights, length: state.length, clip: state.clip };
  Object.assign(values, trained ? { model: state.model, text: state.text } : { weight_scale: state.weight_scale, forget_bias: state.forget_bias, nonlinearity: state.nonlinearity });
  const found = await latest("view", ask("inside_gradients", values));
  if (!found) return;
  problem.textContent = "";
  const lines = found.lines.map((line) => ({ name: `${line.name}: ${line.state_name}`, points: line.norms.map((norm, distance) => [distance, norm]) }));
  drawing.replaceChildren(
    said(found.sentence), lineNames(lines),
    lineChart(width(place), say("flow_picture"), lines, { xLabel: say("steps_back"), yLabel: say("norm"), log: true }),
    table([say("network"), say("loss"), say("weight_norm"), say("clipped")], found.networks.map((one) => [one.name, one.loss, one.weight_norm, one.clipped]), say("clip")));
  below.replaceChildren(...tools(place, view, () => ({
    head: [say("network"), say("state"), say("steps_back"), say("norm")],
    rows: [
      ...found.lines.flatMap((line) => line.norms.map((norm, distance) => [line.name, line.state_name, distance, norm])),
      ...memory.reports.flatMap((one) => Object.entries(one.accuracy).map(([delay, share]) => [one.cell, `${say("step_count")} ${one.step}`, Number(delay), share])),
    ],
  }), view.functions));
}

function drawMemory(learning, place) {
  const results = make("div");
  const start = button("", () => {
    memory.going = !memory.going;
    if (memory.going) train(learning, update);
    update();
  });
  // The button stays while results are drawn again: a click on one that is replaced would be lost.
  function update() {
    start.textContent = say(memory.going ? "stop" : "train");
    const cells = [...new Set(memory.reports.map((one) => one.cell))];
    const last = cells.map((cell) => memory.reports.findLast((one) => one.cell === cell));
    const lines = last.map((one) => ({ name: `${one.cell} · ${say("step_count")} ${one.step} · ${short(one.seconds)} ${say("seconds")}`, points: Object.entries(one.accuracy).map(([delay, share]) => [Number(delay), share]) }));
    results.replaceChildren(
      ...(lines.length ? [said(memory.sentence), lineNames(lines), lineChart(width(place), say("memory_picture"), lines, { xLabel: say("delay"), yLabel: say("accuracy"), low: 0, high: 1, height: 240 }),
        table([say("delay"), ...Object.keys(last[0].accuracy)], last.map((one) => [one.cell, ...Object.values(one.accuracy)]), say("accuracy"))] : []));
  }
  learning.replaceChildren(
    make("h3", {}, say("memory_title")), make("p", {}, say("memory_idea")), make("div", { class: "controls" }, start), results);
  update();
}

async function train(learning, update) {
  Object.assign(memory, { run: "", reports: [], sentence: "" });
  const values = { nonlinearity: state.nonlinearity, forget_bias: state.forget_bias };
  try {
    while (memory.going) {
      // not through `ask`: the same question has another answer each time
      const answer = JSON.parse(await server.ask({ name: "inside_memory", arguments: memory.run ? { run: memory.run } : values }));
      if (answer.error) throw new Refused(answer.error);
      memory.run = answer.run;
      memory.reports.push(...answer.reports);
      memory.sentence = answer.sentence || memory.sentence;
      memory.going = memory.going && !answer.ended && document.contains(learning) && state.view === "flow";
      update();
    }
  } catch (error) {
    memory.going = false;
    update();
    tell(error);
  }
}
