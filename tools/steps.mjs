/** Runs steps, each a title and what it does, and prints what each took; the first that fails is the last. */
export function inSteps(steps) {
	for (const [title, body] of steps) {
		console.log(`\n=== ${title}`);
		const start = performance.now();
		body();
		console.log(`--- ${((performance.now() - start) / 1000).toFixed(1)} s`);
	}
}
