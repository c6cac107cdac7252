// `navigator.serial` of the tests: the server behind the page has the port. What it reads comes as
// one answer without an end: a request for each line would cost more than the page itself.
const bridged = (() => {
  const call = (what, body) => fetch(`/serial/${what}`, { method: "POST", body });
  const lost = () => new DOMException("The device has been lost.", "NetworkError");
  class Port {
    async open() {
      const answered = await call("open");
      if (!answered.ok) throw new DOMException("Failed to open serial port.", "NetworkError");
      const gone = (stream) => {
        this.readable = null;
        stream.error(lost());
      };
      this.readable = answered.body.pipeThrough(new TransformStream({ flush: gone }));
      this.writable = new WritableStream({
        write: async (chunk) => { if (!(await call("write", chunk)).ok) throw lost(); },
      });
    }
    async close() { await call("close"); }
  }
  const ports = [new Port()];
  return {
    getPorts: async () => ports,
    requestPort: async () => {
      const answered = await call("choose");
      if (!answered.ok) throw new DOMException("No port selected by the user.", "NotFoundError");
      return ports[0];
    },
  };
})();
Object.defineProperty(navigator, "serial", { configurable: true, value: bridged });
