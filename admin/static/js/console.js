// Entry of the console's pages: each module looks for its own marks in the page and is silent without them.
import "./menu.js";
import "./toasts.js";
import "./shortcuts.js";
import "./dialogs.js";
import "./palette.js";
import "./search-box.js";
import "./row-list.js";
import "./copy.js";
import "./forms.js";
import "./upload.js";
import "./desk.js";
import "./charts.js";
