import { createCipheriv, createDecipheriv, createHash, createSecretKey, randomFillSync } from "node:crypto";
import { StoreError } from "./errors.ts";

/** Seals settings before they are stored, so that a copy of the database holds no secret in the clear. */
export interface Vault {
  seal(value: unknown): Uint8Array;
  /** @throws StoreError (STORE_SECRET) when it was sealed with another key, or altered. */
  open(sealed: Uint8Array): unknown;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * AES-256-GCM (NIST SP 800-38D) with a random nonce each time: nonce ‖ tag ‖ ciphertext of the JSON.
 *
 * @param secret Any length; hashed to the key.
 */
export function createVault(secret: Uint8Array): Vault {
  // Not the bytes themselves: making a cipher of those takes ten times as long.
  const key = createSecretKey(createHash("sha256").update("yizhan vault\0").update(secret).digest());
  const nextNonce = nonceMaker();
  return {
    seal(value) {
      const nonce = nextNonce();
      const cipher = createCipheriv("aes-256-gcm", key, nonce);
      const body = Buffer.concat([cipher.update(JSON.stringify(value), "utf8"), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]);
    },
    open(sealed) {
      try {
        const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, NONCE_BYTES), {
          authTagLength: TAG_BYTES,
        });
        decipher.setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
        const body = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
        return JSON.parse(body.toString("utf8"));
      } catch (cause) {
        throw new StoreError(
          "STORE_SECRET",
          "stored settings cannot be decrypted: the secret key is not the one they were written with",
          { cause },
        );
      }
    },
  };
}

/** Random nonces, a few hundred got from the system at a time: each asking costs more than sealing a callback's body. */
function nonceMaker(): () => Uint8Array {
  const pool = new Uint8Array(NONCE_BYTES * 340);
  let used = pool.length;
  return () => {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    used += NONCE_BYTES;
    return pool.slice(used - NONCE_BYTES, used);
  };
}
