// View 2: units by time. A click on a cell opens view 1 there; a click on a unit's name colours the text by it.

Object.assign(state, { shows: "", sort: "variance", first: 0 });

VIEWS.push({ id: "heat_map", ours: true, functions: ["steps", "saturation"], show: showHeatMap });

async function showHeatMap(place, view) {
  const asked = { ...here(), shows: state.shows, sort: state.sort, first: state.first };
  const found = await latest("view", ask("inside_heat_map", asked));
  if (!found) return;
  state.shows = found.shows;
  if (!found.units.includes(state.unit)) state.unit = found.units[0];
  const colours = found.signed ? signedScale(found.values.flat()) : unitScale();
  const change = () => refresh();
  const again = () => { state.first = 0; refresh(); };
  const pick = (unit) => { state.unit = unit; paint(); };
  const words = make("div"), drawing = make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": say("heat_map") });
  const paint = () => {
    const row = found.values[found.units.indexOf(state.unit)];
    words.replaceChildren(
      make("p", { class: "hint" }, say("strip_unit", { unit: state.unit, shows: called(found.shows) })),
      strip(found.tokens, {
        colours: (index) => colours.rgb(row[index]), chosen: state.position < 0 ? null : state.position, name: say("tokens"),
        choose: (index) => { state.position = index; paint(); },
      }));
    drawing.replaceChildren(heatMap(found, colours, place, pick));
  };
  const sorts = ["variance", "saturation", "number"];
  place.replaceChildren(
    said(found.sentence),
    make("div", { class: "controls" },
      field("shows", choice("shows", found.choices, again, found.choices.map(called))), field("sort", choice("sort", sorts, again, sorts.map((sort) => say(`sort_${sort}`)))),
      ...places(again),
      button("◀", () => { state.first = Math.max(0, state.first - found.units.length); refresh(); }, { disabled: state.first === 0, "aria-label": say("units_before") }),
      make("span", {}, say("units_shown", { first: state.first + 1, last: state.first + found.units.length, of: found.of })),
      button("▶", () => { state.first += found.units.length; refresh(); }, { disabled: state.first + found.units.length >= found.of, "aria-label": say("units_after") }),
      field("unit", make("select", { onchange: (event) => pick(Number(event.target.value)) },
        ...found.units.map((unit) => make("option", { value: unit, selected: unit === state.unit }, unit)))),
      button(say("open_step"), () => { if (state.position < 0) state.position = 0; show("step"); })),
    words, make("p", { class: "hint" }, say("heat_map_hint")), drawing, saturationChart(found, place));
  paint();
  place.append(...tools(place, view, () => ({
    head: [say("unit"), say("share_below", { low: short(found.low) }), say("share_above", { high: short(found.high) }), ...found.tokens.map((piece, index) => `${index} ${visible(piece)}`)],
    rows: found.units.map((unit, row) => [unit, found.below[row], found.above[row], ...found.values[row]]),
  }), view.functions));
}

function heatMap(found, colours, place, pick) {
  const left = 46, cell = Math.max(7, (width(place) - left - 4) / found.tokens.length), tall = 9;
  const wide = left + cell * found.tokens.length + 4, high = 24 + tall * found.units.length;
  const names = found.units.map((unit, row) => (unit === state.unit || row % 4 === 0
    ? label(left - 6, 24 + tall * row + 8, unit, { "text-anchor": "end", "font-size": unit === state.unit ? 12 : 9, "font-weight": unit === state.unit ? 700 : 400 }) : null));
  const letters = found.tokens.map((piece, index) => (piece.trim()
    ? label(left + cell * (index + 0.5), 14, piece.trim().slice(0, Math.max(1, Math.floor(cell / 8))), { "text-anchor": "middle", "font-size": 10 }) : null));
  const row = found.units.indexOf(state.unit), at = state.position;
  const image = heat(found.values, colours, left, 24, cell * found.tokens.length, tall * found.units.length);
  const marks = [draw("rect", { x: left, y: 24 + tall * row, width: cell * found.tokens.length, height: tall, fill: "none", stroke: ink("chosen"), "stroke-width": 1.5, "pointer-events": "none" })];
  if (at >= 0 && at < found.tokens.length) marks.push(draw("rect", { x: left + cell * at, y: 24, width: cell, height: tall * found.units.length, fill: "none", stroke: ink("chosen"), "stroke-width": 1.5, "pointer-events": "none" }));
  const drawing = picture(wide, high + 34, say("heat_map_picture", { shows: called(found.shows), units: found.units.length, tokens: found.tokens.length }),
    label(left - 6, 14, say("unit"), { "text-anchor": "end", "font-size": 10 }), ...names, ...letters, image, ...marks, legend(colours, left, high + 8, Math.min(260, wide - left - 20), called(found.shows)));
  drawing.addEventListener("click", (event) => {
    const box = drawing.getBoundingClientRect();
    const x = ((event.clientX - box.left) * wide) / box.width, y = ((event.clientY - box.top) * (high + 34)) / box.height;
    const unit = found.units[Math.floor((y - 24) / tall)], position = Math.floor((x - left) / cell);
    if (unit === undefined || y < 24) return;
    if (x < left) { pick(unit); return; }
    if (position < found.tokens.length) { Object.assign(state, { unit, position }); show("step"); }
  });
  return drawing;
}

// Each unit of each gate as a point, as Karpathy, Johnson & Fei-Fei (2015) drew them: how often shut, how often open.
function saturationChart(found, place) {
  const gates = Object.entries(found.gates), size = Math.min(170, Math.floor(width(place) / 2) - 24), perRow = Math.max(1, Math.floor(width(place) / (size + 20)));
  const parts = gates.flatMap(([name, gate], index) => {
    const x = (index % perRow) * (size + 20) + 16, y = Math.floor(index / perRow) * (size + 46) + 18;
    return [
      label(x, y - 5, called(name)), draw("rect", { x, y, width: size, height: size, fill: "none", stroke: "currentColor", "stroke-opacity": 0.4 }),
      draw("line", { x1: x, y1: y, x2: x + size, y2: y + size, stroke: "currentColor", "stroke-opacity": 0.25 }),
      ...gate.below.map((below, unit) => draw("circle", { cx: x + size * gate.above[unit], cy: y + size * (1 - below), r: 2.2, fill: gateInk(name), "fill-opacity": 0.5 })),
      label(0, 0, say("share_below", { low: short(gate.low) }), { "font-size": 10, transform: `translate(${x - 4} ${y + size}) rotate(-90)` }),
      label(x, y + size + 14, say("share_above", { high: short(gate.high) }), { "font-size": 10 }),
    ];
  });
  const high = Math.ceil(gates.length / perRow) * (size + 46) + 4;
  return make("div", {}, make("p", { class: "hint" }, say("saturation_hint")), picture(width(place), high, say("saturation_picture"), ...parts));
}
