import { describe, expect, it } from '@jest/globals';
import { RouteTable } from './route-table.ts';

describe('the table of routes', () => {
  const routes = new RouteTable();
  routes.add('GET', '/v1/agents/:agentId');
  routes.add('DELETE', '/v1/agents/:agentId');
  routes.add('POST', '/v1/agents/all');
  routes.add('GET', '/files/*');

  it.each([
    ['/v1/agents/inventory', ['DELETE', 'GET']],
    ['/v1/agents/inventory?x=/y', ['DELETE', 'GET']],
    ['/v1/agents/all', ['DELETE', 'GET', 'POST']],
    ['/files/a/b', ['GET']],
    ['/v1/agents/', []],
    ['/v1/agents', []],
    ['/v1/agents/inventory/runs', []],
    ['*', []],
  ])('knows what %s takes', (url, methods) => {
    expect(routes.methodsAt(url)).toEqual(methods);
  });
});
