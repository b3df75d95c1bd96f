"use strict";
// While a job runs, what changes is fetched anew and put in place; without JavaScript, reload.

const REFRESH = 2000, IDLE = 10000, MOST_LINES = 20000;

async function refresh() {
  const live = document.getElementById("live");
  if (!live) return;
  let busy = "busy" in live.dataset;
  if (!document.hidden) {
    try {
      const answer = await fetch(location.href);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("live");
      if (fresh) {
        busy = "busy" in fresh.dataset;
        replace(live, fresh);
      }
    } catch { /* The service is away for a moment: the next look may find it. */ }
  }
  // A list may get new jobs at any time; a job that has ended stays as it is.
  if (busy || !document.querySelector("[data-log]")) setTimeout(refresh, busy ? REFRESH : IDLE);
}

function replace(live, fresh) {
  if (live.innerHTML === fresh.innerHTML) return;
  const focused = live.contains(document.activeElement) ? document.activeElement.id : "";
  live.replaceChildren(...fresh.childNodes);
  live.toggleAttribute("data-busy", fresh.hasAttribute("data-busy"));
  if (focused) document.getElementById(focused)?.focus();
}

function followLog(box) {
  const list = document.getElementById("streams"), text = document.getElementById("log");
  const follow = document.getElementById("follow");
  let next = null, round = 0;

  function show(answer) {
    for (const name of answer.streams) {
      if (![...list.options].some((option) => option.value === name)) {
        list.add(new Option(name.slice(name.indexOf("/") + 1), name));
      }
    }
    if (next === null) text.textContent = answer.skipped ? "…\n" : "";
    if (answer.lines.length) {
      text.append(answer.lines.map(([, line]) => line + "\n").join(""));
      while (text.childNodes.length > MOST_LINES) text.firstChild.remove();
      if (follow.checked) text.scrollTop = text.scrollHeight;
    }
    next = answer.next;
  }

  async function read(turn) {
    let more = false;
    try {
      const query = new URLSearchParams({ stream: list.value });
      if (next !== null) query.set("next", next);
      const known = list.value;
      const answer = await (await fetch(`${box.dataset.log}?${query}`)).json();
      if (turn !== round) return;
      if (known) show(answer); else if (answer.streams.length) {
        show({ ...answer, lines: [] });
        next = null;
        more = true;
      }
      more ||= answer.lines.length > 0;
    } catch { /* As above. */ }
    const live = document.getElementById("live");
    if (more || "busy" in live.dataset) setTimeout(read, more ? 200 : REFRESH / 2, turn);
  }

  list.addEventListener("change", () => { next = null; read(++round); });
  read(round);
}

setTimeout(refresh, REFRESH);
const box = document.querySelector("[data-log]");
if (box) followLog(box);
