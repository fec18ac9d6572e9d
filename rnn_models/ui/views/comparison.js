// View 8: the cells in one table.

VIEWS.push({ id: "comparison", ours: true, functions: ["equations"], show: showComparison });

async function showComparison(place, view) {
  const found = await latest("view", ask("inside_cells", { model: state.model }));
  if (!found) return;
  const rows = () => [
    [say("cell"), ...found.rows.map((row) => row.cell)],
    [say("equations"), ...found.rows.map((row) => row.equations.join("\n"))],
    [say("units"), ...found.rows.map((row) => row.units)],
    [say("cell_parameters"), ...found.rows.map((row) => row.cell_parameters)],
    [say("parameters"), ...found.rows.map((row) => row.parameters)],
    ["MB", ...found.rows.map((row) => row.megabytes)],
    [say(model().writes ? "validation_loss" : "verdict_loss"), ...found.rows.map((row) => row.loss)],
    [say("speed"), ...found.rows.map((row) => row.tokens_per_second)],
    [say("runs_on"), ...found.rows.map((row) => row.runs_on)],
  ];
  const head = [say("model"), ...found.rows.map((row) => row.model)];
  const shown = table(head, rows(), say("title_comparison"));
  shown.classList.add("comparison");
  place.replaceChildren(...(found.sentence ? [said(found.sentence)] : []), shown);
  place.append(...tools(place, view, () => ({ head, rows: rows() }), ["equations", ...new Set(found.rows.map((row) => row.code))]));
}
