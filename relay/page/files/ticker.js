// A worker: the timers of a page that is not looked at are slowed down, those of a worker are not. It
// answers who asks when the next picture is due: a page that is busy asks later, and nothing piles up.
const EVERY_MS = 1000 / 30;
let due = performance.now();

onmessage = () => {
  due = Math.max(due + EVERY_MS, performance.now());
  setTimeout(() => postMessage(undefined), due - performance.now());
};
