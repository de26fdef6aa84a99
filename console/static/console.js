// Keeps the figures of an open page up to date, until somebody pauses it. Without this file every page works.
"use strict";

const bar = document.querySelector("[data-live]");
if (bar && "EventSource" in window) live(bar);

// What takes a while says so, and is sent once.
for (const form of document.querySelectorAll("form[data-slow]")) {
  form.addEventListener("submit", () => {
    form.querySelector("[data-slow-said]").textContent = form.dataset.slow;
    form.querySelector("button.main").disabled = true;
  });
}
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-slow] button.main").forEach((button) => { button.disabled = false; });
  document.querySelectorAll("[data-slow-said]").forEach((said) => { said.textContent = ""; });
});

function live(bar) {
  const state = bar.querySelector(".state");
  const button = bar.querySelector("button");
  const clock = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "medium", hourCycle: "h23" });
  let source = null;

  function say(text) {
    state.textContent = text;
  }

  function begin() {
    source = new EventSource(bar.dataset.live);
    button.textContent = button.dataset.pause;
    bar.dataset.state = "live";
    source.addEventListener("open", () => say(bar.dataset.saidLive));
    source.addEventListener("changed", renew);
    source.addEventListener("ended", ended);
    source.addEventListener("error", () => {
      if (source && source.readyState === EventSource.CLOSED) ended();
      else say(bar.dataset.saidLost);
    });
  }

  function pause() {
    source.close();
    source = null;
    button.textContent = button.dataset.goOn;
    bar.dataset.state = "paused";
    say(bar.dataset.saidPaused);
  }

  function ended() {
    pause();
    bar.dataset.state = "ended";
    say(bar.dataset.saidEnded);
    button.hidden = true;
  }

  async function renew() {
    const answer = await fetch(location.href, { redirect: "manual", credentials: "same-origin" });
    if (!answer.ok) {
      if (answer.type === "opaqueredirect") ended();
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const old of document.querySelectorAll("[data-fresh]")) {
      const fresh = page.getElementById(old.id);
      if (source && fresh) replace(old, document.importNode(fresh, true));
    }
    if (source) say(`${bar.dataset.saidUpdated} ${clock.format(new Date())}`);
  }

  // Who reads with the keyboard stays where they were, and what they opened stays open.
  function replace(old, fresh) {
    const href = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    const opened = [...old.querySelectorAll("details")].map((one) => one.open);
    const scrolled = [...old.querySelectorAll(".wide")].map((one) => one.scrollLeft);
    [...fresh.querySelectorAll("details")].forEach((one, n) => { one.open = opened[n] || false; });
    old.replaceWith(fresh);
    [...fresh.querySelectorAll(".wide")].forEach((one, n) => { one.scrollLeft = scrolled[n] || 0; });
    if (href) fresh.querySelector(`a[href="${CSS.escape(href)}"]`)?.focus({ preventScroll: true });
  }

  button.addEventListener("click", () => (source ? pause() : begin()));
  bar.hidden = false;
  begin();
}
