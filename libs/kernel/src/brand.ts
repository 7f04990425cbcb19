declare const brand: unique symbol;

/** A type that only its own parser can make, so that a tenant never stands where a stream was meant. */
export type Brand<Value, Name extends string> = Value & { readonly [brand]: Name };
