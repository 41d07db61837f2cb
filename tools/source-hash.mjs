/** Prints the hash of everything that decides the generated core. */
import { sourceHash } from './generated-core.mjs';

console.log(sourceHash());
