// What a visitor sees first: lines that the models wrote before anybody asked.
const lead = make("p", { class: "small" }), texts = make("div", { class: "texts" });
root.append(lead, texts);

// From nothing (certain) to the accent (8 bits or more).
const tint = (bits) => `background: color-mix(in srgb, var(--rnn-accent) ${Math.round(Math.min(45, 6 * bits))}%, transparent)`;

function draw(lines) {
  const prompt = lines[0].prompt.replace(/\s+/g, " ").trim();
  const several = new Set(lines.map((line) => line.model)).size > 1;
  const inside = make("a", { href: "#inside", onclick: () => document.querySelector("button[role=tab][data-tab-id=inside]")?.click() }, say("welcome_inside"));
  lead.replaceChildren(several ? say("welcome_three", { prompt }) : say("welcome_one", { prompt, model: lines[0].model }), " ", inside);
  texts.replaceChildren(...lines.map((line, number) => make("figure", {},
    make("figcaption", {}, several ? line.model : `${line.model} · ${say("welcome_seed", { seed: line.seed })}`),
    make("div", { class: `text${line.language === "zh" ? " verse" : ""}`, lang: line.language, tabindex: 0, role: "region", "aria-label": say("welcome_by", { model: line.model, number: number + 1 }) },
      make("span", { class: "prompt" }, line.prompt), ...line.pieces.map((piece, index) => make("span", { style: tint(line.bits[index]) }, piece))))));
}

// Not before it is seen: the page may open on another tab.
const waiting = new IntersectionObserver(async (entries) => {
  if (!entries.some((entry) => entry.isIntersecting)) return;
  waiting.disconnect();
  try { draw(await server.first_lines({})); } catch { root.hidden = true; }  // the page is complete without it
});
waiting.observe(root);
