// View 7: the training of the cells, with one slider for the moment.

Object.assign(state, { moment: -1, gradient_of: "" });
let learningPlays = null;

VIEWS.push({ id: "learning", ours: true, functions: ["saturation"], show: showLearning });

async function showLearning(place, view) {
  const found = await latest("view", ask("inside_training", { model: state.model }));
  if (!found) return;
  const { moments } = found, end = moments.length - 1;
  const at = () => (state.moment < 0 ? end : Math.max(0, moments.findLastIndex((step) => step <= state.moment)));
  const drawing = make("div"), below = make("div"), shown = make("output");
  const redraw = () => drawLearning(drawing, below, place, view, found);
  const input = make("input", { type: "range", min: 0, max: end, step: 1, value: at(), oninput: () => go(Number(input.value)) });
  const update = () => {
    shown.textContent = `${moments[at()]}`;
    input.value = at();
    input.setAttribute("aria-valuetext", `${say("step_count")} ${moments[at()]}`);
  };
  const soon = later(80, redraw);
  const go = (index) => { state.moment = moments[Math.min(end, Math.max(0, index))]; update(); soon(); };
  const stop = () => { clearInterval(learningPlays); learningPlays = null; play.textContent = say("play"); };
  const play = button(say("play"), () => {
    if (learningPlays) return stop();
    if (at() === end) go(0);
    play.textContent = say("pause");
    learningPlays = setInterval(() => {
      if (!document.contains(play) || at() === end) stop();
      else go(at() + 1);
    }, 700);
  });
  clearInterval(learningPlays);
  learningPlays = null;
  const parts = ["", ...found.parts];
  if (!parts.includes(state.gradient_of)) state.gradient_of = "";
  update();
  place.replaceChildren(
    make("div", { class: "controls" },
      button("◀", () => go(at() - 1), { "aria-label": say("back") }), play, button("▶", () => go(at() + 1), { "aria-label": say("forward") }),
      field("moment", input, shown),
      field("gradient_of", choice("gradient_of", parts, redraw, parts.map((part) => part || say("all_weights"))))),
    drawing, below);
  await redraw();
}

async function drawLearning(drawing, below, place, view, found) {
  const moment = await latest("moment", ask("inside_moment", { model: state.model, step: state.moment }));
  if (!moment || !place.contains(drawing)) return;
  problem.textContent = "";
  const wide = width(place), mark = Math.max(1, moment.step);
  const lines = (value) => found.models.map((one) => ({ name: one.model, points: one.train.map((line) => [line.step, value(line)]) }));
  const checked = found.models.map((one) => ({ name: one.model, points: one.evaluation.map((line) => [line.step, line.loss]) }));
  const gradient = (line) => (state.gradient_of ? line.gradient_norms[state.gradient_of] ?? null : line.gradient_norm);
  const chart = (title, name, curves, more) => [
    make("h3", {}, title), lineChart(wide, name, curves, { xLabel: say("training_step"), logX: true, mark, height: 230, ...more }),
  ];
  const losses = lines((line) => line.loss);
  // where a loss explodes for a moment, the picture ends above where it began: the rest would be a flat line
  const high = 1.5 * Math.max(...losses.flatMap((line) => line.points.slice(0, 1)).map(([, loss]) => loss));
  const peaks = losses.map((line) => ({ name: line.name, at: line.points.reduce((most, one) => (one[1] > most[1] ? one : most), [0, 0]) })).filter((one) => one.at[1] > high);
  const nats = say(model().writes ? "nats" : "nats_of_verdicts");
  drawing.replaceChildren(
    said(moment.sentence),
    make("div", { class: "cells" }, ...moment.models.map((one) => make("div", { class: "one-cell", style: "flex: 1 1 14rem", "aria-label": one.model, role: "group" },
      make("h3", {}, `${one.model} · ${say("step_count")} ${one.step}`),
      make("p", { class: "hint" }, `${say("training_loss")} ${short(one.loss)} · ${say("learnt_validation")} ${short(one.validation_loss)}`),
      one.sample === null ? null : make("p", { class: "passage" }, one.sample)))),
    make("h3", {}, say("gates_at")), gatesPicture(wide, moment.models), make("p", { class: "hint" }, say("gates_hint")),
    lineNames(checked),
    ...chart(say("training_loss"), say("training_picture"), losses, { yLabel: nats, high: peaks.length ? high : null }),
    ...peaks.map((one) => make("p", { class: "hint" }, say("beyond", { model: one.name, loss: short(one.at[1]), step: one.at[0] }))),
    ...chart(say("learnt_validation"), say("validation_picture"), checked, { yLabel: nats }),
    ...chart(`${say("gradient_norm")}: ${state.gradient_of || say("all_weights")}`, say("gradient_picture"), lines(gradient), { yLabel: say("gradient_norm"), log: true }));
  below.replaceChildren(...tools(place, view, () => ({
    head: [say("model"), say("training_step"), say("quantity"), say("value")],
    rows: [
      ...moment.models.flatMap((one) => one.gates.flatMap((gate) => [
        [one.model, one.step, `${gateName(gate)}, ${say("shut")}`, gate.below], [one.model, one.step, `${gateName(gate)}, ${say("open")}`, gate.above],
      ])),
      ...moment.models.filter((one) => one.sample !== null).map((one) => [one.model, one.step, say("sample"), one.sample]),
      ...found.models.flatMap((one) => one.evaluation.map((line) => [one.model, line.step, say("learnt_validation"), line.loss])),
      ...found.models.flatMap((one) => one.train.flatMap((line) => [
        [one.model, line.step, say("training_loss"), line.loss], [one.model, line.step, say("learning_rate"), line.learning_rate],
        [one.model, line.step, say("speed"), line.tokens_per_second], [one.model, line.step, say("gradient_norm"), line.gradient_norm],
        ...Object.entries(line.gradient_norms).map(([part, norm]) => [one.model, line.step, `${say("gradient_norm")}: ${part}`, norm]),
      ])),
    ],
  }), view.functions));
}

const gateName = (gate) => `${say("layer")} ${gate.layer}${gate.direction ? `, ${say("direction")} ${gate.direction}` : ""}, ${called(`gate ${gate.gate}`)}`;

const gateWord = ({ gate }) => (`name_${gate}` in props.texts ? say(`name_${gate}`) : gate);

// A bar for each gate: on the left how often it is shut, on the right how often it is open.
function gatesPicture(wide, models) {
  const rows = models.flatMap((one) => one.gates.map((gate) => ({ model: one.model, gate })));
  const tall = 36, bar = { x: 4, width: wide - 8 };
  const layered = rows.some(({ gate }) => gate.layer || gate.direction);
  const percent = (share) => `${Math.round(100 * share)}%`;
  return picture(wide, Math.max(30, rows.length * tall + 4), say("gates_picture"), ...rows.flatMap(({ model, gate }, row) => {
    const y = row * tall, shut = bar.width * gate.below, open = bar.width * gate.above;
    return [
      gateMark(bar.x, y + 4, `gate ${gate.gate}`), label(bar.x + 14, y + 13, `${model} · ${layered ? `${gate.layer}.${gate.direction} · ` : ""}${gateWord(gate)}`),
      label(bar.x + bar.width, y + 13, `${percent(gate.below)} ${say("shut")}, ${percent(gate.above)} ${say("open")}`, { "text-anchor": "end" }),
      draw("rect", { x: bar.x, y: y + 18, width: bar.width, height: 12, fill: "none", stroke: "currentColor", "stroke-opacity": 0.4 }),
      draw("rect", { x: bar.x, y: y + 18, width: shut, height: 12, fill: LINES[0].color }),
      draw("rect", { x: bar.x + bar.width - open, y: y + 18, width: open, height: 12, fill: LINES[1].color }),
    ];
  }));
}
