export { up, down } from "../workers.ts";
