import { render } from "preact";
import { followOtherTabs } from "./account.ts";
import { App } from "./app.tsx";
import { applySettings } from "./settings.ts";
import "./style/style.css";

applySettings();
followOtherTabs();
const root = document.getElementById("app");
if (root) render(<App />, root);
