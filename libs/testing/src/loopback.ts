import type { Server as HttpServer } from 'node:http';
import type { Server as TcpServer } from 'node:net';

/** A server on a free port of loopback. */
export type Listening = Readonly<{ port: number; close: () => Promise<void> }>;

/** Opens a server on a free port of 127.0.0.1; `close` ends its connections too, and may be called twice. */
export async function listenOnLoopback(server: HttpServer | TcpServer): Promise<Listening> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: 0, host: '127.0.0.1' }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The server has no port: it closed meanwhile.');
  return {
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        if ('closeAllConnections' in server) server.closeAllConnections();
      }),
  };
}
