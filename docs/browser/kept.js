// Sessions kept in this browser (IndexedDB): what the device said, line by line, as it said it.
const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

// Open from the first use on: a session has a line each second. What closed it (the person, who
// clears what pages keep) leaves another to open.
let database;
function opened() {
  database ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("poultice", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("sessions", { keyPath: "id", autoIncrement: true });
      request.result.createObjectStore("lines", { autoIncrement: true }).createIndex("of", "of");
    };
    done(request).then(resolve, reject);
  }).then((made) => {
    made.onclose = () => { database = null; };
    return made;
  });
  database.catch(() => { database = null; });
  return database;
}

async function within(mode, work) {
  const change = (await opened()).transaction(["sessions", "lines"], mode);
  return work(change.objectStore("sessions"), change.objectStore("lines"));
}

export const begin = (session) => within("readwrite", (sessions) => done(sessions.add({ session })));
export const end = (id, session) => within("readwrite", (sessions) => done(sessions.put({ id, session })));
export const add = (of, record, line) => within("readwrite", (_, lines) => done(lines.add({ of, record, line })));
export const list = () => within("readonly", (sessions) => done(sessions.getAll()));

export const remove = (id) => within("readwrite", async (sessions, lines) => {
  await done(sessions.delete(id));
  for (const key of await done(lines.index("of").getAllKeys(id))) await done(lines.delete(key));
});

// One session as JSON Lines: as `poultice history export --format jsonl` has it.
export const exported = (id) => within("readonly", async (sessions, lines) => {
  const { session } = await done(sessions.get(id));
  const rows = await done(lines.index("of").getAll(id));
  const of = (record) => rows.filter((one) => one.record === record).map((one) => ({ record, ...one.line }));
  const samples = of("sample");
  const all = [{ record: "session", ...session, samples: samples.length }, ...of("event"), ...samples];
  return all.map((one) => JSON.stringify(one)).join("\n") + "\n";
});
