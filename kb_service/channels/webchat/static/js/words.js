// Words come from the catalogue, as data inside the page.
const texts = JSON.parse(document.getElementById("script-strings").textContent);

export function t(key, values = {}) {
  return Object.keys(values).reduce((text, name) => text.split(`{${name}}`).join(values[name]), texts[key]);
}
