import { sqliteWorld } from "../../testing/sqlite-world.ts";
import { storeContract } from "../../testing/store-contract.ts";

storeContract("the SQLite store", () => sqliteWorld());
