// Prints a port P of the loopback that is free together with those that start scripts use beside it: P+1, P+2 and P+1000. All lie
// below the range from which the kernel gives ports to connections.

import { createServer } from 'node:net';

const BESIDE = [0, 1, 2, 1000];

const isFree = (port) =>
  new Promise((tell) => {
    const server = createServer()
      .once('error', () => tell(false))
      .listen(port, '127.0.0.1', () => server.close(() => tell(true)));
  });

let port;
do port = 20_000 + Math.floor(Math.random() * 11_000);
while (!(await Promise.all(BESIDE.map((beside) => isFree(port + beside)))).every(Boolean));
console.log(port);
