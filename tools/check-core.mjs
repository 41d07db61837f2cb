/** Fails when the committed core was not built from the sources beside it. Needs no Rust. */
import { builtFrom, COMMITTED_CORE, sourceHash } from './generated-core.mjs';
import { main } from './run.mjs';

main(() => {
	if (builtFrom(COMMITTED_CORE) !== sourceHash()) {
		throw new Error('app-shim/core.generated.ts is older than the Rust sources: run `npm run build` and commit it');
	}
});
