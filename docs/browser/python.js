// MicroPython with the project's own files in its file system: what both pages run.
import { loadMicroPython } from "./micropython.mjs";

const HOME = "/device";
const HEAP_BYTES = 8 * 1024 * 1024;

// The interpreter, `main` imported, and what the build says besides of the files in `packed`.
export async function interpreter(packed, main) {
  const answered = await fetch(packed);
  if (!answered.ok) throw new Error(`${packed}: ${answered.status}`);
  const { files, ...more } = await answered.json();
  const python = await loadMicroPython({
    heapsize: HEAP_BYTES, stdout: (line) => console.log(line), stderr: (line) => console.error(line),
  });
  python.FS.mkdir(HOME);
  for (const [path, text] of Object.entries(files)) {
    const parts = path.split("/").slice(0, -1);
    parts.forEach((_, i) => {
      const folder = `${HOME}/` + parts.slice(0, i + 1).join("/");
      if (!python.FS.analyzePath(folder).exists) python.FS.mkdir(folder);
    });
    python.FS.writeFile(`${HOME}/${path}`, text);
  }
  python.runPython(`import sys; sys.path.insert(0, "${HOME}"); import ${main}`);
  return { python, files, ...more };
}
