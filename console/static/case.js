// Keys and a slider for the pages of a case. Without this file every page works.
"use strict";

const KEYS_ON = "barnabus-keys";
const help = document.getElementById("keys");
if (help) keyboard(help);
document.querySelectorAll("[data-replay]").forEach(slider);

function keyboard(dialog) {
  const on = dialog.querySelector("[data-keys-on]");
  const opener = document.querySelector("[data-help]");
  on.checked = localStorage.getItem(KEYS_ON) !== "off";
  on.addEventListener("change", () => localStorage.setItem(KEYS_ON, on.checked ? "on" : "off"));
  opener.hidden = false;
  opener.addEventListener("click", () => dialog.showModal());

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || typing(event.target)) return;
    if (dialog.open) {
      if (event.key === "?") dialog.close();
      return;
    }
    if (!on.checked) return;
    if (event.key === "?") dialog.showModal();
    else if (event.key === "j" || event.key === "k") row(event.key === "j" ? 1 : -1);
    else press(document.querySelector(`[data-key="${CSS.escape(event.key)}"]`));
  });
}

function typing(target) {
  return target.matches("textarea, select, input:not([type=range]):not([type=checkbox])");
}

// A field is gone to, a link is followed, a button is pressed.
function press(found) {
  if (!found) return;
  if (found.matches("input")) found.focus();
  else found.click();
}

function row(by) {
  const rows = [...document.querySelectorAll("[data-row]")];
  const here = rows.indexOf(document.activeElement);
  const next = rows[here < 0 ? (by > 0 ? 0 : rows.length - 1) : here + by];
  if (!next) return;
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

// While it is moved, the slider says where it is; the page comes when it is let go.
function slider(form) {
  const range = form.querySelector("[type=range]");
  const said = form.querySelector("output");
  form.querySelector("button").hidden = true;
  range.addEventListener("input", () => { said.textContent = said.textContent.replace(/^\S+/, range.value); });
  range.addEventListener("change", () => form.requestSubmit());
}
