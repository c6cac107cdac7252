// The session's own thread: the host's Python, the port, the record. The browser slows the timers of
// a page that nobody sees, but not those of its worker; and nothing here waits for the screen.
import { interpreter } from "./python.js";
import * as kept from "./kept.js";
import { serial } from "./port.js";

const BAUD = 115200;
const LINE_MAX = 4096;
const LINES_MAX = 1000;

let python, library, page, host, session;
let catalogue = "{}", seen = true;
const now_s = () => performance.now() / 1000;
// What came of one step goes together: no page shows a state beside the words of the one before.
const tell = (kind, more) => postMessage([{ kind, ...more }]);

// --- the record: what cannot be kept is told once, and costs no session -----------------------------

let keeping = Promise.resolve();
function keep(work) {
  const mine = session;
  keeping = keeping.then(() => mine?.lost || work()).catch((error) => {
    if (mine) mine.lost = true;
    tell("unkept", { text: error.message });
  });
}

function record(one) {
  if (one.kind === "recorded") {
    session = { id: null, lost: false };
    const mine = session;
    keep(async () => { mine.id = await kept.begin(one.session); });
  }
  if (one.kind === "over") session = null;
  if (!session) return;
  const mine = session;
  if (one.kind === "event") keep(() => kept.add(mine.id, "event", one.event));
  // What the device says while it is asked how it ended, after a computer's sleep, is none of it.
  if (one.kind === "now" && one.now.state !== "idle") keep(() => kept.add(mine.id, "sample", one.now));
  if (one.kind === "ended") {
    keep(() => kept.end(mine.id, one.session));
    session = null;
  }
}

// --- the port -----------------------------------------------------------------------------------------

class Line {
  constructor(port) {
    this.port = port;
    this.lines = [];
    this.rest = "";
    this.lost = false;
    this.wake = () => {};
  }

  async open() {
    await this.port.open({ baudRate: BAUD, bufferSize: 16384 });
    await this.port.setSignals?.({ dataTerminalReady: true }).catch(() => {});
    this.writer = this.port.writable.getWriter();
    this.reading = this.read();
  }

  async read() {
    // What is not fatal (noise, an overrun) leaves a new stream to read; the pulled cable leaves none.
    while (this.port.readable && !this.lost) {
      this.reader = this.port.readable.getReader();
      try {
        for (let got; !(got = await this.reader.read()).done;) this.feed(got.value);
        break;
      } catch { /* the next one, where there is one */ } finally { this.reader.releaseLock(); }
    }
    this.lose();
  }

  feed(bytes) {
    const parts = (this.rest + String.fromCharCode(...bytes)).split("\n");
    this.rest = parts.pop().slice(-LINE_MAX);
    this.lines.push(...parts.filter(Boolean));
    this.lines.splice(0, this.lines.length - LINES_MAX);
    this.wake();
  }

  lose() {
    this.lost = true;
    this.wake();
  }

  send(text) {
    // Never waited for: what a device does not take is unanswered, which the client counts.
    this.writer.write(Uint8Array.from(text, (c) => c.charCodeAt(0))).catch(() => this.lose());
  }

  next(wait_s) {
    if (this.lines.length || this.lost) return this.lines.shift() ?? null;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.wake(), wait_s * 1000);
      this.wake = () => {
        clearTimeout(timer);
        this.wake = () => {};
        resolve(this.lines.shift() ?? null);
      };
    });
  }

  async close() {
    this.lost = true;
    await this.reader?.cancel().catch(() => {});
    await this.reading;
    await this.writer?.abort().catch(() => {});
    await this.port.close().catch(() => {});
  }
}

async function connect(index) {
  const ports = await serial.getPorts();
  const line = new Line(ports[index] ?? ports[0]);
  host = made();
  host.look(seen);
  try {
    await line.open();
  } catch (error) {
    tell("gone", JSON.parse(host.held(error.message)));
    host = null;
    return tell("closed");
  }
  try {
    for (let got = null; ;) {
      const step = JSON.parse(host.step(now_s(), got, line.lost && !line.lines.length));
      if (step.send) line.send(step.send);
      step.told.forEach(record);
      if (step.told.length) postMessage(step.told);
      if (step.wait_s === null) break;
      got = await line.next(step.wait_s);
    }
  } catch (error) {
    tell("gone", { text: error.message });
  }
  host = null;
  session = null;
  await line.close();
  tell("closed");
}

function made() {
  python.globals.set("library", library);
  python.globals.set("ahead_s", -60 * new Date().getTimezoneOffset());
  python.globals.set("catalogue", catalogue);
  python.runPython("host = pad.Host(library, ahead_s, catalogue)");
  return python.globals.get("host");
}

onmessage = ({ data: [what, ...given] }) => {
  if (what === "look") [seen] = given;
  if (what === "connect") connect(...given);
  else if (what === "questions") tell(what, { name: given[0], asked: JSON.parse(page.questions(given[0])) });
  else host?.[what](...given);
};

try {
  const loaded = await interpreter("pad.json", "pad");
  ({ python } = loaded);
  library = loaded.files["library.json"];
  // Its name is the language of the page.
  if (name !== "en") catalogue = await (await fetch(`catalogue.${name}.json`)).text();
  page = made();
  tell("loaded", { protocols: JSON.parse(page.protocols()), ages: JSON.parse(page.ages()), reached: Boolean(serial) });
} catch (error) {
  tell("broken", { text: error.message });
}
