/**
 * Stands in for `parseArgs` of `@std/cli/parse-args`, whose registry npm cannot reach. The engine's runtime is started
 * with `--name value` pairs and bare flags only, so that is all it reads.
 */
export function parseArgs(args) {
	const parsed = { _: [] };
	for (let i = 0; i < args.length; i++) {
		if (!args[i].startsWith('--')) {
			parsed._.push(args[i]);
			continue;
		}
		const next = args[i + 1];
		const hasValue = next !== undefined && !next.startsWith('--');
		parsed[args[i].slice(2)] = hasValue ? next : true;
		if (hasValue) i++;
	}
	return parsed;
}
