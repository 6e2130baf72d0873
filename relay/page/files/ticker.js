// A worker: the timers of a page that is not looked at are slowed down, those of a worker are not.
setInterval(() => postMessage(undefined), 1000 / 30);
