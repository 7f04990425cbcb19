/** Makes a change of a value throw. What a Map, Set or Date holds inside stays open, and the engine refuses to freeze bytes. */
export function freezeDeeply(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value) || ArrayBuffer.isView(value)) return;
  Object.freeze(value);
  Object.values(value).forEach(freezeDeeply);
}
