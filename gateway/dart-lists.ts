import type { Config } from "../services/common/config.ts";

/**
 * The deployed app runs `json.decode` on the lists of an auth answer: it needs each as a JSON string that holds the
 * list. It connects from dart:io, whose User-Agent begins with `Dart/`. Everyone else gets lists.
 */
export const wantsListsAsText = (setting: Config["v1Lists"], userAgent = ""): boolean =>
  setting === "auto" ? userAgent.startsWith("Dart/") : setting === "string";
