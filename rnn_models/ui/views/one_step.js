// View 1: one step. A column for each model that is compared, the formula of one unit with its numbers.

state.compare = "no";
let playing = null;

VIEWS.push({ id: "step", ours: true, functions: ["steps", "unit_terms"], show: showStep });

async function showStep(place, view) {
  const names = state.compare === "yes" ? model().group : [state.model];
  const answers = await latest("view", Promise.all(names.map((name) => ask("inside_step", {
    ...here(), model: name, position: state.position, unit: Math.min(state.unit, models[name].units - 1),
  }))));
  if (!answers) return;
  const first = answers[names.indexOf(state.model)];
  state.position = first.position;
  const go = (position) => { state.position = position; refresh(); };
  const after = first.terms["h'"], colours = signedScale(after);
  const move = (by) => go(Math.min(first.tokens.length - 1, Math.max(0, state.position + by)));
  const play = button(playing ? say("pause") : say("play"), () => {
    if (playing) { clearInterval(playing); playing = null; refresh(); return; }
    playing = setInterval(() => {
      if (state.view !== "step" || state.position >= first.tokens.length - 1) { clearInterval(playing); playing = null; refresh(); }
      else { state.position += 1; refresh(); }
    }, 700);
    refresh();
  });
  const change = () => refresh();
  const rows = () => ({
    head: [say("model"), say("quantity"), ...Array.from({ length: Math.max(...answers.map((one) => models[one.model].units)) }, (_, unit) => unit)],
    rows: answers.flatMap((one) => quantities(one).map(({ name, values }) => [one.model, name, ...values])),
  });
  place.replaceChildren(
    said(first.sentence),
    make("div", { class: "controls" },
      button("◀", () => move(-1), { "aria-label": say("back") }), play, button("▶", () => move(1), { "aria-label": say("forward") }),
      field("unit", number("unit", 0, model().units - 1, change)), ...places(change),
      model().group.length > 1 ? field("compare", choice("compare", ["no", "yes"], change, [say("no"), say("yes")])) : null),
    make("p", { class: "hint" }, say("strip_state", { unit: first.unit })),
    strip(first.tokens, { colours: (index) => colours.rgb(after[index]), chosen: first.position, choose: go, name: say("tokens") }),
    make("div", { class: "cells" }, ...answers.map((one) => column(one, answers.length, place))),
  );
  place.append(...tools(place, view, () => {
    const { rows: found } = rows();
    return { head: [say("model"), say("quantity"), say("unit"), say("value")], rows: found.flatMap(([name, quantity, ...values]) => values.map((value, unit) => [name, quantity, unit, value])) };
  }, view.functions));
}

// Everything in a step, in the order in which it is computed.
function quantities(step) {
  const named = (kind, values) => Object.entries(values).map(([name, numbers]) => ({ name: called(`${kind} ${name}`), key: `${kind} ${name}`, values: numbers }));
  return [
    { name: say("input"), key: "input", values: step.input },
    ...named("before", step.before), ...named("gate", step.gates), ...named("after", step.after),
  ];
}

function column(step, columns, place) {
  const size = Math.min(width(place), Math.max(280, Math.floor(width(place) / columns - 16))), shown = quantities(step);
  const tall = 38, bar = { x: 4, width: size - 8 };
  const parts = shown.flatMap(({ name, key, values }, row) => {
    const gate = key.startsWith("gate ") && step.nonlinearities[key.slice(5)] === "sigmoid";
    const colours = gate ? unitScale() : signedScale(values), y = row * tall;
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const marker = key === "input" ? [] : [draw("rect", {
      x: bar.x + (bar.width * step.unit) / values.length - 1, y: y + 15, width: Math.max(3, bar.width / values.length), height: 20,
      fill: "none", stroke: "currentColor", "stroke-width": 2,
    })];
    const note = gate ? say("mean_is", { value: short(mean) }) : say("between", { low: short(colours.low), high: short(colours.high) });
    return [
      ...(key.startsWith("gate ") ? [gateMark(bar.x, y + 4, key), label(bar.x + 14, y + 12, name)] : [label(bar.x, y + 12, name)]), label(bar.x + bar.width, y + 12, note, { "text-anchor": "end", "fill-opacity": 0.8 }),
      heat([values], colours, bar.x, y + 17, bar.width, 16), ...marker,
    ];
  });
  const about = models[step.model];
  return make("section", { class: "one-cell", style: `width: ${size}px`, "aria-label": step.model },
    make("h3", {}, `${about.cell} · ${step.model}`),
    picture(size, shown.length * tall + 4, say("step_picture", { model: step.model, position: step.position }), ...parts),
    make("p", { class: "hint" }, say("formula", { unit: step.unit, units: about.units })),
    make("ul", { class: "formulas" }, ...step.equations.map((line) => formula(line, step))));
}

// An equation of the unit, and below it the same with the numbers of this step.
function formula(line, step) {
  const names = Object.keys(step.terms).sort((one, other) => other.length - one.length);
  const escaped = names.map((name) => name.replace(/[.*+?^${}()|[\]]/g, "\\$&"));
  const symbols = new RegExp(`(?<!\\w)(?:${escaped.join("|")})(?![\\w'(])`, "g");
  const [left, right] = line.split(" = ");
  const filled = [];
  let end = 0;
  for (const found of right.matchAll(symbols)) {
    const value = step.terms[found[0]][step.position], text = short(value);
    const alone = right[found.index - 1] === "(" || found.index === 0;
    filled.push(right.slice(end, found.index), make("span", { class: "term", title: found[0], "data-symbol": found[0], "data-value": value },
      text.startsWith("-") && !alone ? `(${text})` : text));
    end = found.index + found[0].length;
  }
  const result = step.terms[left][step.position];
  return make("li", {}, make("code", {}, line), make("br"),
    make("code", { class: "filled" }, `${left} = `, ...filled, right.slice(end), " = ",
      make("strong", { "data-result": left, "data-value": result }, short(result))));
}
