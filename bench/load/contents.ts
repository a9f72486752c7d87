/** So long are messages. */
const CONTENT = 64;
/** A message that carries a number. */
export const numbered = (number: number) => `${number} `.padEnd(CONTENT, "words ");
export const numberIn = (content: string) => Number.parseInt(content, 10);
