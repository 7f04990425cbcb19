import { connect, createServer } from 'node:net';

const LOOPBACK = '127.0.0.1';
const CONNECT_TIMEOUT_MS = 500;

/** Whether a process answers on 127.0.0.1. Binding alone would not tell on macOS, where a wildcard listener allows it. */
async function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: LOOPBACK, port });
    const settle = (value: boolean): void => {
      socket.destroy();
      resolve(value);
    };
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => {
      // An answer that came while this process was busy is looked at first.
      setImmediate(settle, true);
    });
    socket.once('connect', () => {
      settle(true);
    });
    socket.once('error', () => {
      settle(false);
    });
  });
}

/** Binds the port for a moment (0: one that the system chooses); undefined when it is taken. */
async function bindOnce(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(undefined);
    });
    server.listen({ host: LOOPBACK, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === 'object' ? address?.port : undefined);
      });
    });
  });
}

/** Whether a server could listen on this port of 127.0.0.1 now. The answer is old as soon as it is given. */
export async function isPortFree(port: number): Promise<boolean> {
  return !(await answers(port)) && (await bindOnce(port)) !== undefined;
}

/**
 * A TCP port of 127.0.0.1 that nobody listens on: the preferred one when it is free, else one that the system chooses.
 *
 * @throws Error when the machine has no free port at all
 */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && preferred !== 0 && (await isPortFree(preferred))) return preferred;
  const port = await bindOnce(0);
  if (port === undefined) throw new Error('This machine has no free TCP port on 127.0.0.1: end some programs first.');
  return port;
}
