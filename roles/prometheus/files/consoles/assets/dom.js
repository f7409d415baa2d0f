/* Makes elements with text, never with markup: labels come from whoever names a task. */
"use strict";

const dom = {
  element(name, text = "", attributes = {}) {
    const made = document.createElement(name);
    made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  },
  /* Order of names in which node-2 comes before node-10. */
  compare: new Intl.Collator([], { numeric: true }).compare,
};
