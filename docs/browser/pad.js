// Shows what the worker tells and passes on what the person wants; it decides nothing.
import * as kept from "./kept.js";
import { serial } from "./port.js";

const OURS = { usbVendorId: 0x2e8a, usbProductId: 0x0005 };
const ACTIVE = new Set(["armed", "running", "waiting", "paused"]);
const STALE_MS = 10 * 60 * 1000;

// What the build took from the catalogue of the page's language: none of the English page.
const catalogue = document.documentElement.lang === "en" ? {}
  : await (await fetch(`catalogue.${document.documentElement.lang}.json`)).json();
const tr = (text, values = {}) => (catalogue[text]?.[0] ?? text)
  .replace(/{(\w+)}/g, (_, name) => values[name]);
const $ = (selector) => document.querySelector(selector);
const worker = new Worker("pad-worker.js", { type: "module", name: document.documentElement.lang });
let protocols = [], points = [], state = "", answered = 0, byButton = false, asleep;

const line = (list, text) => {
  const one = document.createElement("li");
  one.textContent = text;
  $(list).prepend(one);
};

// What is refused is said where it was asked for.
const box = $(".notice");
function notice(text, hint, at = $("#treatment").hidden ? $("#facts") : $("#start").parentElement) {
  at.before(box);
  box.hidden = !text;
  box.replaceChildren(text ?? "");
  if (!hint) return;
  const small = document.createElement("small");
  small.textContent = hint;
  box.append(small);
  box.scrollIntoView({ block: "nearest" });
}

function looked() {
  worker.postMessage(["look", !document.hidden]);
  awake(ACTIVE.has(state));
  draw();
}

// --- what the worker tells ---------------------------------------------------------------------------

const HEARD = {
  broken: ({ text }) => {
    $("#loading").textContent = tr("This page could not start: {text}. It has to be served by a web server (any"
      + " static one), and needs WebAssembly.", { text });
  },

  loaded({ protocols: told, ages, reached }) {
    protocols = told;
    $("#protocol").replaceChildren(...told.map((one) => new Option(one.title, one.name)));
    $("label[for=age]").textContent = ages.question;
    $("#age").append(...ages.answers.map(([value, text]) => new Option(text, value)));
    $("#loading").remove();
    $("main").hidden = false;
    chosen();
    listed();
    looked();
    if (reached && serial) return;
    $("#connect").disabled = true;
    notice(tr("This browser cannot reach a USB port."), tr("Chrome, Edge and Opera can: on a computer, and perhaps"
      + " with a cable on Android. Or use the command line: poultice run."));
  },

  questions({ name, asked }) {
    if (name !== $("#protocol").value) return;
    answered = 0;
    $("#questions").replaceChildren(...asked.map(([key, text]) => {
      const group = document.createElement("fieldset");
      group.innerHTML = "<legend></legend>" + [["no", tr("no")], ["yes", tr("yes")]].map(([value, word]) =>
        `<label><input type="radio" name="${key}" value="${value}"> ${word}</label>`).join("");
      group.querySelector("legend").textContent = text;
      return group;
    }));
  },

  hello({ firmware, uid, core, tested, config }) {
    document.body.dataset.connected = "yes";
    $("#connect").textContent = tr("Disconnect");
    $("#connect").disabled = false;
    $("#who").textContent = [
      tr("Firmware {firmware}, device {uid}.", { firmware, uid }),
      tested ? tr("Its logic is {core}, that which was tested with this page.", { core })
        : tr("Its logic is {core}, not that which was tested with this page.", { core }),
      tr("Pad of {density} mW/cm².", { density: config.density_mw_cm2 }),
      config.cooler ? tr("With a cooler.") : tr("Cold is a pack laid on by hand."),
      config.pending ? tr("Another configuration waits for its button.") : "",
    ].join(" ");
    $("#treatment").hidden = false;
  },

  now({ now }) {
    state = now.state;
    document.body.dataset.state = state;
    const active = ACTIVE.has(state);
    $("#clear").hidden = state !== "fault";
    $("#stopping").hidden = !active;
    $("#treatment").hidden = active;
    if (active) $("#session").hidden = false;
    $("#pause").hidden = !["running", "paused"].includes(state);
    $("#pause").textContent = state === "paused" ? tr("Go on (p)") : tr("Pause (p)");
    if (active) {
      points.push([now.t_ms / 1000, now.temp_mc, now.target_mc, now.heat]);
      draw();
    }
    awake(active);
  },

  // Each second, where the page is looked at.
  words({ line: told, facts, asks }) {
    $("#facts").replaceChildren(...facts.flatMap(([name, value]) => {
      const term = document.createElement("dt"), data = document.createElement("dd");
      term.textContent = name;
      data.textContent = value;
      return [term, data];
    }));
    $("#big").textContent = told.split(/ {2,}/).join(" · ");
    // A pack that still lies there is asked for after the end too; there is nothing to go on with.
    $("#prompt").hidden = !asks;
    $("#prompt strong").textContent = asks ?? "";
    $("#confirm").hidden = state !== "waiting" || byButton;
    document.title = ACTIVE.has(state) ? `${told.split(/ {2,}/).slice(0, 2).join(" ")} · poultice`
      : tr("Run a pad · poultice");
  },

  event: ({ text }) => line("#said", text),

  begun({ notes }) {
    points = [];
    $("#said").replaceChildren();
    $("#end").textContent = "";
    $("#session").hidden = false;
    byButton = $("#by_button").checked;
    for (const one of notes) line("#said", one);
  },

  over: () => { byButton = false; },

  // Answers are of one person on one day: they stand for one session, and for ten minutes.
  recorded: () => fresh(),

  ended({ lines, error, hint, fault }) {
    $("#end").textContent = [...lines, ...(error ? [error] : []), ...(hint ? [hint] : [])].join("\n");
    if (fault) {
      const link = document.createElement("a");
      link.href = `../reference/faults/${fault}.html`;
      link.textContent = tr("About {fault}", { fault });
      $("#end").append("\n", link);
    }
    HEARD.over();
    $("#session").scrollIntoView({ block: "nearest" });
    listed();
  },

  refused: ({ text, hint }) => notice(text, hint),
  unkept: ({ text }) => notice(tr("This session is not kept in this browser; it goes on."), text),

  gone: ({ text, hint }) => notice(text, hint),

  closed() {
    state = "";
    document.body.dataset.connected = document.body.dataset.state = "";
    $("#connect").textContent = tr("Connect…");
    $("#connect").disabled = false;
    $("#who").textContent = tr("Not connected.");
    $("#treatment").hidden = $("#stopping").hidden = $("#prompt").hidden = $("#pause").hidden = true;
    $("#clear").hidden = true;
    $("#big").textContent = "";
    $("#facts").replaceChildren();
    awake(false);
    listed();
  },
};
worker.onmessage = ({ data }) => data.forEach((one) => HEARD[one.kind]?.(one));
worker.onerror = (error) => HEARD.broken({ text: error.message || tr("its worker could not be loaded") });

// --- what the person wants ---------------------------------------------------------------------------

async function connect() {
  notice();
  if (document.body.dataset.connected) return worker.postMessage(["leave"]);
  try {
    const port = await serial.requestPort({ filters: [OURS] });
    $("#connect").disabled = true;
    const ports = await serial.getPorts();
    worker.postMessage(["connect", Math.max(0, ports.indexOf(port))]);
  } catch (error) {
    if (error.name !== "NotFoundError") return notice(tr("The browser does not give the port."), error.message);
    notice(tr("No port was chosen."), tr("Is the device plugged in, with a cable that carries data?"));
  }
}

function chosen() {
  const { name, summary, phases } = protocols.find((one) => one.name === $("#protocol").value);
  $("#summary").textContent = summary;
  $("#phases").replaceChildren(...phases.map((text) => {
    const one = document.createElement("li");
    one.textContent = text;
    return one;
  }));
  worker.postMessage(["questions", name]);
}

function fresh() {
  for (const one of document.querySelectorAll("#questions input")) one.checked = false;
  $("#age").value = "";
  answered = 0;
}

function start(submitted) {
  submitted.preventDefault();
  notice();
  // A clock that was set back makes them no fresher.
  if (Math.abs(Date.now() - answered) > STALE_MS) fresh();
  const open = [...document.querySelectorAll("#questions fieldset")].find((one) => !one.querySelector(":checked"))
    ?? ($("#age").value ? null : $("#age"));
  if (open) {
    (open.querySelector("input") ?? open).focus();
    return notice(tr("Not all is answered."),
      tr("Each question has to be, by who will lie on the pad, within ten minutes."), open);
  }
  const yes = [...document.querySelectorAll("#questions input:checked")].map((one) => [one.name, one.value === "yes"]);
  worker.postMessage(["run", JSON.stringify({
    protocol: $("#protocol").value, answers: Object.fromEntries(yes), injury_age: $("#age").value,
    sensitive: $("#sensitive").checked, fit: $("#fit").checked, by_button: $("#by_button").checked,
  })]);
}

const order = (what) => worker.postMessage(["order", what]);
const pause = () => order(state === "paused" ? "resume" : "pause");

function key(pressed) {
  if (!ACTIVE.has(state) || pressed.ctrlKey || pressed.metaKey || pressed.altKey) return;
  const does = { s: () => order("stop"), Escape: () => order("stop"), p: pause,
    Enter: () => state === "waiting" && order("confirm") }[pressed.key];
  if (!does || (pressed.key === "Enter" && pressed.target.closest("button"))) return;
  pressed.preventDefault();
  does();
}

// A screen that sleeps takes a telephone's page with it.
async function awake(wanted) {
  if (wanted && !asleep && !document.hidden) {
    asleep = "asked";
    asleep = await navigator.wakeLock?.request("screen").catch(() => null);
    asleep?.addEventListener("release", () => { asleep = null; });
  } else if (!wanted && asleep?.release) {
    asleep.release();
  }
}

// --- sessions kept ------------------------------------------------------------------------------------

async function listed() {
  const all = await kept.list().catch(() => []);
  const button = (text, does) => {
    const one = document.createElement("button");
    one.textContent = text;
    one.onclick = does;
    return one;
  };
  $("#kept ul").replaceChildren(...all.reverse().map(({ id, session }) => {
    const item = document.createElement("li");
    const when = new Date(session.started_unix * 1000).toLocaleString();
    item.append(`${when}: ${session.protocol}, ${session.outcome ? tr(session.outcome) : tr("cut off")} `,
      button(tr("Save as JSON Lines"), () => save(id)), " ",
      button(tr("Delete"), async () => { await kept.remove(id); listed(); }));
    return item;
  }));
  $("#kept").hidden = !all.length;
}

async function save(id) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([await kept.exported(id)], { type: "application/jsonl" }));
  link.download = `poultice-page-${id}.jsonl`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// --- the curve ----------------------------------------------------------------------------------------

const celsius = (mc) => (mc === null ? null : mc / 1000);

function draw() {
  if (document.hidden || !points.length) return;
  const from = points[0][0], until = Math.max(from + 60, points.at(-1)[0]);
  // More of them than there is room for tell nothing: every so many is drawn.
  const step = Math.ceil(points.length / 600);
  const some = points.filter((_, i) => i % step === 0 || i === points.length - 1)
    .map(([t, ...mc]) => [t, celsius(mc[0]), celsius(mc[1]), mc[2]]);
  const seen = some.flatMap((one) => [one[1], one[2]]).filter((one) => one !== null);
  // As wide as there is room: its letters are as large as the page's.
  const curve = $("#curve"), wide = Math.max(280, curve.clientWidth);
  curve.setAttribute("viewBox", `0 0 ${wide} 240`);
  const low = Math.min(25, ...seen) - 1, high = Math.max(46, ...seen) + 1;
  const x = (t) => (40 + ((wide - 50) * (t - from)) / (until - from)).toFixed(1);
  const y = (c) => (215 - (205 * (c - low)) / (high - low)).toFixed(1);
  const path = (name, told) => (told ? `<path class="${name}" d="${told}"></path>` : "");
  const flat = (c) => `M40 ${y(c)}H${wide - 10}`;
  const run = (at) => some.map((one, i) =>
    one[at] === null ? "" : `${i && some[i - 1][at] !== null ? "L" : "M"}${x(one[0])} ${y(one[at])}`).join("");
  const ticks = [10, 20, 30, 40].filter((c) => c > low);
  const minutes = Math.round((until - from) / 60);
  curve.innerHTML = path("grid", ticks.map(flat).join("")) + path("cutoff", flat(43) + flat(45))
    + path("heat", some.map((one, i) => (one[3] && i ? `M${x(some[i - 1][0])} 222H${x(one[0])}` : "")).join(""))
    + path("target", run(2)) + path("sensor", run(1))
    + ticks.map((c) => `<text x="4" y="${y(c)}">${c} °C</text>`).join("")
    + `<text x="40" y="238">0</text><text x="${wide - 55}" y="238">${minutes} min</text>`;
}

$("#connect").onclick = connect;
$("#protocol").onchange = chosen;
$("#treatment").onsubmit = start;
$("#questions").onchange = () => { answered ||= Date.now(); };
$("#stop").onclick = () => order("stop");
$("#pause").onclick = pause;
$("#confirm").onclick = () => order("confirm");
$("#clear").onclick = () => worker.postMessage(["clear"]);
document.onkeydown = key;
document.onvisibilitychange = looked;
window.onbeforeunload = (event) => { if (ACTIVE.has(state)) event.preventDefault(); };
