// `navigator.serial` of the tests: the server behind the page has the port.
const bridged = (() => {
  const call = (what, body) => fetch(`/serial/${what}`, { method: "POST", body });
  const lost = () => new DOMException("The device has been lost.", "NetworkError");
  class Port {
    async open() {
      const answered = await call("open");
      if (!answered.ok) throw new DOMException("Failed to open serial port.", "NetworkError");
      call("hold").catch(() => {});
      this.readable = new ReadableStream({
        pull: async (stream) => {
          const read = await call("read");
          if (read.ok) return stream.enqueue(new Uint8Array(await read.arrayBuffer()));
          this.readable = null;
          stream.error(lost());
        },
      }, { highWaterMark: 0 });
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
