// Words come from the catalogue, as data inside the page.
const element = document.getElementById("script-strings");
const texts = element ? JSON.parse(element.textContent) : {};

export function t(key, values = {}) {
  const text = texts[key] || key;
  return Object.keys(values).reduce((result, name) => result.split(`{${name}}`).join(values[name]), text);
}
