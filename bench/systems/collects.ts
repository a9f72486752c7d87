/** Loaded by processes whose memory is measured: they collect their garbage when they are told to. */
process.on("SIGUSR2", () => globalThis.gc?.());
