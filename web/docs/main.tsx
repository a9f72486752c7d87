import { render } from "preact";
const app = document.getElementById("docs");
if (app) render(<p>soon</p>, app);
