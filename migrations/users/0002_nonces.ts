export { up, down } from "../nonces.ts";
