
// What else the model could have written at a place: a click on a token, or Enter, shows it; a choice writes on from there.
const choices = make("section", { class: "choices", "aria-label": say("alternative"), hidden: true });
told.after(choices);

function closeChoices() {
  choices.hidden = true;
  choices.replaceChildren();
}

async function ask(asked) {
  try {
    return JSON.parse(await server.ask(asked));
  } catch {
    return { error: say("no_answer") };
  }
}

const percent = (share) => `${(100 * share).toFixed(share < 0.001 ? 3 : 1)} %`;
const problem = (sentence) => make("p", { role: "alert", class: "problem" }, sentence);

async function openChoices(index) {
  const about = value, before = about.tokens.slice(0, index);
  tell(index);
  const answer = await ask({ name: "alternatives", ...about.again, settings: about.settings, after: before });
  if (value !== about) return;
  const close = button("close", () => { closeChoices(); box.focus(); });
  choices.hidden = false;
  if (answer.error) {
    choices.replaceChildren(problem(answer.error), close);
    return;
  }
  const rows = answer.alternatives.map(({ token, piece, ends, probability, chance }) => {
    const name = ends ? say("end_of_text") : visible(piece);
    const pick = () => { closeChoices(); box.focus(); write({ ...about.again, after: [...before, token] }); };
    const choice = make("button", { type: "button", onclick: pick, disabled: ends, "data-token": token }, name);
    const written = token === about.tokens[index] ? make("span", { class: "small" }, ` ${say("alternative_written")}`) : "";
    return make("tr", {}, make("td", {}, choice, written), make("td", {}, percent(probability)), make("td", {}, percent(chance)));
  });
  const heads = [say("alternative"), say("alternative_probability"), say("alternative_chance")];
  const table = make("table", {}, make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))), make("tbody", {}, ...rows));
  choices.replaceChildren(make("p", { class: "small" }, say("alternatives", { piece: visible(about.pieces[index]) })), table, close);
  choices.querySelector("button:enabled").focus({ preventScroll: true });
  choices.scrollIntoView({ block: "nearest" });
}

box.addEventListener("click", ({ target }) => { if (target.dataset.index && window.rnnModels) openChoices(Number(target.dataset.index)); });
box.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || at < 0 || !box.querySelector("[data-index]") || !window.rnnModels) return;
  event.preventDefault();
  openChoices(at);
});
choices.addEventListener("keydown", (event) => { if (event.key === "Escape") { closeChoices(); box.focus(); } });
