type Route = Readonly<{ method: string; segments: readonly string[] }>;

/** The routes of an application, to tell which methods a path takes. */
export class RouteTable {
  readonly #routes: Route[] = [];

  /** @param template path with `:parameters` and perhaps a final `*` */
  add(method: string, template: string): void {
    this.#routes.push({ method, segments: segmentsOf(template) });
  }

  /** The methods that some route takes at the path, sorted; empty when none has it. The query is ignored. */
  methodsAt(url: string): readonly string[] {
    const path = segmentsOf(url.split('?', 1)[0] ?? '');
    const methods = this.#routes.filter(({ segments }) => matches(segments, path)).map(({ method }) => method);
    return [...new Set(methods)].sort();
  }
}

function segmentsOf(path: string): string[] {
  return path.split('/').slice(1);
}

function matches(template: readonly string[], path: readonly string[]): boolean {
  const wildcard = template.at(-1) === '*';
  if (wildcard ? path.length < template.length : path.length !== template.length) return false;
  return template.every((segment, index) => {
    if (segment === '*' || segment === path[index]) return true;
    return segment.startsWith(':') && path[index] !== '';
  });
}
