const Sequencer = require("@jest/test-sequencer").default;

/** Without the times of a run before, jest begins with the longest files; these are short, and wait. */
const WAITING = /heartbeat-missing|conformance-v2\/resume|cluster\/(outage|tool)/;

module.exports = class extends Sequencer {
  sort(tests) {
    const isWaiting = ({ path }) => Number(WAITING.test(path));
    return super.sort(tests).toSorted((a, b) => isWaiting(b) - isWaiting(a));
  }
};
