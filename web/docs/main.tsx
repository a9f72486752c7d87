/**
 * The documents at `/docs/`. Not Swagger UI, whose package brings telemetry with an install script, nor AsyncAPI's React
 * component, which brings hundreds of packages; and both want inline styles, which the Content-Security-Policy forbids.
 */
import { render } from "preact";
import { App } from "./app.tsx";
import "../../gateway/pages/style.css";
import "./style.css";

const root = document.getElementById("docs");
if (root) render(<App />, root);
