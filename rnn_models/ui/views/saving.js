// What a view is saved as: its picture with all that names what is in it, and its numbers.

function save(content, type, name) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

function asCsv({ head, rows }) {
  const cell = (value) => {
    const text = String(value ?? "");
    // a spreadsheet would compute what begins like a formula
    const inert = typeof value === "string" && /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(inert) ? `"${inert.replace(/"/g, '""')}"` : inert;
  };
  return `\ufeff${[head, ...rows].map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}

// The texts of a view that are saved with its pictures, and how large.
const WRITTEN = { h2: 18, h3: 15, ".said": 14, ".hint": 12, ".names li": 12, ".formulas code": 12, ".passage": 12, ".written p": 12 };
const SAVED = ["svg[role=img]", ".tokens", ...Object.keys(WRITTEN)].join(", ");
const MARGIN = 12;

// A view as one picture that needs nothing of the page: its title, and below each other what it shows.
function asSvg(place, view) {
  const title = make("h2", {}, [say(`title_${view.id}`), ...(view.general?.() ? [] : [state.model])].join(" · "));
  const found = [title, ...place.querySelectorAll(SAVED)];
  // a heading of what is not drawn yet would be the last or stand before another
  const shown = found.filter((one, index) => !one.matches("h3") || (found[index + 1] && !found[index + 1].matches("h3")));
  const drawn = shown.map((one) => (one.matches("svg") ? one.cloneNode(true) : one.matches(".tokens") ? stripPicture(one) : null));
  const wide = Math.max(360, ...drawn.map((one) => one?.width.baseVal.value ?? 0));
  let top = MARGIN;
  const parts = shown.map((one, index) => {
    const part = drawn[index] ?? writtenPicture(one, wide);
    fill(part, { x: MARGIN, y: top }, []);
    top += part.height.baseVal.value + 8;
    return part;
  });
  const size = [wide + 2 * MARGIN, top + MARGIN], background = getComputedStyle(document.body).backgroundColor;
  const whole = picture(...size, title.textContent, draw("rect", { width: "100%", height: "100%", fill: background }), ...parts);
  whole.style.color = getComputedStyle(root).color;
  // XML has no way to write these
  const text = new XMLSerializer().serializeToString(whole).replace(/[\0-\x08\v\f\x0e-\x1f\ufffe\uffff]/g, "\ufffd");
  return { text, width: size[0], height: size[1] };
}

// A text of the page in lines that fit; the name of a line with the line before it.
function writtenPicture(one, wide) {
  const size = WRITTEN[Object.keys(WRITTEN).find((selector) => one.matches(selector))];
  const mark = one.matches(".names li") ? one.querySelector("svg").cloneNode(true) : null, left = mark ? 38 : 0;
  const look = { "font-size": size, "font-weight": one.matches("h2, h3, .said") ? 700 : 400, "font-family": one.matches("code, .passage") ? "monospace" : "system-ui, sans-serif" };
  const lines = inLines(one.textContent.trim(), wide - left, `${look["font-weight"]} ${size}px ${look["font-family"]}`), tall = Math.round(1.4 * size);
  return picture(wide, tall * lines.length, "", mark && fill(mark, { y: tall / 2 - 5 }, []),
    ...lines.map((line, row) => label(left, tall * row + size, line, { ...look, style: "white-space: pre" })));
}

// Chinese may break anywhere, and what has no blank for long has to.
function inLines(text, wide, font) {
  const measuring = document.createElement("canvas").getContext("2d"), lines = [];
  measuring.font = font;
  for (const paragraph of text.split("\n")) {
    let line = "";
    for (const piece of paragraph.match(/[\u2e80-\uffef]|[^\s\u2e80-\uffef]{1,24}\s*|\s+/gu) ?? []) {
      if (line && measuring.measureText(line + piece.trimEnd()).width > wide) { lines.push(line); line = ""; }
      line += piece;
    }
    lines.push(line);
  }
  return lines;
}

// The text of a strip as it stands on the page, line by line, with its colours.
function stripPicture(list) {
  const box = list.getBoundingClientRect();
  const parts = [...list.children].filter((item) => item.dataset.index).flatMap((item) => [...item.getClientRects()].slice(0, 1).flatMap((at) => {
    const x = at.left - box.left, y = at.top - box.top + list.scrollTop, ink = item.style.color || "currentColor";
    return [
      draw("rect", { x, y, width: at.width, height: at.height, fill: item.style.background || "none" }),
      label(x + 1, y + at.height - 5, item.textContent, { fill: ink, "font-family": "monospace", "font-size": 15 }),
    ];
  }));
  return picture(Math.ceil(box.width), list.scrollHeight, list.getAttribute("aria-label"), ...parts);
}

function savePng(place, view, name) {
  const { text, width, height } = asSvg(place, view), image = new Image();
  image.onload = () => {
    const canvas = make("canvas", { width: 2 * width, height: 2 * height });
    canvas.getContext("2d").drawImage(image, 0, 0, 2 * width, 2 * height);
    canvas.toBlob((blob) => save(blob, "image/png", name));
  };
  image.src = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
}
