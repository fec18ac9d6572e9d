// The tab: the text and the model, the list of views, the view that is shown.

// What a view is set to at first, by all views; not which view of which model and text.
const settings = Object.fromEntries(Object.entries(state).filter(([key]) => !["view", "model", "text"].includes(key)));
let place, controls, textBox, problem, list, drawn;

function build() {
  textBox = make("textarea", {
    rows: 3, maxlength: props.limit, spellcheck: "false",
    oninput: later(500, () => { state.text = textBox.value; state.position = -1; refresh(); }),
  });
  textBox.value = state.text;
  const chooser = choice("model", Object.keys(models), () => {
    Object.assign(state, { unit: 0, layer: 0, direction: 0, position: -1, shows: "", first: 0 });
    if (!model().examples.includes(state.text)) state.text = null;
    build();
    refresh();
  });
  if (state.text === null) state.text = textBox.value = model().examples[0] ?? "";
  state.text ??= "";
  const examples = model().examples.map((example) => button(example.replace(/\s+/g, " ").slice(0, 40), () => {
    state.text = textBox.value = example;
    state.position = -1;
    refresh();
  }, { class: "example" }));
  list = make("nav", { "aria-label": say("views"), class: "views" });
  problem = make("p", { role: "alert", class: "problem" });
  place = make("div", { class: "view" });
  controls = make("div", { class: "top" },
    make("p", {}, say("lead")), tourCard(),
    make("div", { class: "controls" }, field("model", chooser)),
    field("text", textBox),
    make("div", { class: "examples", role: "group", "aria-label": say("examples") }, make("span", {}, say("examples")), ...examples));
  root.replaceChildren(controls, list, make("section", { "aria-labelledby": "inside-title" },
    make("h2", { id: "inside-title" }), make("p", { class: "idea", id: "inside-idea" }), problem, place));
}

function show(id) {
  state.view = id;
  refresh();
  place.closest("section").scrollIntoView({ block: "nearest" });
}

async function refresh() {
  const view = VIEWS.find((one) => one.id === state.view);
  list.replaceChildren(...VIEWS.map((one, index) => button(`${index + 1}. ${say(`title_${one.id}`)}`, () => show(one.id), {
    "aria-current": one.id === state.view ? "page" : null,
  })));
  root.querySelector("#inside-title").textContent = say(`title_${view.id}`);
  root.querySelector("#inside-idea").textContent = say(`idea_${view.id}`);
  const focused = document.activeElement, wanted = place.contains(focused) ? [...place.querySelectorAll("button, input, select, [tabindex]")].indexOf(focused) : -1;
  const others = drawn === view.id ? [] : [...place.children];
  drawn = view.id;
  place.setAttribute("aria-busy", "true");
  try {
    if (view.ours && !model().ours) throw new Refused(say(model().strange, { model: state.model }));
    await view.show(place, view);
    problem.textContent = "";
    linked = false;
  } catch (error) {
    // the view's own fields stay, to mend in them what is wrong; what a link set has none yet
    place.replaceChildren(...[...place.children].filter((one) => one.matches(".controls") && !others.includes(one)));
    if (linked && !place.children.length) {
      place.append(button(say("first_settings"), () => { Object.assign(state, settings); linked = false; refresh(); }));
    }
    tell(error);
  }
  place.removeAttribute("aria-busy");
  // what is drawn anew keeps the focus where it was
  if (wanted >= 0) [...place.querySelectorAll("button, input, select, [tabindex]")][wanted]?.focus({ preventScroll: true });
}

readLink();
build();
refresh();
watch("value", () => { build(); refresh(); });
window.addEventListener("hashchange", () => { readLink(); build(); refresh(); });
new ResizeObserver(later(200, (() => {
  let before = 0;
  return () => { if (root.clientWidth && Math.abs(root.clientWidth - before) > 20) { const first = before === 0; before = root.clientWidth; if (!first) refresh(); } };
})())).observe(root);
