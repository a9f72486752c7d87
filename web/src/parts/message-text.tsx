import { memo } from "preact/compat";
import { splitAtAddresses } from "./addresses.ts";

/** Text, with its http(s) addresses as links; whatever else it holds stays text. */
export const MessageText = memo(({ text }: { text: string }) => (
  <>
    {splitAtAddresses(text).map((part, index) =>
      index % 2 === 1 ? (
        <a key={index} href={part} target="_blank" rel="noopener noreferrer nofollow">
          {part}
        </a>
      ) : (
        part
      ),
    )}
  </>
));
