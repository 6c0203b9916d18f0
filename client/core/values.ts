/** A copy in which `constructor` and the like are not found. */
export function withoutPrototype<Value>(
  values: Readonly<Record<string, Value>>,
): Record<string, Value> {
  return Object.assign(Object.create(null), values);
}

/** `old` if both are equal, so that an object changes only if its content does. */
export function keepIfEqual<Value>(old: Value, value: Value): Value {
  return JSON.stringify(old) === JSON.stringify(value) ? old : value;
}

/** Calls each listener. An exception is logged, and does not keep the others from being called. */
export function notify(listeners: Iterable<() => void>): void {
  // A copy, because a listener may add others.
  for (const listener of [...listeners]) {
    try {
      listener();
    } catch (error) {
      console.error(error);
    }
  }
}
