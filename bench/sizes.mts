import { statSync } from 'node:fs';
import { COMMITTED_CORE, moduleIn } from '../tools/generated-core.mjs';

/** In bytes. */
export interface Sizes {
	zip: number;
	wasm: number;
	wasmCompressed: number;
}

/** How large a package is, and the core in it. */
export function measureSizes(zip: string, core: string = COMMITTED_CORE): Sizes {
	const { wasm, compressed } = moduleIn(core);
	return { zip: statSync(zip).size, wasm: wasm.length, wasmCompressed: compressed.length };
}
