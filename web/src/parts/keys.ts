/** A key that ends the composition of a syllable is not meant for us; Safari says so by its number alone. */
const IN_COMPOSITION = 229;
export const isComposing = (event: KeyboardEvent) => event.isComposing || event.keyCode === IN_COMPOSITION;

export const isPlainEnter = (event: KeyboardEvent) =>
  event.key === "Enter" && !event.shiftKey && !isComposing(event);
