// Makes the parts of the page. Everything is added as text, never as HTML.

/** An element with attributes and children; strings become text. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Text in which `code` is set as code. */
export function prose(text = "") {
  return text.split("`").map((part, at) => (at % 2 ? make("code", {}, part) : part));
}

export function table(headings, rows) {
  return make(
    "table",
    {},
    make("thead", {}, make("tr", {}, ...headings.map((text) => make("th", { scope: "col" }, text)))),
    make("tbody", {}, ...rows.map((cells) => make("tr", {}, ...cells.map((cell) => make("td", {}, ...cell))))),
  );
}

/** A block of code with a button that copies it, where the browser lets a page do so. */
export function block(text, label) {
  const code = make("pre", { tabindex: "0" }, make("code", {}, text));
  const parts = [make("span", { class: "label" }, label)];
  if (navigator.clipboard) {
    const button = make("button", { type: "button", "aria-label": `Copy: ${label}` }, "Copy");
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), 1500);
    });
    parts.push(button);
  }
  return make("figure", { class: "code" }, make("figcaption", {}, ...parts), code);
}

/** A card that opens; `about` is what a closed one says. */
export function card(id, about, ...content) {
  return make("details", { id }, make("summary", {}, ...about), make("div", { class: "open" }, ...content));
}

/** A group of cards below a heading, and its entry in the list of groups. */
export function section(title, about, ...content) {
  const id = `group-${title.toLowerCase().replaceAll(/\W+/g, "-")}`;
  const heading = make("h3", {}, title, make("a", { href: `#${id}`, class: "anchor", "aria-label": `Link to ${title}` }, "#"));
  const text = about ? make("p", { class: "about" }, ...prose(about)) : null;
  const part = make("section", { id, class: "group", "aria-label": title }, heading, text, ...content);
  return { part, link: make("a", { href: `#${id}` }, title) };
}
