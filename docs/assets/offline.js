// A page opened as a file may not start a worker, and the search is one: run it in a hidden frame.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      this.waiting = []
      const frame = document.createElement("iframe")
      frame.hidden = true
      frame.addEventListener("load", () => {
        const inside = frame.contentWindow
        inside.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }))
        const script = inside.document.createElement("script")
        script.src = url
        script.addEventListener("load", () => {
          this.inside = inside
          this.waiting.splice(0).forEach((data) => this.postMessage(data))
        })
        inside.document.body.append(script)
      }, { once: true })
      frame.srcdoc = "<body></body>"
      document.documentElement.append(frame)
    }

    postMessage(data) {
      if (this.inside) this.inside.dispatchEvent(new MessageEvent("message", { data }))
      else this.waiting.push(data)
    }
  }
}
