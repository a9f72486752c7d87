/** A key that ends the composition of a syllable is not meant for us; Safari says so by its number alone. */
const IN_COMPOSITION = 229;
export const isComposing = (event: KeyboardEvent) => event.isComposing || event.keyCode === IN_COMPOSITION;

export const isPlainEnter = (event: KeyboardEvent) =>
  event.key === "Enter" && !event.shiftKey && !isComposing(event);

/** A phone would show one over what one wants to read. */
export const hasKeyboard = () => matchMedia("(hover: hover)").matches;

/** Whoever wants another tab gets one. */
export const isModified = (event: MouseEvent) =>
  event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0;
