// Draws what the device says and passes on what the person does; it decides nothing.
import { interpreter } from "./python.js";

const TICKS_A_SECOND = 10;
const FRAME_MS = 50;
const KEPT = 3000;
const BOXES = {
  boot: [50, 30], self_test: [150, 30], idle: [250, 30], armed: [350, 30],
  running: [350, 85], paused: [240, 85], waiting: [440, 85], fault: [140, 140],
};
const WAYS = [
  "M84 30h32", "M184 30h32", "M284 30h32", "M350 44v27", "M316 85h-42", "M384 85h22",
  "M320 98L180 130", "M140 126L236 44",
];

const SEEN = "poultice: three things to break";
const NOT_READY = {
  sensor_open: "no reading (a broken wire)", sensor_short: "no reading (a short)",
  sensor_cold: "too cold to be on skin", sensor_hot: "too warm already",
};

const $ = (selector) => document.querySelector(selector);
let device, make, history;

const element = (tag, textContent = "") => Object.assign(document.createElement(tag), { textContent });
const say = (text) => $("#log ol").prepend(element("li", text));
// What is as it was is left alone: a screen reader keeps its place, and says nothing twice.
const put = (node, text) => { if (node.textContent !== text) node.textContent = text; };

async function load() {
  const { python, core_sha256 } = await interpreter("sources.json", "device");
  make = (density, ambient) => {
    python.runPython(`page = device.Page(${density}, ${ambient})`);
    const page = python.globals.get("page");
    // Text in, text out: nothing of one language is kept alive by the other.
    return {
      step: (ticks) => JSON.parse(page.step(ticks)),
      look: () => JSON.parse(page.look()),
      ask: (method, params) => JSON.parse(page.ask(method, JSON.stringify(params ?? null))),
      do: (name, ...values) => page[name](...values),
    };
  };
  $("#files").textContent = `${Object.keys(core_sha256).length}, taken as they are`;
  python.runPython("implementation = '%d.%d.%d' % sys.implementation[1][:3]");
  $("#interpreter").textContent = python.globals.get("implementation");
}

function renew() {
  device = make(Number($("#pad").value), Number($("#room").value));
  history = [];
  $("#warm").value = 0;
  $("#log ol").replaceChildren();
  show(device.step(10));
  labels();
}

// In words for people; the log has it as the device said it.
function words({ message, data = {} }) {
  const { limit, asked, allowed, reason, rest_s, state, fault, clear, cause_gone } = data;
  const amount = (n) => (limit.endsWith("_mc") ? degrees(n) : limit.endsWith("_s") ? clock(n) : n);
  if (limit === "heat_target_max_mc") return `${amount(allowed)} is the most; ${amount(asked)} was asked.`;
  if (limit) return `${limit} allows ${amount(allowed)}; that would make ${amount(asked)}.`;
  if (reason) return `Sensor A: ${NOT_READY[reason] ?? reason}.`;
  if (rest_s) return `The skin is owed a rest of ${clock(rest_s)}.`;
  if (fault && !cause_gone) return `${name(fault)}: its cause is still there.`;
  if (clear) return `${name(fault)}: ${clear === "host" ? "clear it first" : "only a hold of the button clears it"}.`;
  return state ? `Not while it is ${name(state)}.` : `${message}.`;
}

function ask(control, method, params) {
  const { error, result } = device.ask(method, params);
  control.after($("#refused"));
  put($("#refused"), error ? `Refused. ${words(error)}` : "");
  if (error) say(`${method} refused: ${error.message} ${JSON.stringify(error.data ?? {})}`);
  show(device.look());
  return result;
}

function start() {
  const target_mc = Math.round(Number($("#target").value) * 1000);
  const plan = { name: "page", phases: [{ mode: "heat", target_mc, duration_s: 1200 }] };
  const armed = ask(this, "arm", { plan });
  if (armed) ask(this, "start", { token: armed.token });
}

// --- what it looks like ----------------------------------------------------------------------

function drawStates() {
  const svg = $("#states");
  const svgs = "http://www.w3.org/2000/svg";
  for (const way of WAYS) {
    const path = document.createElementNS(svgs, "path");
    path.setAttribute("d", way);
    svg.append(path);
  }
  for (const [state, [x, y]] of Object.entries(BOXES)) {
    const box = document.createElementNS(svgs, "g");
    box.id = `state-${state}`;
    box.innerHTML = `<rect x="${x - 34}" y="${y - 14}" width="68" height="28" rx="6"></rect>`
      + `<text x="${x}" y="${y + 5}">${state.replace("_", " ")}</text>`;
    svg.append(box);
  }
}

function show(now) {
  const t = now.telemetry;
  for (const box of document.querySelectorAll("#states g")) box.setAttribute("class", "");
  $(`#state-${now.state}`).setAttribute("class", now.state === "fault" ? "now fault" : "now");
  document.body.dataset.state = now.state;
  document.body.dataset.latched = t.fault ?? "";
  put($("#why"), now.hung ? "The processor stands still: the dead-man has let K1 go."
    : t.fault ? `Fault: ${name(t.fault)}. The pad ${now.live ? "is still energised!" : "is off."}`
      : now.state === "running" ? `Running: ${t.mode ?? "relay proof"}.` : `It is ${name(now.state)}.`);
  const numbers = {
    "sensor A": degrees(t.temp_mc), "sensor B": degrees(t.temp_b_mc), "set-point": degrees(t.target_mc),
    "skin": `${now.skin_c.toFixed(1)} °C`, "dose": `${(t.dose_m / 1000).toFixed(2)} CEM43`,
    "at the skin": `${now.skin_cem43.toFixed(2)} CEM43`, "heat budget": `${t.budget_pct} %`,
    "rest due": clock(t.rest_heat_s), "time": clock(now.t_s), "left": clock(t.phase_left_s),
    "duty": `${t.duty_pct} %`,
  };
  const values = $("#numbers"), chips = $("#relays");
  if (!values.children.length) {
    for (const one of Object.keys(numbers)) values.append(element("dt", one), element("dd"));
  }
  Object.values(numbers).forEach((value, i) => put(values.children[2 * i + 1], value));
  // What is, in words, at rest too: a colour alone says nothing to many.
  [["K1", now.k1, "closed", "open"], ["K2", now.k2, "closed", "open"], ["pad", now.live, "on", "off"],
    ["bimetal", !now.bimetal, "open", "closed"]].forEach(([what, on, yes, no], i) => {
    const chip = chips.children[i] ?? chips.appendChild(element("li"));
    put(chip, `${what} ${on ? yes : no}`);
    chip.className = on ? "on" : "";
  });
  for (const event of now.events) {
    const { kind, t_ms, session, ...rest } = event;
    const told = Object.entries(rest).filter(([, value]) => value !== null);
    say(`${clock(t_ms / 1000)}  ${kind}  ${told.map(([name, value]) => `${name}=${value}`).join(" ")}`);
  }
  history.push([now.t_s, now.sensor_c, now.skin_c, t.target_mc, now.live]);
  if (history.length > KEPT) history.splice(0, history.length - KEPT);
  drawCurve();
}

const name = (id) => id.replaceAll("_", " ");
const degrees = (mc) => (mc === null ? "–" : `${(mc / 1000).toFixed(1)} °C`);
const clock = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;

function drawCurve() {
  const canvas = $("canvas"), c = canvas.getContext("2d"), style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  // As large as it is shown: scaled down, its letters could not be read on a telephone.
  const width = canvas.clientWidth, height = Math.max(220, width * 0.37), left = 44, bottom = 24;
  Object.assign(canvas, { width: width * devicePixelRatio, height: height * devicePixelRatio });
  c.scale(devicePixelRatio, devicePixelRatio);
  const from = history[0]?.[0] ?? 0, until = Math.max(from + 60, history.at(-1)?.[0] ?? 60);
  const top = Math.max(47, ...history.map((one) => Math.max(one[1], one[2]) + 1));
  const low = Math.min(28, ...history.map((one) => Math.min(one[1], one[2]) - 1));
  const x = (t) => left + ((t - from) / (until - from)) * (width - left - 8);
  const y = (temp) => 8 + ((top - temp) / (top - low)) * (height - bottom - 8);
  c.fillStyle = colour("heat");
  history.forEach(([t, , , , live], i) => {
    const next = history[i + 1]?.[0] ?? t;
    if (live) c.fillRect(x(t), 8, Math.max(1, x(next) - x(t)), height - bottom - 8);
  });
  c.font = "13px system-ui, sans-serif";
  c.fillStyle = c.strokeStyle = colour("ink");
  for (let temp = Math.ceil(low / 5) * 5; temp <= top; temp += 5) {
    c.globalAlpha = 0.15;
    line(c, [[left, y(temp)], [width - 8, y(temp)]], colour("ink"), 1);
    c.globalAlpha = 1;
    c.fillText(`${temp} °C`, 2, y(temp) + 4);
  }
  c.fillText(clock(from), left, height - 6);
  c.fillText(clock(until), width - 44, height - 6);
  for (const cutoff of [43, 45]) line(c, [[left, y(cutoff)], [width - 8, y(cutoff)]], colour("cutoff"), 1.2, [6, 4]);
  const targets = history.filter((one) => one[3] !== null);
  line(c, targets.map((one) => [x(one[0]), y(one[3] / 1000)]), colour("target"), 1.5, [2, 3]);
  line(c, history.map((one) => [x(one[0]), y(one[2])]), colour("skin"), 2);
  line(c, history.map((one) => [x(one[0]), y(one[1])]), colour("sensor"), 2);
}

function line(c, points, colour, width, dash = []) {
  c.strokeStyle = colour;
  c.lineWidth = width;
  c.setLineDash(dash);
  c.beginPath();
  points.forEach(([x, y], i) => (i ? c.lineTo(x, y) : c.moveTo(x, y)));
  c.stroke();
  c.setLineDash([]);
}

function labels() {
  const speed = Number($("#speed").value);
  $("#speed-out").textContent = speed ? `${speed} times` : "stands still";
  $("#target-out").textContent = `${Number($("#target").value).toFixed(1)} °C`;
  $("#warm-out").textContent = `${Number($("#warm").value).toFixed(1)} °C`;
  $("#room-out").textContent = `${$("#room").value} °C`;
  $("#pad-out").textContent = `${Number($("#pad").value).toFixed(2)} W/cm²`;
}

// Whether somebody has read the hint; without storage (a private window) it is there each time.
function seen(now = false) {
  try {
    if (now) localStorage.setItem(SEEN, "1");
    return localStorage.getItem(SEEN) !== null;
  } catch { return now; }
}

// --- time -------------------------------------------------------------------------------------

let owed = 0;
function frame() {
  owed += Number($("#speed").value) * TICKS_A_SECOND * (FRAME_MS / 1000);
  const ticks = Math.min(Math.floor(owed), 600);
  owed -= ticks;
  if (owed > 600) owed = 0;
  if (ticks) show(device.step(ticks));
}

await load().then(() => {
  drawStates();
  renew();
  $("#start").onclick = start;
  for (const method of ["pause", "resume", "stop"]) $(`#${method}`).onclick = (e) => ask(e.target, method);
  $("#hold").onclick = () => device.do("button", 3200);
  $("#clear").onclick = (e) => ask(e.target, "clear_fault", { fault: document.body.dataset.latched });
  $("#again").onclick = renew;
  $("#mend").onclick = () => device.do("mend");
  for (const one of document.querySelectorAll("button[data-fault]")) {
    one.onclick = () => { device.do("fault", one.dataset.fault); say(`you: ${one.textContent}`); };
  }
  $("#warm").oninput = () => { device.do("warm", Number($("#warm").value)); labels(); };
  $("#room").oninput = () => { device.do("room", Number($("#room").value)); labels(); };
  for (const id of ["speed", "target", "pad"]) $(`#${id}`).oninput = labels;
  $("#hint").hidden = seen();
  $("#hint button").onclick = () => { $("#hint").hidden = seen(true); $("#start").focus(); };
  $("main").hidden = false;
  $("#loading").remove();
  setInterval(frame, FRAME_MS);
}).catch((error) => {
  $("#loading").textContent = `This page could not start: ${error.message}. It has to be served by a web`
    + " server (any static one), and needs WebAssembly.";
});
