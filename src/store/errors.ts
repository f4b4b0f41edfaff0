/** The store could not do what was asked; nothing of it was written. */
export class StoreError extends Error {
  readonly code: "STORE_FULL" | "STORE_BUSY" | "STORE_FAILED" | "STORE_LOCKED" | "STORE_CLOSED" | "STORE_SECRET";
  constructor(code: StoreError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StoreError";
    this.code = code;
  }
}
