// What the page's own parts share. Everything that a person or a model wrote becomes text, never HTML.
const root = element.firstElementChild;
const chinese = () => document.documentElement.lang.startsWith("zh");
const say = (key, fields = {}) =>
  props.texts[key][chinese() ? 1 : 0].replace(/\{(\w+)\}/g, (whole, name) => fields[name] ?? whole);

function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made[name] = value;
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}
const button = (key, click, more = {}) => make("button", { type: "button", onclick: click, ...more }, say(key));
