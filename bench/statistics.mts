/** The value below which this share of the samples lies; of few samples the nearest. */
export function percentile(samples: number[], share: number): number {
	const sorted = [...samples].sort((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

export function median(samples: number[]): number {
	return percentile(samples, 0.5);
}
