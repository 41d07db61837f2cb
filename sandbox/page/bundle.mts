import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** What the browser loads. */
export interface Bundle {
	script: Uint8Array;
	style: Uint8Array;
}

const ENTRY = fileURLToPath(new URL('./client/main.tsx', import.meta.url));

/** Builds the browser's part of the page from its sources: fast enough to be done at each start. */
export async function bundle(): Promise<Bundle> {
	const { outputFiles } = await build({
		entryPoints: [ENTRY],
		outdir: 'page',
		bundle: true,
		minify: true,
		write: false,
		format: 'esm',
		target: 'es2022',
		jsx: 'automatic',
		jsxImportSource: 'preact',
		loader: { '.woff2': 'dataurl' },
		logLevel: 'warning',
	});
	const named = (ending: string) => {
		const file = outputFiles.find(({ path }) => path.endsWith(ending));
		if (file === undefined) throw new Error(`the page's bundle has no ${ending}`);
		return file.contents;
	};
	return { script: named('.js'), style: named('.css') };
}
